"""A substitute for a CUDA graph where there is no GPU."""

from __future__ import annotations

from typing import Any

from resnet_core.training.session import Session
from resnet_core.training.step.stepper import Body, GraphStepper


class Again:
    """Runs the body again on the same tensors, and leaves its result where the first one is."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self.result = body()

    def replay(self) -> None:
        self.result.row.copy_(self._body().row)


def use_stand_in(session: Session) -> None:
    """Let the session make its updates in chunks, as it does on a GPU."""
    session.stepper = GraphStepper(session.state, session._backpropagation, Again)


class Chunked(Session):
    """A session that makes its updates in chunks, unless it is told to be eager."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not options.get("eager"):
            use_stand_in(self)
