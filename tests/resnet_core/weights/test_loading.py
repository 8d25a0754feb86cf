"""Public names translated into ours, and the network of a file's tensors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torchvision import models

from resnet_core.errors import CheckpointError
from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.weights.loading import network
from resnet_core.weights.renaming import common_prefix, renamed

FILE = Path("weights.pt")


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "module.model.", "_orig_mod."])
@pytest.mark.parametrize("classifier", ["linear", "fc", "classifier"])
def test_public_names(prefix, classifier):
    names = {
        f"{prefix}conv1.weight": "conv1.weight",
        f"{prefix}bn1.running_mean": "bn1.running_mean",
        f"{prefix}layer1.0.conv1.weight": "layer1.0.conv1.weight",
        f"{prefix}layer2.0.shortcut.0.weight": "layer2.0.downsample.0.weight",
        f"{prefix}layer2.0.shortcut.1.running_var": "layer2.0.downsample.1.running_var",
        f"{prefix}layer2.1.downsample.0.weight": "layer2.1.downsample.0.weight",
        f"{prefix}{classifier}.weight": "fc.weight",
        f"{prefix}{classifier}.bias": "fc.bias",
    }
    assert renamed(names, FILE) == names


@pytest.mark.parametrize("make", [models.resnet18, models.resnet50, models.vgg16])
def test_torchvisions_names_are_ours(make):
    with torch.device("meta"):
        names = list(make().state_dict())
    assert renamed(names, FILE) == {name: name for name in names}


def test_googlenets_auxiliary_classifiers_are_left_out():
    with torch.device("meta"):
        names = list(models.googlenet(init_weights=False).state_dict())
    kept = renamed(names, FILE)
    assert len(names) > len(kept) > 0
    assert not any(name.startswith("aux") for name in kept)


def test_prefixes():
    assert common_prefix(["a.b.c", "a.b.d", "a.e.f"]) == "a."
    assert common_prefix(["a.b"]) == "a."
    assert common_prefix(["a", "a.b"]) == ""
    assert common_prefix([]) == ""


def test_two_tensors_of_one_name():
    with pytest.raises(CheckpointError, match=r"holds fc\.weight under two names"):
        renamed(["conv1.weight", "fc.weight", "linear.weight"], FILE)


def test_a_network_has_the_tensors_and_is_in_evaluation_mode():
    spec = NetworkSpec("resnet", 8)
    tensors = {
        name: tensor
        for name, tensor in build(spec, 1).state_dict().items()
        if not name.endswith("num_batches_tracked")  # older files lack them
    }
    model = network(spec, tensors)
    assert not any(module.training for module in model.modules())
    assert all(torch.equal(model.state_dict()[name], tensors[name]) for name in tensors)
    assert model.state_dict()["bn1.num_batches_tracked"] == 0
