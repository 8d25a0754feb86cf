"""What stands in for a CUDA graph where there is no GPU."""

from __future__ import annotations

from typing import Any

from resnet_core.training.session import Session
from resnet_core.training.step.cuda_graph import Body, CapturedUpdates


class Again:
    """Runs the body anew on the same tensors, and leaves what it shows where it was."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self.shown = body()

    def replay(self) -> None:
        self.shown.row.copy_(self._body().row)


class Stretched(Session):
    """A session that makes its updates a stretch at a time, unless it is told to be eager."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if not named.get("eager"):
            self.updates = CapturedUpdates(self, Again)
