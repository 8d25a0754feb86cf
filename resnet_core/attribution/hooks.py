"""Hooks come off again, also when what they were set for fails midway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

_TABLES = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


@contextmanager
def none_left(model: nn.Module) -> Iterator[None]:
    """Within, hooks may be set on any module; after it there are those that were there before.

    captum takes its own off, but not where a network fails between two of them.
    """
    before = [(table, set(table)) for table in _tables(model)]
    try:
        yield
    finally:
        for table, known in before:
            for key in set(table) - known:
                del table[key]


def count(model: nn.Module) -> int:
    """How many hooks the network's modules have."""
    names = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, name)) for module in model.modules() for name in names)


def _tables(model: nn.Module) -> Iterator[dict[int, Any]]:
    for module in model.modules():
        for name in _TABLES:
            yield getattr(module, name)
