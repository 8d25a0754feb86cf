"""SIGKILL in the middle of an export: the next one to the same place clears what is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resnet_core.exporting.export import export
from tests.resnet_core.exporting.recorded import RESNET_20

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
    pytest.mark.usefixtures("home"),
]
ROOT = Path(__file__).resolve().parents[2]
# An export that has written its weights and goes on for ever.
GOES_ON = """
import sys, time
from pathlib import Path
from resnet_core.exporting import export, hub

def card(*_):
    print("half", flush=True)
    time.sleep(600)

hub.model_card = card
export.export(sys.argv[1], Path(sys.argv[2]), ["hub"])
"""
Exporting = subprocess.Popen[str]


@pytest.fixture
def half_done() -> Iterator[Callable[[Path], Exporting]]:
    """Begins an export into a folder in a process of its own; it is in the middle of it."""
    begun: list[Exporting] = []

    def begin(folder: Path) -> Exporting:
        process = subprocess.Popen(
            [sys.executable, "-c", GOES_ON, RESNET_20, str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture(params=["new", "empty"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "place" / "out"
    folder.parent.mkdir()
    if request.param == "empty":
        folder.mkdir()
    return folder


def test_what_a_killed_export_has_left_is_cleared_by_the_next(
    target: Path, half_done: Callable[[Path], Exporting]
) -> None:
    killed = half_done(target)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(60)
    assert _hidden(target.parent, "model.safetensors")
    written = export(RESNET_20, target, ["hub"])
    assert {path.name for path in written} >= {"README.md", "config.json", "model.safetensors"}
    assert _everything(target.parent) == {target, *written}


def test_what_a_living_export_is_writing_is_left_alone(
    tmp_path: Path, half_done: Callable[[Path], Exporting]
) -> None:
    living, dead = half_done(tmp_path / "living"), half_done(tmp_path / "dead")
    dead.kill()
    dead.wait(60)
    both = _hidden(tmp_path, "model.safetensors")
    assert len(both) == 2
    written = export(RESNET_20, tmp_path / "another")
    (left,) = _hidden(tmp_path, "model.safetensors")
    assert left in both
    assert living.poll() is None
    living.kill()
    living.wait(60)
    written += export(RESNET_20, tmp_path / "living")
    assert _everything(tmp_path) == {tmp_path / "another", tmp_path / "living", *written}


def _hidden(folder: Path, name: str) -> list[Path]:
    """The files of this name in hidden folders here and below."""
    return [path for path in folder.rglob(name) if path.parent.name.startswith(".")]


def _everything(folder: Path) -> set[Path]:
    """What is here and below, but for the test's home folder."""
    return {path for path in folder.rglob("*") if path.relative_to(folder).parts[0] != "home"}
