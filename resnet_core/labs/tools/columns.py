"""The columns by which a table's rows say whose they are."""

from __future__ import annotations

from typing import Protocol

from resnet_core.labs.events import Value

RUN = ("run", "label", "family", "depth")


class Named(Protocol):
    """What a subject says of itself, see `subjects.Subject`."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def depth(self) -> int: ...


def of(subject: Named) -> dict[str, Value]:
    """The subject's values of `RUN`."""
    return {
        "run": subject.id,
        "label": subject.label,
        "family": subject.family,
        "depth": subject.depth,
    }
