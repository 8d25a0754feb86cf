"""The list of planted faults fits the code; the engine tells a caught fault from a missed one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import planted_faults
from benchmarks.planted_faults import ROOT, Fault, caught_by, faults

MODULE = "def add(x: int, y: int) -> int:\n    return x + y\n"
TESTS = """
from sums import add

def test_add():
    assert add(2, 2) == 4
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A module with one test, which a product against a sum of 2 and 2 does not notice."""
    (tmp_path / "sums.py").write_text(MODULE)
    (tmp_path / "test_sums.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return tmp_path


def test_every_fault_has_its_place_and_its_tests() -> None:
    listed = faults()
    assert len(listed) >= 48
    assert len({fault.name for fault in listed}) == len(listed)
    offenders = []
    for fault in listed:
        path = ROOT / fault.file
        count = path.read_text(encoding="utf-8").count(fault.before) if path.is_file() else 0
        if count != 1 or fault.before == fault.after:
            offenders.append(f"{fault.name}: {count} times in {fault.file}")
        if not fault.tests:
            offenders.append(f"{fault.name}: no tests")
        offenders += [f"{fault.name}: no {test}" for test in fault.tests if not _exists(test)]
    assert not offenders


def test_a_fault_is_caught_or_not_and_the_file_is_restored(tree: Path) -> None:
    sign = Fault("sign", "sums.py", "x + y", "x - y", ("test_sums.py",))
    product = Fault("product", "sums.py", "x + y", "x * y", ("test_sums.py::test_add",))
    assert caught_by(sign, tree) == "test_sums.py::test_add"
    assert (tree / "sums.py").read_text() == MODULE
    assert caught_by(product, tree) == ""
    assert (tree / "sums.py").read_text() == MODULE


def test_a_text_that_is_not_there_once_is_refused(tree: Path) -> None:
    for before in ("x / y", "x"):
        fault = Fault("ambiguous", "sums.py", before, "y", ("test_sums.py",))
        with pytest.raises(ValueError, match="ambiguous: the text stands"):
            caught_by(fault, tree)
        assert (tree / "sums.py").read_text() == MODULE


def test_a_missed_fault_is_in_the_table_and_in_the_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = Fault("sign", "sums.py", "x + y", "x - y", ("test_sums.py",))
    product = Fault("product", "sums.py", "x + y", "x * y", ("test_sums.py",))
    found = [(sign, "test_sums.py::test_add", 1.0), (product, "", 1.0)]
    monkeypatch.setattr(planted_faults, "results", lambda chosen: iter(found))
    table = tmp_path / "table.md"
    result = CliRunner().invoke(planted_faults.main, ["--write", str(table)])
    assert result.exit_code == 1
    assert "product: NOT CAUGHT\n1 of 2 caught\n" in result.output
    assert table.read_text(encoding="utf-8").splitlines()[2:] == [
        "| sign | `sums.py` | `test_sums.py::test_add` |",
        "| product | `sums.py` | **no test** |",
    ]


def _exists(test: str) -> bool:
    """Return whether a test's file holds a function of its name."""
    path, _, node = test.partition("::")
    function = node.partition("[")[0]
    file = ROOT / path
    return file.is_file() and f"def {function}" in file.read_text(encoding="utf-8")
