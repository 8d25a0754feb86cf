"""Measurements of this machine, each made by a command in a process beside the server.

Measuring builds networks, which needs torch, and the web process never imports that; a page
asks again until the result is there. Results are cached in the home folder, for a machine does
not change from day to day. A result measured while other programs kept the processors busy says
so, and is measured again once the machine is idle, or long after.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic, sleep, time
from typing import Generic, TypeVar

import psutil
from pydantic import TypeAdapter

from app.background.tasks import JSON_ERRORS, Tasks, TaskState, command_error, command_options
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import Spec
from resnet_core.system import disk, environment, home
from resnet_core.system.texts import Message

# A result from a busy machine is measured again once it is this old, seconds: on an idle machine,
# and on any machine.
IDLE_AFTER, ANYWAY_AFTER = 60.0, 600.0
_OBSERVED = 1.0  # seconds for which the machine's load is observed
# A page that still waits asks again sooner than this, seconds.
_INTEREST = 10.0
_FAILED = "measurement.failed"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A measured result; the fields of each kind are named as in its command's JSON.

    Attributes:
        busy: other programs kept the processors busy meanwhile, so that it took longer.
    """

    busy: bool = False


@dataclass(frozen=True)
class Failed:
    """A measurement that failed, with the reason."""

    reason: Message


Setting = TypeVar("Setting")
Result = TypeVar("Result", bound=Measured)


class Measurements(ABC, Generic[Setting, Result]):
    """Measurements of one kind.

    Args:
        name: of the folder that caches them.
        result: type of the results.
        timeout: seconds after which a measurement is given up.
    """

    def __init__(self, name: str, result: type[Result], timeout: float) -> None:
        self._name, self._timeout = name, timeout
        self._json = TypeAdapter(result)
        self._results: dict[str, Result | Failed] = {}
        self._requested: dict[str, float] = {}  # time of the last request, monotonic clock
        self._busy_since: dict[str, float] = {}  # when a result from a busy machine was made
        self._guard = threading.Lock()
        self.tasks: Tasks[str, TaskState] = Tasks(
            f"measure {name}", "measurement.not_started", _FAILED
        )

    @abstractmethod
    def command(self, setting: Setting) -> list[str]:
        """The command that prints the result as JSON, without the interpreter's name."""

    @abstractmethod
    def identity(self, setting: Setting) -> list[object]:
        """JSON that is equal for settings with equal results on this machine as it is set up."""

    def measure(self, setting: Setting) -> Result | Failed | None:
        """Return the result; None while it is measured for the first time."""
        key = self._key(setting)
        with self._guard:
            result = self._recall(key)
            if result is None or self._age(key) > IDLE_AFTER:
                self._requested[key] = monotonic()
                self.tasks.start(key, TaskState(), lambda: self._run(setting, key))
        return result

    def cached(self, setting: Setting) -> Result | Failed | None:
        """Return the result if there is one; measure nothing."""
        with self._guard:
            return self._recall(self._key(setting))

    def _run(self, setting: Setting, key: str) -> TaskState:
        with _machine.turn:
            if not self._still_requested(key) or not self._worthwhile(key):
                return TaskState()  # a later request measures
            load = Load()
            result = self._measure(setting)
            busy = load.by_others()
        if result is None:
            return TaskState()  # made way for a training; a later request measures
        if isinstance(result, Measured):
            result = replace(result, busy=busy)
            self._cache(key, result)
        with self._guard:
            if isinstance(result, Measured) or key not in self._results:
                self._results[key] = result
            self._busy_since.pop(key, None)
            if busy:
                self._busy_since[key] = time()
        return TaskState()

    def _worthwhile(self, key: str) -> bool:
        """Return whether measuring now may give a better result than the known one."""
        with self._guard:
            age = self._age(key)
            if key not in self._results or age > ANYWAY_AFTER:
                return True
        load = Load()
        sleep(_OBSERVED)
        return load.left_enough()

    def _age(self, key: str) -> float:
        """Seconds since a result was measured on a busy machine; 0 for any other."""
        made = self._busy_since.get(key)
        return 0.0 if made is None else abs(time() - made)  # clocks are set back, too

    def _still_requested(self, key: str) -> bool:
        """Return whether a page still waits; the reader may have left or moved a slider."""
        with self._guard:
            return monotonic() - self._requested[key] < _INTEREST

    def _measure(self, setting: Setting) -> Result | Failed | None:
        command = [sys.executable, *self.command(setting)]
        try:
            process = _machine.run(command, self._timeout)
        except subprocess.TimeoutExpired:
            return Failed(Message("errors.measurement.late", seconds=f"{self._timeout:.0f}"))
        if process is None:
            return None
        if process.returncode != 0:
            error = command_error(command, process.returncode, process.stderr, _FAILED)
            return Failed(error.message)
        try:
            return self._json.validate_json(process.stdout)
        except ValueError:
            _log.warning("%s printed no result: %s", command, process.stdout[-2000:])
            return Failed(Message(f"errors.{_FAILED}"))

    def _recall(self, key: str) -> Result | Failed | None:
        if key not in self._results and (cached := self._stored(key)) is not None:
            self._results[key], made = cached
            if cached[0].busy:
                self._busy_since[key] = made
        if key not in self._results and (task := self.tasks.state(key)) and task.error:
            return Failed(task.error.message)
        return self._results.get(key)

    def _key(self, setting: Setting) -> str:
        text = json.dumps(self.identity(setting))
        return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()

    def _file(self, key: str) -> Path:
        return home.cache_folder() / self._name / f"{key}.json"

    def _stored(self, key: str) -> tuple[Result, float] | None:
        """Return a result of an earlier server, and when it was made."""
        try:
            path = self._file(key)
            return self._json.validate_json(path.read_bytes()), path.stat().st_mtime
        except (OSError, ValueError):
            return None

    def _cache(self, key: str, result: Result) -> None:
        try:
            path = self._file(key)
            path.parent.mkdir(exist_ok=True)
            disk.write_whole(path, json.dumps(asdict(result)))
        except (OSError, PlaygroundError) as error:
            _log.warning("A measurement was not cached (%s); it will be repeated.", error)


class Load:
    """Load of the machine's processors from now on."""

    def __init__(self) -> None:
        self._start, self._before = monotonic(), psutil.cpu_times()

    def by_others(self) -> bool:
        """Return whether other programs left the measurement less than it could have used."""
        idle, own, cores = self._cores()
        # With a core to spare no program was in the way; without one, the measurement or others.
        return cores - idle > own + 0.6 if cores > own else False

    def left_enough(self) -> bool:
        """Return whether a measurement could have used all processors that it would use."""
        idle, own, _ = self._cores()
        return idle > own - 0.4

    def _cores(self) -> tuple[float, int, int]:
        """Return the cores idle on average, used by a measurement, and all."""
        now, seconds = psutil.cpu_times(), monotonic() - self._start
        idle = (now.idle - self._before.idle) / max(seconds, 1e-3)
        cores = psutil.cpu_count() or 1
        return idle, min(environment.read().worker_threads or cores, cores), cores


class _Machine:
    """Runs one measuring command after another: two at once would slow each other."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self._running: subprocess.Popen[str] | None = None
        self._guard = threading.Lock()

    def run(
        self, command: Sequence[str], timeout: float
    ) -> subprocess.CompletedProcess[str] | None:
        """Run the command to its end; None if it made way for a training.

        Raises:
            subprocess.TimeoutExpired: it took longer than `timeout` seconds.
            OSError: it cannot be started.
        """
        pipe = subprocess.PIPE
        with self._guard:
            self._running = process = subprocess.Popen(
                command, stdout=pipe, stderr=pipe, encoding="utf-8", errors="replace"
            )
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        finally:
            with self._guard:
                made_way, self._running = self._running is None, None
        if made_way:
            return None
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def make_way(self) -> None:
        """Give up the measurement that runs: a training that starts now needs the cores."""
        with self._guard:
            if self._running is not None:
                self._running.kill()
                self._running = None


_machine = _Machine()
make_way = _machine.make_way


TRAINING_TIMEOUT, FORWARD_TIMEOUT = 300.0, 120.0  # seconds
# Fields that change neither a network's cost nor the number of updates.
_FREE = {
    *("name", "seed", "learning_rate", "momentum", "weight_decay"),
    *("milestones", "warmup", "warmup_iterations"),
}
_FORWARD_OPTIONS = ("shortcut", "stride_in", "block", "image_size", "classes")


@dataclass(frozen=True)
class Estimate(Measured):
    """The time that an experiment would take alone.

    Attributes:
        seconds: for the whole experiment, evaluation included.
        seconds_per_iteration: of training alone.
        hardware: what it was measured on, for the reader.
    """

    seconds: float
    seconds_per_iteration: float
    hardware: str = ""


class TrainingTimes(Measurements[Experiment, Estimate]):
    """Times of experiments, from short real trainings."""

    def together(self, experiments: Sequence[Experiment]) -> Estimate | Failed | None:
        """The time of experiments that are started together and share this machine."""
        return _shared([self.measure(experiment) for experiment in experiments])

    def cached_together(self, experiments: Sequence[Experiment]) -> Estimate | Failed | None:
        """As `together`, but nothing is measured."""
        return _shared([self.cached(experiment) for experiment in experiments])

    def command(self, setting: Experiment) -> list[str]:
        options = command_options(setting.to_query())
        return ["-m", "resnet_core", JSON_ERRORS, "measure", *options, "--json"]

    def identity(self, setting: Experiment) -> list[object]:
        query = {name: text for name, text in setting.to_query().items() if name not in _FREE}
        machine = [os.cpu_count(), environment.read().worker_threads, environment.read().slots]
        return [sorted(query.items()), machine]


def _shared(estimates: Sequence[Estimate | Failed | None]) -> Estimate | Failed | None:
    complete = []
    for estimate in estimates:
        if not isinstance(estimate, Estimate):
            return estimate
        complete.append(estimate)
    # Runs beyond the cores, or beyond the slots for running, wait for each other.
    lanes = min(environment.read().slots, os.cpu_count() or 1)
    total = sum(estimate.seconds for estimate in complete)
    longest = max(complete, key=lambda estimate: estimate.seconds)
    wall = max(longest.seconds, total / lanes)
    busy = any(estimate.busy for estimate in complete)
    return Estimate(wall, longest.seconds_per_iteration, longest.hardware, busy=busy)


@dataclass(frozen=True)
class Forward(Measured):
    """Cost of one image's forward pass.

    Attributes:
        peak_bytes: the most that weights, maps and working memory took together.
        hardware: what it was measured on, for the reader.
    """

    seconds: float
    peak_bytes: int
    hardware: str
    threads: int


class ForwardCosts(Measurements[Spec, Forward]):
    """Costs of a forward pass by network."""

    def command(self, setting: Spec) -> list[str]:
        names = [name for name in _FORWARD_OPTIONS if name in setting.__dataclass_fields__]
        options = command_options({name: str(getattr(setting, name)) for name in names})
        return ["-m", "resnet_core", JSON_ERRORS, "forward", setting.name, *options, "--json"]

    def identity(self, setting: Spec) -> list[object]:
        return [self.command(setting), os.cpu_count(), environment.read().laboratory_threads]


training = TrainingTimes("timings", Estimate, TRAINING_TIMEOUT)
forward = ForwardCosts("forward", Forward, FORWARD_TIMEOUT)
