"""What commands measure on this machine, each in a process of its own beside the server.

Measuring builds networks, which needs torch, and the web process never imports that; a page
asks again until the answer is there. What was measured is kept in the cache folder, for a
machine does not change from day to day. What was measured while others kept the machine busy
is kept as well, and says so, until it is asked for when the machine is quiet, or long after.
"""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from time import monotonic, sleep, time
from typing import Generic, TypeVar

from app.background.machine_load import Load
from resnet_core.system import home

# A disturbed measurement is made anew once it is this old, seconds: where the machine has
# become quiet, and in any case.
QUIET_AFTER, ANYWAY_AFTER = 60.0, 600.0
_LOOK = 1.0  # seconds for which the machine is looked at
# A page that still wants an answer asks again sooner than this, seconds.
_INTEREST = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Measured, not guessed; the fields of each kind are named as in its command's JSON.

    Attributes:
        busy: others kept the machine's processors busy meanwhile, so that it took longer.
    """

    busy: bool = False


@dataclass(frozen=True)
class Failed:
    """The measurement could not be made; the sentence says why."""

    reason: str


Subject = TypeVar("Subject")
Result = TypeVar("Result", bound=Measured)


class Measurements(ABC, Generic[Subject, Result]):
    """Measurements of one kind.

    Args:
        name: of the folder that keeps them.
        kind: of what is measured.
        patience: seconds after which a measurement is given up.
    """

    def __init__(self, name: str, kind: type[Result], patience: float) -> None:
        self._name, self._kind, self._patience = name, kind, patience
        self._known: dict[str, Result | Failed] = {}
        self._asked: dict[str, float] = {}  # when last, on the monotonic clock
        self._disturbed: dict[str, float] = {}  # since when it is known, in seconds of `time`
        self._guard = threading.Lock()

    @abstractmethod
    def command(self, subject: Subject) -> list[str]:
        """The command that prints the measurement as JSON, without the interpreter's name."""

    @abstractmethod
    def likeness(self, subject: Subject) -> list[object]:
        """JSON that is equal for all that measures the same on this machine as it is set up."""

    def ask(self, subject: Subject) -> Result | Failed | None:
        """What was measured; None while it is measured for the first time."""
        key = self._key(subject)
        with self._guard:
            found = self._recall(key)
            if found is None or self._age(key) > QUIET_AFTER:
                new = key not in self._asked
                self._asked[key] = monotonic()
                if new:
                    name, arguments = f"measure {self._name}", (subject, key)
                    threading.Thread(None, self._measure, name, arguments, daemon=True).start()
        return found

    def known(self, subject: Subject) -> Result | Failed | None:
        """As `ask`, but nothing is measured for the sake of it."""
        with self._guard:
            return self._recall(self._key(subject))

    def _measure(self, subject: Subject, key: str) -> None:
        with _machine.turn:
            wanted = self._still_wanted(key) and self._promises_more(key)
            load = Load()
            result = self._run(subject) if wanted else None
            busy = load.by_others()
        if isinstance(result, Measured):
            result = replace(result, busy=busy)
            self._keep(key, result)  # first, so that what one server knows others find
        with self._guard:
            del self._asked[key]
            if result is None:
                return  # gave way, or nobody waits; a later question measures again
            if isinstance(result, Measured) or key not in self._known:
                self._known[key] = result
            self._disturbed.pop(key, None)
            if busy:
                self._disturbed[key] = time()

    def _promises_more(self, key: str) -> bool:
        """Whether measuring may tell more than is known."""
        with self._guard:
            age = self._age(key)
            if key not in self._known or age > ANYWAY_AFTER:
                return True
        load = Load()
        sleep(_LOOK)
        return load.left_enough()

    def _age(self, key: str) -> float:
        """Seconds since the disturbed measurement was made; of one that holds, 0."""
        made = self._disturbed.get(key)
        return 0.0 if made is None else abs(time() - made)  # clocks are set back, too

    def _still_wanted(self, key: str) -> bool:
        """Whoever has left the page, or has moved a control on and on, waits no more."""
        with self._guard:
            return monotonic() - self._asked[key] < _INTEREST

    def _run(self, subject: Subject) -> Result | Failed | None:
        command = [sys.executable, *self.command(subject)]
        try:
            done = _machine.run(command, self._patience)
        except subprocess.TimeoutExpired:
            return Failed(
                f"The measurement took more than {self._patience:.0f} s and was given up."
            )
        except OSError as error:
            return Failed(f"The measurement could not be started ({error.strerror}).")
        if done is None:
            return None
        if done.returncode != 0:
            _log.warning("%s ended with %s: %s", command, done.returncode, done.stderr[-2000:])
            return Failed(_reason(done.stderr))
        said = json.loads(done.stdout)
        names = {field.name for field in fields(self._kind)}
        return self._kind(**{name: value for name, value in said.items() if name in names})

    def _recall(self, key: str) -> Result | Failed | None:
        if key not in self._known and (kept := self._kept(key)) is not None:
            found, made = kept
            self._known[key] = found
            if found.busy:
                self._disturbed[key] = made
        return self._known.get(key)

    def _key(self, subject: Subject) -> str:
        text = json.dumps(self.likeness(subject))
        return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()

    def _file(self, key: str) -> Path:
        return home.cache_folder() / self._name / f"{key}.json"

    def _kept(self, key: str) -> tuple[Result, float] | None:
        """What an earlier server has measured, and when."""
        path = self._file(key)
        try:
            found = self._kind(**json.loads(path.read_text(encoding="utf-8")))
            return found, path.stat().st_mtime
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def _keep(self, key: str, found: Result) -> None:
        path = self._file(key)
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(asdict(found)), encoding="utf-8")
        except OSError as error:
            _log.warning("A measurement was not kept (%s); it will be repeated.", error.strerror)


class _Machine:
    """Runs one measuring command after another: two at once would slow each other."""

    def __init__(self) -> None:
        self.turn = threading.Lock()  # held by whoever measures
        self._running: subprocess.Popen[str] | None = None
        self._guard = threading.Lock()

    def run(
        self, command: Sequence[str], patience: float
    ) -> subprocess.CompletedProcess[str] | None:
        """Run the command to its end; None: it gave way.

        Raises:
            subprocess.TimeoutExpired: it took longer than `patience` seconds.
            OSError: it cannot be started.
        """
        with self._guard:
            self._running = process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        try:
            output, errors = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        finally:
            with self._guard:
                gave_way, self._running = self._running is None, None
        if gave_way:
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


def _reason(errors: str) -> str:
    """A command's last line is a sentence for people if it says so; a traceback's is not."""
    last = errors.strip().rpartition("\n")[2]
    said = last.removeprefix("Error: ")
    return said if said != last else "The measurement failed."
