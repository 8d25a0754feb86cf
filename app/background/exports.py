"""Exports of runs as zip files, one a run and format at a time, each made by a command."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from app.background.tasks import JSON_ERRORS, Tasks, TaskState, command_error
from resnet_core.errors import PlaygroundError
from resnet_core.exporting.export import Format
from resnet_core.system import atomic_folder, home

TIMEOUT = 1800.0  # seconds; a deep network takes minutes to become an ONNX file


@dataclass(frozen=True)
class Export(TaskState):
    """State of an export; `path` is the zip file once it is complete."""

    path: Path | None = None


class Exports(Tasks[tuple[str, Format], Export]):
    """Exports by run id and format; each start writes the run as it is then."""

    def export(self, run_id: str, what: Format = "tables", license: str | None = None) -> None:
        """Export the run, unless that is being done.

        Args:
            license: for the model card of a hub's folder.
        """
        self.start((run_id, what), Export(), lambda: Export(_zip(run_id, what, license)))


def _zip(run_id: str, what: Format, license: str | None) -> Path:
    """Write a zip of `export ID --to DIR --as FORMAT` to the cache folder."""
    folder = home.cache_folder() / "exports"
    folder.mkdir(exist_ok=True)
    for abandoned in atomic_folder.deserted(folder, "packing-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    name = run_id if what == "tables" else f"{run_id}-{what}"
    with atomic_folder.staged(folder, lambda: f"packing-{secrets.token_hex(4)}") as temporary:
        options = ["--to", str(temporary / name), "--as", what]
        _run(["export", run_id, *options, *(["--license", license] if license else [])])
        archive = shutil.make_archive(str(temporary / "packed"), "zip", temporary, name)
        return Path(archive).replace(folder / f"{name}.zip")


def _run(arguments: list[str]) -> None:
    """Run the command to its end.

    Raises:
        PlaygroundError: it refused, failed or took too long.
    """
    command = [sys.executable, "-m", "resnet_core", JSON_ERRORS, *arguments]
    try:
        process = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PlaygroundError("export.late", minutes=f"{TIMEOUT / 60:.0f}") from error
    if process.returncode != 0:
        raise command_error(command, process.returncode, process.stderr, "export.failed")


_exports = Exports("export", "export.unwritten", "export.failed")
export = _exports.export
state = _exports.state
