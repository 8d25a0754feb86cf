"""Runs packed for a download, each by a command of its own, watched by any number of pages."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from resnet_core.errors import PlaygroundError
from resnet_core.exporting.formats import Format
from resnet_core.system import home

PATIENCE = 1800.0  # seconds; a deep network takes minutes to become an ONNX file
_FORGOTTEN = 24 * 3600.0  # seconds after which what a killed server was packing is thrown away
_SAID = 2  # the command's exit code with one sentence for people
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Packed:
    """How far the packing is: `path` once it is done well, `error` once it is not."""

    path: Path | None = None
    error: PlaygroundError | None = None

    @property
    def done(self) -> bool:
        return self.path is not None or self.error is not None


class Exports:
    """At most one packing a run and format at a time; each is packed anew when it is asked for."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, Format], Packed] = {}
        self._guard = threading.Lock()

    def start(self, run_id: str, what: Format = "tables", license: str | None = None) -> None:
        """Pack the run as it is now, unless that is being done.

        Args:
            license: for the model card of a hub's folder.
        """
        with self._guard:
            packed = self._states.get((run_id, what))
            if packed is not None and not packed.done:
                return
            self._states[run_id, what] = Packed()
        arguments = (run_id, what, license)
        threading.Thread(target=self._pack, args=arguments, daemon=True).start()

    def state(self, run_id: str, what: Format = "tables") -> Packed | None:
        """The last packing of this run since the server started, if there was one."""
        with self._guard:
            return self._states.get((run_id, what))

    def _pack(self, run_id: str, what: Format, license: str | None) -> None:
        try:
            result = Packed(path=_pack(run_id, what, license))
        except PlaygroundError as error:
            result = Packed(error=error)
        except OSError as error:
            reason = f"The export could not be written ({error.strerror}); free some space."
            result = Packed(error=PlaygroundError(reason))
        with self._guard:
            self._states[run_id, what] = result


def _pack(run_id: str, what: Format, license: str | None) -> Path:
    """A zip of what `export ID --to DIR --as FORMAT` writes, in the cache folder."""
    folder = home.cache_folder() / "exports"
    folder.mkdir(exist_ok=True)
    _clear(folder)
    named = run_id if what == "tables" else f"{run_id}-{what}"
    with tempfile.TemporaryDirectory(dir=folder, prefix="packing-") as inside:
        options = ["--to", str(Path(inside) / named), "--as", what]
        _run(["export", run_id, *options, *(["--license", license] if license else [])])
        packed = shutil.make_archive(str(Path(inside) / "packed"), "zip", inside, named)
        return Path(packed).replace(folder / f"{named}.zip")


def _run(arguments: list[str]) -> None:
    """Run the command to its end.

    Raises:
        PlaygroundError: it says what is wrong, or failed, or took too long.
    """
    command = [sys.executable, "-m", "resnet_core", *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        minutes = PATIENCE / 60
        raise PlaygroundError(
            f"The export took more than {minutes:.0f} minutes and was given up."
        ) from error
    if done.returncode == 0:
        return
    _log.warning("%s ended with %s: %s", command, done.returncode, done.stderr[-2000:])
    last = done.stderr.strip().rpartition("\n")[2]
    if done.returncode == _SAID and last:
        raise PlaygroundError(last)
    raise PlaygroundError("The export failed; the server's log says why.")


def _clear(folder: Path) -> None:
    """Throw away what a server was packing when it was killed."""
    for left in folder.glob("packing-*"):
        try:
            old = time.time() - left.stat().st_mtime > _FORGOTTEN
        except FileNotFoundError:
            continue
        if old:
            shutil.rmtree(left, ignore_errors=True)


_exports = Exports()
start = _exports.start
state = _exports.state
