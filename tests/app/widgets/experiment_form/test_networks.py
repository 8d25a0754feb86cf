"""Every network that can be trained has its place in the form."""

from __future__ import annotations

import pytest

from app.widgets.experiment_form.draft import Draft
from app.widgets.experiment_form.networks import (
    ALL_FAMILIES,
    DEPTHS,
    depths,
    has_twin,
    joined,
    split,
    twin_of,
)
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.imagenet import ARCHITECTURES

IMAGENET = [f"imagenet/{name}" for name in ARCHITECTURES]


@pytest.mark.parametrize("network", [*IMAGENET, "cifar/resnet-110", "cifar/preresnet-8"])
def test_a_network_is_its_two_halves(network: str) -> None:
    family, depth = split(network)
    assert family in ALL_FAMILIES
    assert joined(family, depth) == network
    draft = Draft.of(Experiment.create(network=network))
    assert draft.experiment().network == network
    assert Draft.from_query(draft.to_query()) == (draft, {})


def test_each_family_offers_its_depths() -> None:
    assert depths("resnet") == DEPTHS
    assert depths("imagenet/plain") == (18, 34)
    assert depths("imagenet/resnet") == (18, 34, 50, 101, 152)
    assert depths("imagenet/vgg") == (16, 19)
    assert depths("imagenet/googlenet") == (22,)


def test_twins_are_those_of_table_2() -> None:
    assert twin_of("imagenet/plain-34") == "imagenet/resnet-34"
    assert twin_of("imagenet/resnet-18") == "imagenet/plain-18"
    assert [name for name in IMAGENET if not has_twin(name)] == [
        *("imagenet/resnet-50", "imagenet/resnet-101", "imagenet/resnet-152"),
        *("imagenet/vgg-16", "imagenet/vgg-19", "imagenet/googlenet"),
    ]
    with pytest.raises(InvalidSetting, match="network: imagenet/vgg-16 has no plain twin"):
        twin_of("imagenet/vgg-16")
    with pytest.raises(InvalidSetting, match="no plain twin"):
        Draft.of(Experiment.create(network="imagenet/resnet-50"), twin=True).experiments()


def test_settings_of_other_networks_wait_for_theirs() -> None:
    small = Draft.of(Experiment.create(width=8, crop_padding=0, batch_norm=False, shortcut="B"))
    imagenet = small.changed(family="imagenet/resnet", depth=50, stride_in="3x3")
    experiment = imagenet.experiment()
    assert (experiment.network, experiment.width) == ("imagenet/resnet-50", 16)
    assert (experiment.shortcut, experiment.stride_in) == ("B", "3x3")
    assert imagenet.changed(family="imagenet/vgg", depth=16).experiment().shortcut == "A"
    back = imagenet.changed(family="resnet", depth=20).experiment()
    assert (back.width, back.crop_padding, back.stride_in) == (8, 0, "1x1")


def test_a_depth_that_the_new_family_lacks_gives_way_to_its_first() -> None:
    draft = Draft.of(Experiment.create(network="cifar/resnet-56"))
    assert draft.changed(family="plain").value("depth") == 56
    imagenet = draft.changed(family="imagenet/plain")
    assert imagenet.value("depth") == 18
    assert imagenet.changed(depth=34, family="imagenet/resnet").value("depth") == 34
    assert imagenet.changed(family="imagenet/vgg").value("depth") == 16
    assert imagenet.changed(family="highway").value("depth") == 20


def test_milestones_wait_while_the_plateau_decides() -> None:
    draft = Draft.of(Experiment.create(milestones=(10, 20))).changed(schedule="plateau")
    assert draft.experiment().milestones is None
    assert draft.changed(schedule="milestones").experiment().milestones == (10, 20)
