"""A disk that fills up while a run trains."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.exporting.export import Format, export
from resnet_core.jobs import queue
from resnet_core.jobs.engine import LocalProcesses
from resnet_core.runs import queries
from resnet_core.runs.folder import of_run
from tests.small_runs import Uninterrupted, begin, ended, recorded, wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home folder on a disk of its own, 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk, and here not even root")
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_HOME", str(folder))
    try:
        yield folder
    finally:
        queries.store.of_home().close()
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 1024):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk has no end")


def test_a_full_disk_fails_the_run_with_advice_and_it_resumes_bit_for_bit(
    small_disk: Path,
    engine: LocalProcesses,
    experiment: Experiment,
    uninterrupted: Uninterrupted,
) -> None:
    (run,) = queue.submit([experiment])
    begin(engine, run)
    wait_until(lambda: max(recorded(run), default=0) >= 3, "three steps", every=0.001)
    filler = fill(small_disk)
    wait_until(lambda: "failed: The disk is full" in queries.log_tail(run.id), "the failure")
    filler.unlink()
    failed = ended(run.id)
    assert failed.state == "failed"
    assert failed.reason.startswith("The disk is full")
    assert "resume the run" in failed.reason

    begin(engine, queue.resume(run.id))
    finished = ended(run.id)
    assert (finished.weights_sha256, recorded(finished)) == uninterrupted


def test_a_worker_that_may_not_write_says_so_as_soon_as_it_can(
    home: Path,
    engine: LocalProcesses,
    experiment: Experiment,
    uninterrupted: Uninterrupted,
) -> None:
    """The same without root: the system lets the worker's files grow no further."""
    import resource

    (run,) = queue.submit([experiment])
    handle = begin(engine, run)
    assert handle.pid is not None
    wait_until(lambda: max(recorded(run), default=0) >= 3, "three steps", every=0.001)
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    size = of_run(run.id).stream.stat().st_size  # the log is smaller: it can still grow
    resource.prlimit(handle.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    wait_until(lambda: "failed: The disk is full" in queries.log_tail(run.id), "the failure")
    resource.prlimit(handle.pid, resource.RLIMIT_FSIZE, unlimited)
    failed = ended(run.id)
    assert failed.state == "failed"
    assert failed.reason.startswith("The disk is full")

    begin(engine, queue.resume(run.id))
    finished = ended(run.id)
    assert (finished.weights_sha256, recorded(finished)) == uninterrupted


def test_nothing_is_queued_on_a_full_disk(small_disk: Path, experiment: Experiment) -> None:
    queue.submit([experiment])
    fill(small_disk)
    with pytest.raises(PlaygroundError, match="free some space"):
        queue.submit([experiment])
    assert len(queries.runs()) == 1
    assert len(list((small_disk / "runs").iterdir())) == 1


@pytest.mark.parametrize("what", ["tables", "hub"])
def test_an_export_onto_a_full_disk_leaves_nothing(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: Format
) -> None:
    """Room for the first of its files, not for all."""
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_HOME", str(tmp_path))
    filler = fill(small_disk)
    os.truncate(filler, filler.stat().st_size - 40 * 1024)
    with pytest.raises(PlaygroundError, match=r"^The disk is full: .* export again"):
        export("one-minute-resnet-20-seed-0", small_disk / "out", [what])
    assert list(small_disk.iterdir()) == [filler]
