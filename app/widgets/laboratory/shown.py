"""Which result a laboratory's page shows for the bench it has: recorded, own, or an earlier one."""

from __future__ import annotations

from dataclasses import dataclass

from app import services
from app.widgets.laboratory.bench import Bench
from resnet_core.errors import PlaygroundError
from resnet_core.labs.question import Question
from resnet_core.labs.results.request import LabRequest
from resnet_core.labs.results.results import Result
from resnet_core.runs.record import ACTIVE


@dataclass(frozen=True)
class Shown:
    """What is drawn.

    Attributes:
        lab_id: of the result that is shown, "" where there is none.
        result: that result.
        own: whether it is what was computed here for exactly this bench.
        notice: why it is another one: "stale", "missing" or "nothing"; "" where it is the one.
    """

    lab_id: str
    result: Result | None
    own: bool = False
    notice: str = ""

    @property
    def active(self) -> bool:
        return self.own and self.result is not None and self.result.state in ACTIVE


def find(
    question: Question, bench: Bench, order: LabRequest | None, before: str, arrived: bool
) -> Shown:
    """The result to show.

    Args:
        order: what the bench asks, None where that is not possible.
        before: the id of what was shown before, or "".
        arrived: whether the bench has just come from a URL.
    """
    recorded = services.lab_recording(question.name)
    same = recorded is not None and is_of(recorded, bench)
    if recorded is not None and same and not bench.here:
        return Shown(recorded_id(question.name), recorded)
    own = services.lab_result(order.id) if order else None
    if order and own and not own.recorded:
        return Shown(order.id, own, own=True)
    if recorded is not None and same:
        return Shown(recorded_id(question.name), recorded)
    if before and not arrived:
        earlier = recorded if before == recorded_id(question.name) else _readable(before)
        if earlier is not None:
            return Shown(before, earlier, notice="stale")
    if recorded is None:
        return Shown("", None, notice="nothing")
    return Shown(recorded_id(question.name), recorded, notice="missing" if arrived else "stale")


def is_of(result: Result, bench: Bench) -> bool:
    """Whether the result answers what the bench asks."""
    return result.request.settings == bench.settings and result.request.runs == bench.runs


def recorded_id(name: str) -> str:
    """What the route calls the recorded result, also where the same was computed here."""
    return name


def _readable(lab_id: str) -> Result | None:
    try:
        return services.lab_result(lab_id)
    except PlaygroundError:
        return None
