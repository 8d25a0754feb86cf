"""The training loop: a generator of events."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_core.telemetry.events import Event, Stepped
from resnet_core.training.session import NotFinite, Session


def train(session: Session) -> Iterator[Event]:
    """Train to the last iteration and yield events; the caller decides what to do with them.

    The first is Started, then a Measurement of the initial network. Every update yields the
    Measurement that is due and Stepped, at which the session can be saved; of updates launched
    together only the last yields Stepped. The last event is Finished, or Diverged in place of
    the first update that could not be made. Closing the generator stops the training.
    """
    state = session.state
    yield session.started()
    try:
        if not state.initial_measured:
            yield session.measure_initial()
        while state.iteration < state.experiment.iterations:
            session.step()
            if session.record_due:
                yield session.measure()
            if session.in_sync:
                yield Stepped(state.iteration)
    except NotFinite as failure:
        yield session.diverged(failure)
    else:
        yield session.finished()
