"""Exports: a zip of what the command line writes."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

from app.background import exports as module
from app.background.exports import Export, Exports
from resnet_core.exporting.export import Format
from resnet_core.system.texts import Message
from tests.app.runs_on_record import put_on_record
from tests.small_runs import wait_until

RUN = "20261121-000001"
FULL = Message("errors.system.disk_full_export", path="/x").dumps()


def _exports() -> Exports:
    return Exports("export", "export.unwritten", "export.failed")


def ended(exports: Exports, run_id: str, what: Format = "tables") -> Export:
    return wait_until(
        lambda: (state := exports.state((run_id, what))) is not None and state.done and state,
        "the end of the export",
        200,
    )


def test_each_export_has_the_run_as_it_is_then(home: Path) -> None:
    put_on_record(RUN)
    exports = _exports()
    assert exports.state((RUN, "tables")) is None
    for _ in range(2):
        exports.export(RUN)
        path = ended(exports, RUN).path
        assert path is not None
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
        assert {
            f"{RUN}/{name}"
            for name in ("config.json", "metrics.csv", "metrics.parquet", "layers.csv")
        } <= names
    assert [entry.name for entry in path.parent.iterdir()] == [f"{RUN}.zip"]


def test_formats_are_exported_independently(home: Path) -> None:
    exports, run_id = _exports(), "one-minute-resnet-20-seed-0"
    exports.export(run_id, "hub", "mit")
    path = ended(exports, run_id, "hub").path
    assert path is not None
    assert exports.state((run_id, "tables")) is None
    with zipfile.ZipFile(path) as archive:
        card = archive.read(f"{run_id}-hub/README.md").decode()
    assert card.startswith("---\nlicense: mit\n")


def test_a_deleted_run_is_an_error(home: Path) -> None:
    exports = _exports()
    exports.export("20261121-000002")
    assert "no run" in str(ended(exports, "20261121-000002").error)


def command(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have this script stand in for the export command."""
    real = subprocess.run

    def run(_: list[str], **settings: object) -> object:
        return real([sys.executable, "-c", script], **settings)  # type: ignore[call-overload]

    monkeypatch.setattr(module.subprocess, "run", run)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("import sys; sys.exit('Traceback: oh')", "The export failed; the server's log says why."),
        (f"import sys; print('note'); print({FULL!r}, file=sys.stderr); sys.exit(2)", "The disk"),
        ("import time; time.sleep(60)", "The export took more than 0 minutes and was given up."),
    ],
)
def test_a_command_that_fails_is_an_error_and_leaves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, script: str, sentence: str
) -> None:
    command(monkeypatch, script)
    if "sleep" in script:
        monkeypatch.setattr(module, "TIMEOUT", 0.2)
    exports = _exports()
    exports.export(RUN)
    error = ended(exports, RUN).error
    assert str(error).startswith(sentence)
    assert list((home / "cache" / "exports").iterdir()) == []


def test_what_a_killed_server_left_is_deleted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "cache" / "exports"
    for name in ("packing-old", "packing-new"):
        (folder / name).mkdir(parents=True)
        (folder / f"{name}.lock").touch()
    command(monkeypatch, "raise SystemExit(1)")
    exports = _exports()
    with FileLock(folder / "packing-new.lock"):  # another server is at work on it
        exports.export(RUN)
        assert ended(exports, RUN).error is not None
    assert [path.name for path in folder.iterdir() if path.is_dir()] == ["packing-new"]
