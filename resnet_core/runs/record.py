"""Records of jobs: trainings, which are called runs, and the computations of laboratories."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from resnet_core.errors import RunNotFound
from resnet_core.experiments.experiment import Experiment
from resnet_core.system.texts import Message

Kind = Literal["training", "laboratory"]

# queued -> running -> finished | diverged | failed | stopped | paused | interrupted.
# `interrupted`: the worker died and gave no reason (killed, power cut); `failed`: it gave one.
# A laboratory is neither paused nor diverged, and is computed from its beginning again.
# `imported`: weights that were trained elsewhere; there is no training to report.
State = Literal[
    "queued",
    "running",
    "paused",
    "finished",
    "stopped",
    "failed",
    "diverged",
    "interrupted",
    "imported",
]
ACTIVE: frozenset[State] = frozenset({"queued", "running"})
RESUMABLE: frozenset[State] = frozenset({"paused", "stopped", "failed", "interrupted"})
ENDED: frozenset[State] = RESUMABLE | {"finished", "diverged"}

# A request to a running worker, which looks for one between two iterations.
Request = Literal["pause", "stop"]

# Commands on a run, and the states in which each is carried out; in others it is refused.
Action = Literal["pause", "resume", "move", "stop", "fork", "retry", "delete"]
ALLOWED: Mapping[Action, frozenset[State]] = {
    "pause": ACTIVE,
    "resume": RESUMABLE,
    "move": frozenset({"queued"}),
    "stop": ACTIVE,
    "fork": ACTIVE | ENDED,  # if it has a checkpoint
    "retry": ENDED,
    "delete": frozenset(get_args(State)) - {"running"},
}

_ID = re.compile(r"[a-z0-9][a-z0-9-]{3,63}", re.ASCII)


def check_id(run_id: str) -> str:
    """Return the id if it can be one: it becomes a folder's name.

    Raises:
        RunNotFound: the text cannot be a run's id.
    """
    if not _ID.fullmatch(run_id):
        raise RunNotFound("runs.no_id", text=run_id[:60])
    return run_id


def new_id() -> str:
    """Return an id that no run has."""
    return f"{time.strftime('%Y%m%d')}-{secrets.token_hex(3)}"


@dataclass(frozen=True, kw_only=True)
class Job:
    """The record that every job has.

    Attributes:
        id: unique, safe as a folder's name.
        position: place among the queued jobs of its kind, from 1.
        created, started, ended: seconds since the epoch, UTC.
        heartbeat: last sign of the worker.
        request: what the running worker is asked to do.
        pid, pid_created: the worker's process and its creation time, while it runs.
        exit_reason: how the job ended, as `Message.dumps` writes it, or a plain sentence of an
            earlier version.
        hardware: the processor or GPU.
    """

    kind: ClassVar[Kind] = "laboratory"

    id: str
    state: State
    created: float
    position: float = 0.0
    started: float | None = None
    ended: float | None = None
    heartbeat: float | None = None
    request: Request | None = None
    pid: int | None = None
    pid_created: float | None = None
    exit_reason: str = ""
    hardware: str = ""

    @property
    def title(self) -> str:
        """Return the name for people."""
        return self.id

    @property
    def reason(self) -> str:
        """Return how the job ended as an English sentence; empty while it has none."""
        return str(Message.from_json(self.exit_reason))


@dataclass(frozen=True, kw_only=True)
class RunRecord(Job):
    """A run: one execution of an experiment.

    Attributes:
        id: for example "20151210-9f3a2c".
        group: id shared by runs that were started together (the four of the puzzle).
        parent, parent_iteration: the run and checkpoint that this one was forked from.
        seconds: training time so far, without pauses.
        train_error, test_error: last evaluated, percent.
        data_title: the data set's name for people.
        data_reading: how people's own data were read, as `Message.dumps` writes it; "" for others.
        recorded: shipped with the project in assets/recorded, read-only.
        software: the versions that the weights' last bits depend on, such as torch's.
    """

    kind: ClassVar[Kind] = "training"

    experiment: Experiment
    group: str = ""
    parent: str | None = None
    parent_iteration: int | None = None
    attempt: int = 0
    iteration: int = 0
    seconds: float = 0.0
    images_per_second: float | None = None
    train_error: float | None = None
    test_error: float | None = None
    weights_sha256: str | None = None
    data_title: str = ""
    data_reading: str = ""
    parameters: int | None = None
    device: str = ""
    precision: str = ""
    backend: str = ""
    threads: int | None = None
    software: str = ""
    recorded: bool = False

    @property
    def title(self) -> str:
        """Return the run's own name, or its network and seed."""
        experiment = self.experiment
        if experiment.name:
            return experiment.name
        network = experiment.network.removeprefix("cifar/")
        return f"{network} · imported" if self.imported else f"{network} · seed {experiment.seed}"

    @property
    def imported(self) -> bool:
        """Return whether it was trained elsewhere: it has weights and a measured error, no curves,
        and of its experiment only the network, the data and the image size are its own."""
        return self.state == "imported"

    @property
    def seconds_left(self) -> float | None:
        """Return the seconds left at the rate so far; None until there is a rate."""
        if self.state != "running" or not self.images_per_second:
            return None
        left = self.experiment.iterations - self.iteration
        return left * self.experiment.batch_size / self.images_per_second
