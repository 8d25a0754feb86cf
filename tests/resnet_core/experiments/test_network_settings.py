"""Which settings ImageNet's networks take, and how an experiment with one is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resnet_core.anatomy.describe import describe
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import PRESETS
from resnet_core.specs.imagenet import ARCHITECTURES, ImageNetSpec


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_network_of_table_1_makes_an_experiment(architecture: str) -> None:
    experiment = Experiment.create(network=f"imagenet/{architecture}")
    spec = experiment.network_spec()
    assert isinstance(spec, ImageNetSpec)
    assert (spec.name, spec.shortcut) == (f"imagenet/{architecture}", "A")
    assert (spec.image_size, spec.channels, spec.classes) == (224, 3, 1000)
    assert experiment.network_spec(96, 3, 5).image_size == 224  # whatever the pictures' sizes
    assert experiment.changed(image_size=64).network_spec(96, 3, 5).image_size == 64
    assert experiment.effective_warmup == "none"
    assert Experiment.from_query(experiment.to_query()) == experiment
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment


def test_shortcuts_and_strides_arrive() -> None:
    experiment = Experiment.create(network="imagenet/resnet-50", shortcut="B", stride_in="3x3")
    # torchvision's resnet50, whose parameters are 25,557,032.
    assert describe(experiment.network_spec()).parameters == 25_557_032
    spec = experiment.changed(shortcut="C", stride_in="1x1").network_spec()
    assert (spec.shortcut, spec.stride_in) == ("C", "1x1")


@pytest.mark.parametrize(
    ("network", "field", "value"),
    [
        ("imagenet/resnet-18", "width", 32),
        ("imagenet/resnet-18", "block", "bottleneck"),
        ("imagenet/resnet-18", "layers_per_block", 3),
        ("imagenet/resnet-50", "batch_norm", False),
        ("imagenet/resnet-18", "crop_padding", 0),
        ("imagenet/resnet-18", "stride_in", "3x3"),
        ("imagenet/vgg-16", "stride_in", "3x3"),
        ("imagenet/vgg-16", "shortcut", "B"),
        ("imagenet/googlenet", "activation", "tanh"),
        ("imagenet/vgg-19", "option_a_padding", "both"),
        ("imagenet/vgg-16", "image_size", 16),
        ("imagenet/resnet-20", "network", "imagenet/resnet-20"),
        ("cifar/resnet-20", "stride_in", "3x3"),
    ],
)
def test_what_a_network_lacks_is_refused_by_its_name(network: str, field: str, value: Any) -> None:
    with pytest.raises(InvalidSetting) as caught:
        Experiment.create(**{"network": network, field: value})
    assert caught.value.field == field
    assert str(caught.value).endswith((".", "?"))


def test_a_plateau_has_no_milestones() -> None:
    experiment = Experiment.create(schedule="plateau")
    assert experiment.drops == ()
    with pytest.raises(InvalidSetting, match="milestones: a plateau schedule finds its own"):
        experiment.changed(milestones=(10,))


def test_an_experiment_from_before_these_fields_is_the_same() -> None:
    fields = json.loads(Experiment.create(network="cifar/resnet-56", width=8).model_dump_json())
    for new in ("stride_in", "schedule", "plateau_evaluations"):
        del fields[new]
    read = Experiment.model_validate_json(json.dumps(fields))
    assert read == Experiment.create(network="cifar/resnet-56", width=8)


def test_the_preset_is_the_papers_recipe() -> None:
    experiments = PRESETS["imagenet"].build(4)
    assert [e.network for e in experiments] == [
        *("imagenet/plain-18", "imagenet/resnet-18", "imagenet/plain-34", "imagenet/resnet-34")
    ]
    for e in experiments:
        assert (e.batch_size, e.learning_rate, e.iterations) == (256, 0.1, 600_000)
        assert (e.momentum, e.weight_decay, e.schedule, e.shortcut) == (0.9, 1e-4, "plateau", "A")
        assert e.name == e.network.removeprefix("imagenet/")
