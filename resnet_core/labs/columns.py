"""The columns by which a table's rows say whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_core.labs.events import Value

if TYPE_CHECKING:
    from resnet_core.labs.subjects import Subject

RUN = ("run", "label", "family", "depth")


def of(subject: Subject) -> dict[str, Value]:
    """The subject's values of `RUN`."""
    return {
        "run": subject.id,
        "label": subject.label,
        "family": subject.family,
        "depth": subject.depth,
    }
