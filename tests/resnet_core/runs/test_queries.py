from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resnet_core.errors import RunNotFound
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import database, queries, store
from resnet_core.runs.folder import of_run, write_run
from resnet_core.runs.record import RunRecord, check_id


def record(number: int, **fields: object) -> RunRecord:
    defaults = {"state": "finished", "created": 1000.0 + number}
    return RunRecord(
        id=f"run-{number:04d}",
        experiment=Experiment.create(seed=number),
        **{**defaults, **fields},  # type: ignore[arg-type]
    )


def test_no_runs_is_an_empty_list(home: Path) -> None:
    assert queries.runs() == []


def test_runs_come_newest_first_and_quickly(home: Path) -> None:
    def insert(connection: sqlite3.Connection) -> None:
        for number in range(1000):
            database.insert(connection, record(number))

    store.of_home().database.write(insert)
    assert [r.experiment.seed for r in queries.runs()] == list(range(999, -1, -1))
    took = []
    for _ in range(5):
        start = time.process_time()
        queries.runs()
        took.append(time.process_time() - start)
    assert min(took) < 0.1  # seconds of the processor; about 0.01 on one core of a server


def test_a_group_is_in_the_order_it_was_started(home: Path) -> None:
    store.of_home().add([record(2, group="four"), record(1, group="four"), record(3)])
    assert [r.id for r in queries.group("four")] == ["run-0001", "run-0002"]


def test_a_family_is_the_tree_of_forks(home: Path) -> None:
    forks = [record(2, parent="run-0001"), record(3, parent="run-0002"), record(4)]
    store.of_home().add([record(1), *forks])
    tree = ["run-0001", "run-0002", "run-0003"]
    for member in tree:
        assert [r.id for r in queries.family(member)] == tree
    assert [r.id for r in queries.family("run-0004")] == ["run-0004"]


def test_a_fork_whose_parent_was_deleted_is_a_family_of_its_own(home: Path) -> None:
    store.of_home().add([record(2, parent="run-0001")])
    assert [r.id for r in queries.family("run-0002")] == ["run-0002"]


def test_recordings_are_found_beside_the_runs(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "RECORDED", tmp_path / "recorded")
    folder = tmp_path / "recorded" / "run-0007"
    folder.mkdir(parents=True)
    write_run(folder, record(7))
    (found,) = queries.recorded()
    assert found.recorded
    assert queries.run("run-0007") == found
    assert queries.folder(found).path == folder
    assert queries.runs() == []


@pytest.mark.parametrize("run_id", ["../../etc", "no-such-run", "", "A" * 100, "<b>"])
def test_what_is_no_run_is_not_found(home: Path, run_id: str) -> None:
    with pytest.raises(RunNotFound):
        queries.run(run_id)


def test_an_id_is_safe_as_a_folders_name() -> None:
    assert check_id("20151210-9f3a2c") == "20151210-9f3a2c"
    for text in ("", "abc", "../abcd", "ab/cd", "ABCD", "-abc", "abcd\n", "a" * 65):
        with pytest.raises(RunNotFound):
            check_id(text)


def test_the_log_tail_is_the_last_lines(home: Path) -> None:
    store.of_home().add([record(1)])
    assert queries.log_tail("run-0001") == ""
    of_run("run-0001").log.write_text("".join(f"line {n}\n" for n in range(1000)))
    assert queries.log_tail("run-0001", 2) == "line 998\nline 999"


def test_fork_points_are_the_checkpoints(home: Path) -> None:
    store.of_home().add([record(1)])
    for name in ("iteration-00000050-kept", "iteration-00000070", "partial"):
        (of_run("run-0001").checkpoints / name).mkdir(parents=True)
    assert queries.fork_points("run-0001") == [50, 70]


def test_queries_import_neither_torch_nor_pandas() -> None:
    program = "import sys, resnet_core.runs.queries; print({'torch', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
