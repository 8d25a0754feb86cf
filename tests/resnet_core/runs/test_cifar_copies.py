"""Recordings of runs on a copy that is not on this machine."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from resnet_core.data.public.sources import PLACES_VARIABLE
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs.cifar_copies import is_of_a_copy, with_images_at_hand
from resnet_core.runs.record import RunRecord

pytestmark = pytest.mark.usefixtures("home")
COPY = "cifar10-jpeg.tar.xz"


def recording(data: str, title: str) -> RunRecord:
    experiment = Experiment.create(data=data)
    return RunRecord("paper-1", experiment, "finished", 0.0, data_title=title, recorded=True)


def test_without_the_copy_the_original_takes_its_place_and_the_title_stays() -> None:
    run = recording(COPY, "CIFAR-10 (JPEG copy)")
    assert is_of_a_copy(run)
    found = with_images_at_hand(run)
    assert found.experiment == run.experiment.changed(data="cifar10")
    assert found.data_title == "CIFAR-10 (JPEG copy)"


def test_the_copy_itself_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(tmp_path / COPY, "w:xz"):
        pass  # it is not opened to find out
    monkeypatch.setenv(PLACES_VARIABLE, str(tmp_path))
    run = recording(COPY, "CIFAR-10 (JPEG copy)")
    assert with_images_at_hand(run) is run


@pytest.mark.parametrize(
    ("data", "title"),
    [("shapes", "shapes (embedded)"), ("cifar10", "CIFAR-10"), ("x.zip", "CIFAR-100 (copy)")],
)
def test_others_are_left_as_they_are(data: str, title: str) -> None:
    run = recording(data, title)
    assert not is_of_a_copy(run)
    assert with_images_at_hand(run) is run
