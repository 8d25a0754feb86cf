"""The code that is shown is the code that trains."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

from app.widgets import show_code
from resnet_core.specs.cifar import Family, NetworkSpec

BLOCKS = "resnet_core/networks/blocks.py"


@pytest.mark.parametrize("family", get_args(Family))
def test_the_block_shown_is_the_one_that_is_built(family: Family) -> None:
    from resnet_core.networks.catalog import build

    built = type(build(NetworkSpec(family=family, depth=8), seed=0).layer1[0])
    source = show_code.source_of(BLOCKS, show_code.BLOCK_CLASSES[family])
    assert source.name == built.__name__
    assert source.code.strip() == inspect.getsource(built).strip()
    assert source.line == inspect.getsourcelines(built)[1]


def test_a_method_can_be_shown() -> None:
    source = show_code.source_of(BLOCKS, "ResidualBlock.forward")
    assert source.code.startswith("def forward(self, x: Tensor)")


def test_a_definition_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError, match="Nonsense"):
        show_code.source_of(BLOCKS, "Nonsense")
