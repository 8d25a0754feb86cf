"""Several formats at once, extras that are missing, and disks that are full."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from resnet_core.errors import InvalidSetting, PlaygroundError, RunNotFound, WrongState
from resnet_core.exporting import export as formats
from resnet_core.exporting import hub
from resnet_core.exporting.export import MissingExtra, export
from tests.app.runs_on_record import put_on_record
from tests.resnet_core.exporting.recorded import RESNET_20

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    real = formats.importlib.util.find_spec
    extras = {name for names in formats.EXTRAS.values() for name in names}
    monkeypatch.setattr(
        formats.importlib.util, "find_spec", lambda name: None if name in extras else real(name)
    )


def test_several_formats_get_a_folder_each(tmp_path: Path, home: Path) -> None:
    written = export(RESNET_20, tmp_path / "out", ["hub", "tables", "hub"])
    assert {path.parent.name for path in written} == {"hub", "tables"}
    assert (tmp_path / "out" / "hub" / "README.md") in written
    assert (tmp_path / "out" / "tables" / "metrics.csv") in written


@pytest.mark.parametrize("what", ["tensorboard", "onnx"])
def test_a_missing_extra_is_a_sentence_and_nothing_is_written(
    tmp_path: Path, home: Path, without_extras: None, what: formats.Format
) -> None:
    with pytest.raises(MissingExtra) as caught:
        export(RESNET_20, tmp_path / "out", ["tables", what])
    (file,) = re.findall(r"pip install -r (requirements-\w+\.txt)\.$", str(caught.value))
    assert not (tmp_path / "out").exists()
    # The file that the sentence names is there and names what is missing.
    listed = (ROOT / file).read_text(encoding="utf-8").splitlines()
    for package in formats.EXTRAS[what]:
        assert package in str(caught.value)
        assert any(line.startswith(f"{package}>=") for line in listed)


@pytest.mark.parametrize("there", [True, False])
def test_a_disk_that_fills_up_leaves_nothing(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    target = tmp_path / "out"
    if there:
        target.mkdir()

    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub, "model_card", full)
    with pytest.raises(PlaygroundError, match=r"The disk is full.* export again"):
        export(RESNET_20, target, ["tables", "hub"])
    assert target.exists() == there
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if home not in path.parents] == []


def test_a_run_without_weights_has_tables_but_no_model(tmp_path: Path, home: Path) -> None:
    put_on_record("20261121-000003")
    with pytest.raises(WrongState, match="has no weights on disk"):
        export("20261121-000003", tmp_path / "hub", ["hub"])
    assert not (tmp_path / "hub").exists()
    export("20261121-000003", tmp_path / "tables")
    assert (tmp_path / "tables" / "metrics.csv").is_file()


def test_bad_requests_are_sentences(tmp_path: Path, home: Path) -> None:
    with pytest.raises(RunNotFound):
        export("20261121-nobody", tmp_path / "out")
    with pytest.raises(InvalidSetting, match="only a model card"):
        export(RESNET_20, tmp_path / "out", ["tables"], "mit")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(PlaygroundError, match="holds mine already"):
        export(RESNET_20, tmp_path / "full", ["hub"])
    assert not (tmp_path / "out").exists()
