"""Each network's code is the code that runs."""

from __future__ import annotations

import inspect

import pytest

from app.widgets.architecture.block_card import code_of
from app.widgets.architecture.state import KINDS
from resnet_core.specs.names import spec_of


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network_shows_its_code(kind: str) -> None:
    depth = "-20" if kind.startswith("cifar/") else ""
    sources = code_of(spec_of(kind + depth))
    assert len(sources) >= 2
    for source in sources:
        assert source.name.split(".")[-1] in source.code
        assert source.line >= 1


def test_torchvisions_modules_are_read_as_they_are_installed() -> None:
    from torchvision.models.googlenet import Inception

    [inception, _] = code_of(spec_of("imagenet/googlenet"))
    assert inception.path == "torchvision/models/googlenet.py"
    lines, first = inspect.getsourcelines(Inception)
    assert (inception.line, inception.code) == (first, "".join(lines).rstrip())


def test_a_bottleneck_network_shows_the_bottleneck() -> None:
    names = [source.name for source in code_of(spec_of("imagenet/resnet-50"))]
    assert names == ["ResidualBlock", "Block.residual", "bottleneck", "post_activation"]
    assert "pre_activation" in [s.name for s in code_of(spec_of("cifar/preresnet-20"))]
