"""Training, told event by event."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_core.telemetry.events import Event, Stepped
from resnet_core.training.session import NotFinite, Session


def train(session: Session) -> Iterator[Event]:
    """Train to the last iteration and tell what happens; whoever listens decides what it is for.

    Started; a measurement of the network as it begins; then update after update, told by
    Stepped, and before it by the measurements that were due, so that at Stepped
    everything up to this iteration has been said and `session.state()` can be saved. Where
    updates are made several at a time, one Stepped stands for all of them. Last
    comes Finished, or Diverged in the place of the first update that could not be made.
    Whoever stops asking for events stops the training.
    """
    yield session.started()
    try:
        if not session.looked:
            yield session.look()
        while session.iteration < session.experiment.iterations:
            session.step()
            if session.record_due:
                yield session.measure()
            if session.settled:
                yield Stepped(session.iteration)
    except NotFinite as failure:
        yield session.diverged(failure)
    else:
        yield session.finished()
