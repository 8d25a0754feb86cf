"""Networks made from a trained one: of earlier weights, and deeper by identity blocks."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.errors import CheckpointError
from resnet_core.labs.tools import derived_networks, trained_network
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.networks.catalog import block_sites, build
from resnet_core.runs import queries
from resnet_core.specs.cifar import Family, NetworkSpec
from resnet_core.training.session import Session

IMAGES = torch.randn(64, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def _trained(**fields: object) -> tuple[NetworkSpec, nn.Module]:
    """A network whose BN has seen images and has scales that are no round numbers."""
    spec = NetworkSpec(**{"width": 4, "depth": 8, "image_size": 8, **fields})  # type: ignore[arg-type]
    model = build(spec, seed=2)
    chance = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5, generator=chance)
                module.bias.uniform_(-0.5, 0.5, generator=chance)
        for _ in range(30):
            model(IMAGES)
    return spec, model.eval()


@torch.no_grad()
@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("family", ["plain", "resnet", "preresnet"])
def test_the_grafted_network_gives_the_same_scores_to_the_last_bit(
    family: Family, factor: int
) -> None:
    spec, shallow = _trained(family=family)
    deep = derived_networks.grafted(shallow, spec, factor, IMAGES)
    assert len(block_sites(deep)) == factor * len(block_sites(shallow))
    assert torch.equal(deep(IMAGES), shallow(IMAGES))
    fresh = torch.randn(32, 3, 8, 8)  # and on images on which nothing was set
    assert torch.equal(deep(fresh), shallow(fresh))


@torch.no_grad()
def test_without_bn_and_with_other_branches_too() -> None:
    for fields in (
        {"family": "plain", "batch_norm": False},
        {"family": "plain", "layers_per_block": 1, "depth": 8},
        {"family": "resnet", "shortcut": "B"},
    ):
        spec, shallow = _trained(**fields)
        deep = derived_networks.grafted(shallow, spec, 2, IMAGES)
        assert torch.equal(deep(IMAGES), shallow(IMAGES))


@torch.no_grad()
def test_with_mini_batch_statistics_the_copy_is_near_because_bn_was_set_on_the_data() -> None:
    spec, shallow = _trained(family="plain")
    wanted = copy.deepcopy(shallow).train()(IMAGES)
    deep = derived_networks.grafted(shallow, spec, 3, IMAGES)
    careless = copy.deepcopy(deep)
    for name, block in block_sites(careless):
        if int(name.split(".")[1]) % 3:
            for layer in block.children():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.reset_parameters()  # a copy in evaluation mode, too
    assert torch.allclose(careless(IMAGES), deep(IMAGES), atol=1e-3)
    gap = (deep.train()(IMAGES) - wanted).abs().mean()
    assert 0 < gap < 0.2 * (careless.train()(IMAGES) - wanted).abs().mean()


def test_the_statistics_are_those_of_the_blocks_output_and_no_hook_is_left() -> None:
    _, shallow = _trained(family="plain")
    statistics = derived_networks.output_statistics(shallow, IMAGES)
    with torch.no_grad():
        x = torch.relu(shallow.bn1(shallow.conv1(IMAGES)))
        output = shallow.layer1[0](x)
    mean, variance = output.mean((0, 2, 3)), output.var((0, 2, 3), correction=0)
    assert torch.allclose(statistics["layer1.0"].mean, mean, atol=1e-6)
    assert torch.allclose(statistics["layer1.0"].variance, variance, atol=1e-6)
    assert all(not module._forward_hooks for module in shallow.modules())


def test_a_lesion_shows_that_the_equality_can_fail() -> None:
    spec, shallow = _trained(family="plain")
    deep = derived_networks.grafted(shallow, spec, 2, IMAGES)
    with torch.no_grad():
        deep.layer2[1].conv1.weight[0, 0, 1, 1] += 0.5
        assert not torch.equal(deep(IMAGES), shallow(IMAGES))


PAIR = ("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0")


def _error(subject: TrainedNetwork, count: int = 1000) -> float:
    """On its own test images, percent."""
    images, labels = subject.test_images(count)
    with torch.no_grad():
        return 100 * float((subject.model()(images).argmax(1) != labels).float().mean())


@pytest.mark.parametrize("run", PAIR)
def test_the_pair_on_record_can_be_followed_through_its_training(run: str, home: Path) -> None:
    subject = trained_network.load(run)
    assert derived_networks.saved_iterations(subject) == [0, 212, 424]
    assert subject.iteration == 1060


@pytest.mark.parametrize("run", PAIR)
def test_earlier_weights_have_the_error_that_was_measured_then(run: str, home: Path) -> None:
    subject = trained_network.load(run)
    measured = queries.telemetry(run).frame.set_index("iteration")["test_error"]
    for iteration in (212, 424):  # evaluated while it trained, in bfloat16
        found = _error(derived_networks.at_iteration(subject, iteration))
        assert found == pytest.approx(measured[iteration], abs=1.5)
    assert _error(derived_networks.at_iteration(subject, 0), 200) > 70
    assert derived_networks.at_iteration(subject, 0).weights.keys() == subject.weights.keys()


def test_before_training_a_network_is_as_its_seed_says(home: Path) -> None:
    subject = trained_network.load(PAIR[1])
    e = subject.experiment
    session = Session(e, catalog.load(Selection(e.data, e.image_size)))
    began, told = (
        session.state.model.state_dict(),
        derived_networks.at_iteration(subject, 0).weights,
    )
    assert began.keys() == told.keys()
    assert all(torch.equal(began[name].cpu(), told[name]) for name in told)


def test_without_anything_on_the_way_there_is_the_end_alone(home: Path) -> None:
    assert (
        derived_networks.saved_iterations(trained_network.load("one-minute-resnet-56-seed-0")) == []
    )


def test_weights_that_are_gone_or_damaged_get_a_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = home / "recorded"
    shutil.copytree(queries.RECORDED / PAIR[0], copied / PAIR[0])
    monkeypatch.setattr(queries, "RECORDED", copied)
    subject = trained_network.load(PAIR[0])
    with pytest.raises(CheckpointError, match="iteration-00000054"):
        derived_networks.at_iteration(subject, 54)
    folder = queries.folder(queries.described(PAIR[0]))
    folder.earlier_weights(53).write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match="iteration-00000053"):
        derived_networks.at_iteration(subject, 53)
