"""Visitors of a page: the machine's owner, a teacher, a student, or a guest of the network.

Rights are checked by the functions that act, `app.services` above all; pages ask here only to leave
out what would be refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from resnet_core.anatomy.describe import describe
from resnet_core.classroom import codes, store
from resnet_core.classroom.record import Lesson
from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.errors import PlaygroundError
from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE, RunRecord
from resnet_core.system import environment

Role = Literal["owner", "teacher", "student", "guest"]

PLACE = "x-residual-visitor"  # a request's header, set by `app.server.guard`: "here" or "network"
TEACHER, MEMBER = "residual_teacher", "residual_member"  # cookies, both HttpOnly

MOST_WORK = 2.0  # of a student's training, in the work of the home page's four networks
MOST_WAITING = 60  # runs in the queue, from which on students start none


class NotAllowed(PlaygroundError):
    """The visitor has not the right to do this."""


@dataclass(frozen=True)
class Visitor:
    """A visitor.

    Attributes:
        code: of the class; "" for an owner or a guest.
        member: the student's id.
    """

    role: Role
    code: str = ""
    member: str = ""

    @property
    def leads(self) -> bool:
        """Return whether the visitor may open and lead classes."""
        return self.role in ("owner", "teacher")

    def may_change(self, job: str) -> bool:
        """Return whether the visitor may stop, delete or resume a job.

        A teacher may do so with all jobs of the class, a student with those of the student.
        """
        if self.role == "owner":
            return True
        code, member = store.of_home().owner(job)
        if not code or code != self.code:
            return False
        return self.role == "teacher" or member == self.member

    def sees(self, owner: tuple[str, str] | None) -> bool:
        """Return whether a list shows the visitor a job: not those of another class."""
        return owner is None or self.role == "owner" or owner[0] == self.code


OWNER = Visitor("owner")
GUEST = Visitor("guest")


def current() -> Visitor:
    """Return who looks at the page that runs; the owner where there is no server.

    Whose connection is gone while the page runs is a guest: the headers went with it.
    """
    if not _is_served():
        return OWNER
    place = st.context.headers.get(PLACE, "network")
    return of(place, st.context.cookies, bool(st.context.is_embedded))


def _is_served() -> bool:
    """Return whether a server runs the page; under Streamlit's AppTest something else stands in."""
    served = runtime.exists() and type(runtime.get_instance()) is runtime.Runtime
    return served and get_script_run_ctx(suppress_warning=True) is not None


def of(place: str, cookies: Mapping[str, str], embedded: bool = False) -> Visitor:
    """Return the visitor of a request.

    Args:
        place: the value of its header `PLACE`.
        embedded: a page of another site shows the app in a frame, where a click may be led astray.
    """
    if embedded:
        return GUEST
    classes = store.of_home()
    member = codes.subject("member", cookies.get(MEMBER, ""))
    student = classes.member(member) if member else None
    if student is not None:
        return Visitor("student", student.code, student.id)
    code = codes.subject("teacher", cookies.get(TEACHER, ""))
    if code and classes.find(code) is None:
        code = ""
    if place == "here" or environment.read().visitors == "owners":
        return OWNER
    return Visitor("teacher", code) if code else GUEST


def check_change(job: str) -> None:
    """Raise NotAllowed unless the visitor may stop, delete or resume the job."""
    visitor = current()
    if not visitor.may_change(job):
        raise _refusal(visitor, "classroom.only_own")


def check_machine() -> None:
    """Raise NotAllowed unless the visitor may bring files, download data or order the queue."""
    visitor = current()
    if visitor.role != "owner":
        raise _refusal(visitor, "classroom.only_owner")


def check_laboratory() -> None:
    """Raise NotAllowed unless the visitor may have a laboratory computed."""
    visitor = current()
    if visitor.role == "guest":
        raise NotAllowed("classroom.join_first")
    if visitor.role == "student":
        _check_not_paused(visitor)


def check_training(experiments: Sequence[Experiment]) -> None:
    """Raise NotAllowed unless the visitor may train these now.

    Students train where their teacher allows it: one after another, as much as the home page's
    four networks twice, and on data that the list names.
    """
    visitor = current()
    if visitor.role == "guest":
        raise NotAllowed("classroom.join_first")
    if visitor.role != "student":
        return
    if not _check_not_paused(visitor).trainings:
        raise NotAllowed("classroom.no_trainings")
    if any(experiment.data not in catalog.NAMES for experiment in experiments):
        raise NotAllowed("classroom.own_data")
    work = sum(map(_work, experiments)) / sum(map(_work, presets.photographs()))
    if work > MOST_WORK:
        raise NotAllowed("classroom.too_large", most=f"{MOST_WORK:g}", times=f"{work:.1f}")
    owners = store.of_home().owners()
    active = [run for run in queries.runs() if run.state in ACTIVE]
    if any(owners.get(run.id) == (visitor.code, visitor.member) for run in active):
        raise NotAllowed("classroom.one_at_a_time")
    if sum(run.state == "queued" for run in active) >= MOST_WAITING:
        raise NotAllowed("classroom.queue_full", most=MOST_WAITING)


def check_run(run_id: str, **changes: Any) -> None:
    """Raise NotAllowed unless the visitor may train a run's experiment with these changes."""
    if current().role in ("guest", "student"):
        check_training([queries.run(run_id).experiment.changed(**changes)])


def started(jobs: Iterable[RunRecord | str]) -> None:
    """Note that the visitor has started these runs or laboratories; an owner's are of no class."""
    visitor = current()
    if visitor.code:
        ids = [job if isinstance(job, str) else job.id for job in jobs]
        store.of_home().own(ids, visitor.code, visitor.member)


def visible(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Return the runs that a list shows the visitor."""
    visitor = current()
    if visitor.role == "owner":
        return list(runs)
    owners = store.of_home().owners()
    return [run for run in runs if visitor.sees(owners.get(run.id))]


def _check_not_paused(visitor: Visitor) -> Lesson:
    lesson = store.of_home().get(visitor.code).lesson
    if lesson.paused:
        raise NotAllowed("classroom.paused")
    return lesson


def _work(experiment: Experiment) -> float:
    """Return the multiply-adds of a training's forward passes."""
    facts = catalog.facts(Selection.of(experiment))
    cost = describe(experiment.spec_for(facts)).multiply_adds
    return float(cost) * experiment.batch_size * experiment.iterations


def _refusal(visitor: Visitor, key: str) -> NotAllowed:
    return NotAllowed("classroom.join_first" if visitor.role == "guest" else key)
