"""How long an experiment would take on this machine, from a short real measurement.

Measuring builds the network and trains a few steps, which needs torch, so a command of
its own does it; a page asks again until the answer is there.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass

from resnet_core.experiment import Experiment

PATIENCE = 300.0  # seconds
_log = logging.getLogger(__name__)
_known: dict[tuple[tuple[str, str], ...], Estimate | Failed] = {}
_asked: set[tuple[tuple[str, str], ...]] = set()
_guard = threading.Lock()
_one_at_a_time = threading.Lock()  # two measurements at once would slow each other


@dataclass(frozen=True)
class Estimate:
    """Measured, not guessed.

    Attributes:
        seconds_per_iteration: of training, evaluation and records left out.
        seconds: for the whole experiment.
        device: what it was measured on, for people.
    """

    seconds_per_iteration: float
    seconds: float
    device: str = ""


@dataclass(frozen=True)
class Failed:
    """The measurement could not be made; the sentence says why."""

    reason: str


def estimate(experiment: Experiment) -> Estimate | Failed | None:
    """The time this experiment would take; None while it is still being measured."""
    key = _key(experiment)
    with _guard:
        if key in _known:
            return _known[key]
        if key not in _asked:
            _asked.add(key)
            threading.Thread(target=_measure, args=(experiment, key), daemon=True).start()
    return None


def _key(experiment: Experiment) -> tuple[tuple[str, str], ...]:
    """What the time depends on: neither the name nor the seed."""
    query = experiment.to_query()
    return tuple(sorted((f, v) for f, v in query.items() if f not in {"name", "seed"}))


def _measure(experiment: Experiment, key: tuple[tuple[str, str], ...]) -> None:
    command = [sys.executable, "-m", "resnet_core", "measure", "--json", *options(experiment)]
    with _one_at_a_time:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            result = _read(done)
        except subprocess.TimeoutExpired:
            result = Failed(f"The measurement took more than {PATIENCE:.0f} s and was given up.")
        except OSError as error:
            result = Failed(f"The measurement could not be started ({error.strerror}).")
    with _guard:
        _known[key] = result


def options(experiment: Experiment) -> list[str]:
    """The experiment as options of the command line."""
    pairs = experiment.to_query().items()
    return [part for name, text in pairs for part in (f"--{name.replace('_', '-')}", text)]


def _read(done: subprocess.CompletedProcess[str]) -> Estimate | Failed:
    if done.returncode != 0:
        _log.warning("measure ended with %s: %s", done.returncode, done.stderr[-2000:])
        lines = done.stderr.strip().splitlines()
        return Failed(lines[-1].removeprefix("Error: ") if lines else "The measurement failed.")
    said = json.loads(done.stdout)
    return Estimate(
        seconds_per_iteration=float(said["seconds_per_iteration"]),
        seconds=float(said["seconds"]),
        device=str(said.get("device", "")),
    )
