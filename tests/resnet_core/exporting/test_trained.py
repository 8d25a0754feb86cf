"""What is called torchvision's is: torchvision itself takes the tensors and computes the same."""

from __future__ import annotations

import pytest
import torch
import torchvision

from resnet_core.exporting.trained import torchvision_call
from resnet_core.networks.catalog import architecture, build
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec, spec_of


def theirs(spec: Spec, names: list[str]) -> torch.nn.Module:
    """As a reader of a model card would make it."""
    call = torchvision_call(spec, names)
    assert call is not None
    return eval(call, {"torchvision": torchvision})


@pytest.mark.parametrize(
    ("name", "settings"),
    [("resnet-18", {}), ("resnet-50", {"stride_in": "3x3"}), ("googlenet", {})],
)
def test_torchvision_computes_the_same(name: str, settings: dict[str, str]) -> None:
    spec = spec_of(f"imagenet/{name}", classes=5, image_size=64, **settings)
    ours = build(spec, seed=0).eval()
    images = torch.randn(2, 3, 64, 64)
    state = ours.state_dict()
    other = theirs(spec, list(state))
    other.load_state_dict(state)
    with torch.inference_mode():
        torch.testing.assert_close(other.eval()(images), ours(images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["resnet-34", "resnet-101", "resnet-152", "vgg-16", "vgg-19"])
def test_names_and_shapes_are_torchvisions(name: str) -> None:
    spec = spec_of(f"imagenet/{name}", stride_in="3x3")
    with torch.device("meta"):
        ours = architecture(spec).state_dict()
        other = theirs(spec, list(ours)).state_dict()
    assert {n: t.shape for n, t in ours.items()} == {n: t.shape for n, t in other.items()}


@pytest.mark.parametrize(
    "spec",
    [
        spec_of("cifar/resnet-20"),
        ImageNetSpec("plain-34"),
        ImageNetSpec("resnet-34", shortcut="A"),
        ImageNetSpec("resnet-50", shortcut="C", stride_in="3x3"),
        ImageNetSpec("resnet-50"),  # the paper's stride: the same tensors, another function
        ImageNetSpec("resnet-18", activation="tanh"),
        ImageNetSpec("resnet-18", channels=1),
    ],
    ids=lambda spec: spec.name,
)
def test_others_are_not(spec: Spec) -> None:
    assert torchvision_call(spec, []) is None
