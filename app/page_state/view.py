"""States of the pages that show charts of runs."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from app.page_state.query import PageState, Separator
from resnet_core.errors import InvalidSetting

Axis = Literal["iterations", "epochs", "seconds"]
Order = Literal["layer", "sorted"]
Measured = Literal["running", "fixed"]

SMOOTHEST = 0.95

_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{3,63}", re.ASCII)
_FARTHEST = 1e12
_MOST_RUNS = 400
# A screen shows no more than six digits, and a URL stays readable.
_Rounded = Annotated[
    float, Field(ge=-_FARTHEST, le=_FARTHEST), AfterValidator(lambda value: float(f"{value:.6g}"))
]
_Window = tuple[_Rounded, _Rounded, _Rounded, _Rounded]


class View(PageState):
    """The view of charts; every field but `at` is the same for all panels.

    Attributes:
        x: what time is counted in.
        order: layers from input to output, or by size as in the lower half of Fig. 7.
        log: logarithmic vertical axes; gradient norms, which span decades, always have one.
        smooth: weight of the past in the exponential moving average, 0 to 0.95.
        error: training error over the mini-batches since the last record (`running_error`),
            or on the fixed images, which are evaluated less often.
        heat: a layer-by-time map in place of the curves over layers.
        at: the scrubbed time in units of `x`; None follows the newest.
        hidden: labels of the curves that were switched off.
        zoom: the error panel's window, x and y, or None for all of it.
    """

    x: Axis = "iterations"
    order: Order = "layer"
    log: bool = False
    smooth: float = Field(0.0, ge=0, le=SMOOTHEST)
    error: Measured = "running"
    heat: bool = False
    at: Annotated[_Rounded, Field(ge=0)] | None = None
    hidden: Annotated[tuple[str, ...], Separator("|"), Field(max_length=400)] = ()
    zoom: _Window | None = None

    @field_validator("zoom")
    @classmethod
    def _rising(cls, zoom: _Window | None) -> _Window | None:
        if zoom and (zoom[0] >= zoom[1] or zoom[2] >= zoom[3]):
            raise InvalidSetting("zoom", "page.zoom")
        return zoom


class PuzzleState(PageState):
    """The home page: the group of runs that it shows, "" for the recording it begins with."""

    run: Annotated[str, AfterValidator(lambda name: name[:64])] = ""


class GlossaryState(PageState):
    """The glossary: the term that stands at the top, "" for none."""

    term: Annotated[str, AfterValidator(lambda name: name[:64])] = ""


class CompareState(View):
    """The compared runs, and the view of their charts."""

    runs: Annotated[
        tuple[str, ...], AfterValidator(lambda ids: tuple(dict.fromkeys(ids))[:_MOST_RUNS])
    ] = ()

    def to_query(self) -> dict[str, str]:
        """Return the URL's parameters, `runs` always: an empty list is a choice, too."""
        return {"runs": ",".join(self.runs), **super().to_query()}


def is_run_id(text: str) -> bool:
    """Return whether the text has the form of a run's id or a group's name."""
    return bool(_RUN_ID.fullmatch(text))
