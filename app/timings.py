"""How long experiments would take on this machine, from short real measurements.

Measuring builds the network and trains a few steps, which needs torch, so a command of
its own does it; a page asks again until the answer is there. What was measured is kept in
the cache folder, for a machine does not change from day to day; what was measured while
others kept the machine busy holds for the moment only.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from resnet_core import home
from resnet_core.experiment import Experiment
from resnet_core.jobs import settings

PATIENCE = 300.0  # seconds
BUSY_FOR = 90.0  # seconds for which a disturbed measurement is believed
# A page that still wants an answer asks again sooner than this, seconds.
_INTEREST = 10.0
# Fields that change neither a network's cost nor the number of updates.
_FREE = {
    *("name", "seed", "learning_rate", "momentum", "weight_decay"),
    *("milestones", "warmup", "warmup_iterations"),
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Estimate:
    """Measured, not guessed.

    Attributes:
        seconds: for the whole experiment, evaluation included.
        seconds_per_iteration: of training alone.
        hardware: what it was measured on, for people.
    """

    seconds: float
    seconds_per_iteration: float
    hardware: str = ""


@dataclass(frozen=True)
class Failed:
    """The measurement could not be made; the sentence says why."""

    reason: str


class Timings:
    """Measures one experiment after another: two at once would slow each other."""

    def __init__(self) -> None:
        self._known: dict[str, Estimate | Failed] = {}
        self._asked: dict[str, float] = {}  # when last, on the monotonic clock
        self._doubtful: dict[str, float] = {}  # until when it is believed, same clock
        self._guard = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._running: subprocess.Popen[str] | None = None

    def estimate(self, experiment: Experiment) -> Estimate | Failed | None:
        """The time this experiment would take alone; None while it is being measured."""
        key = _key(experiment)
        with self._guard:
            found = self._recall(key)
            if found is None:
                new = key not in self._asked
                self._asked[key] = time.monotonic()
                if new:
                    arguments = (experiment, key)
                    threading.Thread(target=self._measure, args=arguments, daemon=True).start()
        return found

    def known(self, experiment: Experiment) -> Estimate | Failed | None:
        """As `estimate`, but nothing is measured for the sake of it."""
        with self._guard:
            return self._recall(_key(experiment))

    def together(self, experiments: Sequence[Experiment]) -> Estimate | Failed | None:
        """The time for experiments that are started together and share this machine."""
        found = [self.estimate(experiment) for experiment in experiments]
        for one in found:
            if not isinstance(one, Estimate):
                return one
        known = [one for one in found if isinstance(one, Estimate)]
        # Runs beyond the cores, or beyond the places for running, wait for each other.
        lanes = min(settings.slots(), os.cpu_count() or 1)
        total = sum(one.seconds for one in known)
        longest = max(known, key=lambda one: one.seconds)
        wall = max(longest.seconds, total / lanes)
        return Estimate(wall, longest.seconds_per_iteration, longest.hardware)

    def make_way(self) -> None:
        """Give up the measurement that runs: a training that starts now needs the cores."""
        with self._guard:
            if self._running is not None:
                self._running.kill()

    def _measure(self, experiment: Experiment, key: str) -> None:
        command = [sys.executable, "-m", "resnet_core", "measure", "--json", *options(experiment)]
        with self._one_at_a_time:
            load = Load()
            result = self._run(command) if self._still_wanted(key) else None
            disturbed = load.by_others()
        with self._guard:
            del self._asked[key]
            if result is None:
                return  # gave way, or nobody waits; a later question measures again
            self._known[key] = result
            if disturbed:
                self._doubtful[key] = time.monotonic() + BUSY_FOR
        if isinstance(result, Estimate) and not disturbed:
            _keep(key, result)

    def _recall(self, key: str) -> Estimate | Failed | None:
        if time.monotonic() > self._doubtful.get(key, float("inf")):
            del self._doubtful[key], self._known[key]
        if key not in self._known and (kept := _kept(key)) is not None:
            self._known[key] = kept
        return self._known.get(key)

    def _still_wanted(self, key: str) -> bool:
        """Whoever moves a control on and on waits for the last position only."""
        with self._guard:
            return time.monotonic() - self._asked[key] < _INTEREST

    def _run(self, command: list[str]) -> Estimate | Failed | None:
        try:
            with self._guard:
                self._running = process = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                )
            output, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return Failed(f"The measurement took more than {PATIENCE:.0f} s and was given up.")
        except OSError as error:
            return Failed(f"The measurement could not be started ({error.strerror}).")
        finally:
            with self._guard:
                self._running = None
        if process.returncode < 0:
            return None
        return _read(process.returncode, output, errors)


class Load:
    """How busy the machine's processors are from now on."""

    def __init__(self) -> None:
        self._start, self._before = time.monotonic(), psutil.cpu_times()

    def by_others(self) -> bool:
        """Whether others left the measurement less than it could have used."""
        now, seconds = psutil.cpu_times(), time.monotonic() - self._start
        idle = (now.idle - self._before.idle) / max(seconds, 1e-3)
        cores = psutil.cpu_count() or 1
        own = min(settings.threads() or cores, cores)
        # With a core to spare nobody was in the way; without one, it was us or others.
        return cores - idle > own + 0.6 if cores > own else False


_timings = Timings()
estimate = _timings.estimate
known = _timings.known
together = _timings.together
make_way = _timings.make_way


def options(experiment: Experiment) -> list[str]:
    """The experiment as options of the command line."""
    pairs = experiment.to_query().items()
    return [part for name, text in pairs for part in (f"--{name.replace('_', '-')}", text)]


def _key(experiment: Experiment) -> str:
    """Equal for experiments that take the same time on this machine as it is set up."""
    query = {f: v for f, v in experiment.to_query().items() if f not in _FREE}
    machine = [os.cpu_count(), settings.threads(), settings.slots()]
    text = json.dumps([sorted(query.items()), machine])
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def _read(code: int, output: str, errors: str) -> Estimate | Failed:
    if code != 0:
        _log.warning("measure ended with %s: %s", code, errors[-2000:])
        lines = errors.strip().splitlines()
        return Failed(lines[-1].removeprefix("Error: ") if lines else "The measurement failed.")
    said = json.loads(output)
    return Estimate(
        seconds=float(said["seconds"]),
        seconds_per_iteration=float(said["seconds_per_iteration"]),
        hardware=str(said["hardware"]),
    )


def _file(key: str) -> Path:
    return home.cache_folder() / "timings" / f"{key}.json"


def _kept(key: str) -> Estimate | None:
    try:
        return Estimate(**json.loads(_file(key).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _keep(key: str, found: Estimate) -> None:
    path = _file(key)
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(asdict(found)), encoding="utf-8")
    except OSError as error:
        _log.warning("A timing was not kept (%s); it will be measured again.", error.strerror)
