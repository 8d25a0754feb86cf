from __future__ import annotations

import pytest

from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import (
    PRESETS,
    cifar_two_minutes,
    figure6,
    one_minute,
    photographs,
    preset,
)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_builds_valid_experiments_with_its_seed(name: str) -> None:
    found = preset(name)
    assert found.name == name
    assert found.title
    assert found.description.endswith(".")
    experiments = found.build(3)
    assert experiments
    for experiment in experiments:
        assert experiment.seed == 3
        assert Experiment.create(**experiment.model_dump()) == experiment
    assert len({experiment.network for experiment in experiments}) == len(experiments)


@pytest.mark.parametrize(
    ("build", "deep"), [(one_minute, 56), (photographs, 44), (cifar_two_minutes, 44)]
)
def test_the_four_differ_in_nothing_but_the_network(build: object, deep: int) -> None:
    four = build()  # type: ignore[operator]
    assert [e.network for e in four] == [
        *("cifar/plain-20", "cifar/resnet-20", f"cifar/plain-{deep}", f"cifar/resnet-{deep}")
    ]
    alike = {e.changed(network="cifar/plain-8", name="").model_dump_json() for e in four}
    assert len(alike) == 1


def test_another_copy_of_cifar() -> None:
    assert {e.data for e in cifar_two_minutes(data="/a/copy.tar")} == {"/a/copy.tar"}
    assert {(e.image_size, e.train_images) for e in cifar_two_minutes()} == {(16, 2000)}


def test_figure_6_is_the_papers_recipe() -> None:
    for experiment in figure6():
        assert (experiment.iterations, experiment.drops) == (64_000, (32_000, 48_000))
        assert (experiment.batch_size, experiment.learning_rate) == (128, 0.1)
        assert (experiment.momentum, experiment.weight_decay) == (0.9, 1e-4)
        assert (experiment.width, experiment.crop_padding, experiment.flip) == (16, 4, True)
        deep = experiment.network == "cifar/resnet-110"
        assert experiment.effective_warmup == ("until-error" if deep else "none")
    assert len(figure6()) == 9


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(InvalidSetting, match="one-minute, photographs, cifar-two-minutes"):
        preset("one-hour")
