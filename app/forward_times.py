"""What one image costs in a network on this machine: measured in a process of its own.

Building a network needs torch, which the web process never imports. One measurement runs at
a time, a page asks again until the answer is there, and what was measured is kept in the cache
folder.
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
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app.timings import BUSY_FOR, Failed, Load
from resnet_core import home
from resnet_core.jobs import settings
from resnet_core.specs import Spec

PATIENCE = 120.0  # seconds
# A page that still wants an answer asks again sooner than this, seconds.
_INTEREST = 10.0
_OPTIONS = ("shortcut", "stride_in", "block", "image_size", "classes")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Forward:
    """Measured, not guessed.

    Attributes:
        seconds: for one image.
        peak_bytes: the most that weights, maps and working memory took together.
        hardware: what it was measured on, for people.
        busy: others kept the machine's processors busy meanwhile, so that it took longer.
    """

    seconds: float
    peak_bytes: int
    hardware: str
    threads: int
    busy: bool = False


class ForwardTimes:
    """Measures one network after another: two at once would slow each other."""

    def __init__(self) -> None:
        self._known: dict[str, Forward | Failed] = {}
        self._asked: dict[str, float] = {}  # when last, on the monotonic clock
        self._doubtful: dict[str, float] = {}  # until when it is believed, same clock
        self._guard = threading.Lock()
        self._one_at_a_time = threading.Lock()

    def ask(self, spec: Spec) -> Forward | Failed | None:
        """What one image costs; None while it is being measured."""
        key = _key(spec)
        with self._guard:
            found = self._recall(key)
            if found is None:
                new = key not in self._asked
                self._asked[key] = time.monotonic()
                if new:
                    threading.Thread(target=self._measure, args=(spec, key), daemon=True).start()
        return found

    def known(self, spec: Spec) -> Forward | Failed | None:
        """As `ask`, but nothing is measured for the sake of it."""
        with self._guard:
            return self._recall(_key(spec))

    def _recall(self, key: str) -> Forward | Failed | None:
        if time.monotonic() > self._doubtful.get(key, float("inf")):
            del self._doubtful[key], self._known[key]
        if key not in self._known and (kept := _kept(key)) is not None:
            self._known[key] = kept
        return self._known.get(key)

    def _measure(self, spec: Spec, key: str) -> None:
        with self._one_at_a_time:
            load = Load()
            result = _run(spec) if self._still_wanted(key) else None
            busy = load.by_others()
        if isinstance(result, Forward):
            result = replace(result, busy=busy)
        with self._guard:
            del self._asked[key]
            if result is not None:
                self._known[key] = result
                if busy:
                    self._doubtful[key] = time.monotonic() + BUSY_FOR
        if isinstance(result, Forward) and not busy:
            _keep(key, result)

    def _still_wanted(self, key: str) -> bool:
        """Whoever has left the page waits no more."""
        with self._guard:
            return time.monotonic() - self._asked[key] < _INTEREST


_times = ForwardTimes()
ask = _times.ask
known = _times.known


def command(spec: Spec) -> list[str]:
    """The command that measures, without the interpreter's name."""
    given = [
        part
        for field in _OPTIONS
        if field in spec.__dataclass_fields__
        for part in (f"--{field.replace('_', '-')}", str(getattr(spec, field)))
    ]
    return ["-m", "resnet_core", "forward", spec.name, *given]


def _run(spec: Spec) -> Forward | Failed:
    try:
        done = subprocess.run(
            [sys.executable, *command(spec), "--json"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Failed(f"The measurement took more than {PATIENCE:.0f} s and was given up.")
    except OSError as error:
        return Failed(f"The measurement could not be started ({error.strerror}).")
    if done.returncode != 0:
        _log.warning("forward ended with %s: %s", done.returncode, done.stderr[-2000:])
        return Failed("The measurement failed.")
    said = json.loads(done.stdout)
    names = ("seconds", "peak_bytes", "hardware", "threads")
    return Forward(**{name: said[name] for name in names})


def _key(spec: Spec) -> str:
    """Equal for networks that cost the same on this machine as it is set up."""
    text = json.dumps([command(spec), os.cpu_count(), settings.laboratory_threads()])
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def _file(key: str) -> Path:
    return home.cache_folder() / "forward" / f"{key}.json"


def _kept(key: str) -> Forward | None:
    try:
        return Forward(**json.loads(_file(key).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _keep(key: str, found: Forward) -> None:
    path = _file(key)
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(asdict(found)), encoding="utf-8")
    except OSError as error:
        _log.warning("A measurement was not kept (%s); it will be made again.", error.strerror)
