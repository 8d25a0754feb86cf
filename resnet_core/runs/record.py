"""A run as it is on record: what the index knows of one execution of an experiment."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import Literal

from resnet_core.errors import RunNotFound
from resnet_core.experiments.experiment import Experiment

# queued -> running -> finished | diverged | failed | stopped | paused | interrupted.
# `interrupted`: the worker died without a word (killed, power cut); `failed`: it said why.
# paused, stopped, interrupted, failed and diverged runs can be resumed from their last checkpoint
# (a diverged one would diverge again, so it is offered a fork instead).
# `imported`: weights that were trained elsewhere; there is no training to tell anything of.
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

# What a running worker is asked to do next; it looks between two iterations.
Request = Literal["pause", "stop"]

_ID = re.compile(r"[a-z0-9][a-z0-9-]{3,63}", re.ASCII)


def check_id(run_id: str) -> str:
    """The id itself, once it is known to be one: it becomes a folder's name.

    Raises:
        RunNotFound: the text cannot be a run's id.
    """
    if not _ID.fullmatch(run_id):
        raise RunNotFound(f"{run_id[:60]!r} is not a run's id; `runs list` shows them.")
    return run_id


def new_id() -> str:
    """An id that no run has."""
    return f"{time.strftime('%Y%m%d')}-{secrets.token_hex(3)}"


@dataclass(frozen=True)
class RunRecord:
    """One row of the index.

    Attributes:
        id: unique, safe as a folder's name, for example "20151210-9f3a2c".
        group: id shared by runs that were started together (twins, the four of the puzzle).
        parent, parent_iteration: the run and checkpoint that this one was forked from.
        position: place in the queue, smaller first.
        created, started, ended: seconds since the epoch, UTC.
        heartbeat: when the worker last said that it lives.
        seconds: training time so far, pauses left out.
        train_error, test_error: last evaluated, percent.
        exit_reason: one sentence on how the run ended, for people.
        data_title: the data set's name as shown to people.
        recorded: shipped with the project in assets/recorded, read-only.
        hardware: the processor or GPU that trained it.
        software: the versions that the weights' last bits depend on, such as torch's.
    """

    id: str
    experiment: Experiment
    state: State
    created: float
    group: str = ""
    parent: str | None = None
    parent_iteration: int | None = None
    position: float = 0.0
    started: float | None = None
    ended: float | None = None
    heartbeat: float | None = None
    request: Request | None = None
    pid: int | None = None
    pid_created: float | None = None
    attempt: int = 0
    iteration: int = 0
    seconds: float = 0.0
    images_per_second: float | None = None
    train_error: float | None = None
    test_error: float | None = None
    weights_sha256: str | None = None
    exit_reason: str = ""
    data_title: str = ""
    parameters: int | None = None
    device: str = ""
    precision: str = ""
    backend: str = ""
    threads: int | None = None
    hardware: str = ""
    software: str = ""
    recorded: bool = False

    @property
    def title(self) -> str:
        """What people call the run: its own name, or the network and seed."""
        experiment = self.experiment
        if experiment.name:
            return experiment.name
        network = experiment.network.removeprefix("cifar/")
        return f"{network} · imported" if self.imported else f"{network} · seed {experiment.seed}"

    @property
    def imported(self) -> bool:
        """Whether it was trained elsewhere: it has weights and a measured error, no curves, and
        of its experiment only the network, the data and the image size are its own."""
        return self.state == "imported"

    @property
    def seconds_left(self) -> float | None:
        """From the rate so far, seconds; None until there is a rate."""
        if self.state != "running" or not self.images_per_second:
            return None
        left = self.experiment.iterations - self.iteration
        return left * self.experiment.batch_size / self.images_per_second
