from __future__ import annotations

import dataclasses
import multiprocessing
import sqlite3
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from resnet_core.errors import PlaygroundError, RunNotFound, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import database, queries, store
from resnet_core.runs.folder import read_run
from resnet_core.runs.record import RunRecord
from resnet_core.runs.store import Store

ADVICE = "jobs.changed"


def record(number: int, **fields: object) -> RunRecord:
    defaults = {"state": "queued", "created": 1000.0 + number}
    return RunRecord(
        id=f"run-{number:04d}",
        experiment=Experiment.create(name=f"number {number}", seed=number),
        **{**defaults, **fields},  # type: ignore[arg-type]
    )


@pytest.fixture
def index(home: Path) -> Store:
    return store.of_home()


def queue(index: Store) -> list[str]:
    return [r.experiment.name for r in index.in_states({"queued"})]


def test_a_run_comes_back_as_it_was_added(index: Store) -> None:
    full = record(
        1,
        group="g",
        parent="run-0000",
        parent_iteration=7,
        started=2.0,
        iteration=3,
        seconds=4.5,
        train_error=12.25,
        weights_sha256="ab",
        threads=2,
        hardware="a processor",
    )
    (added,) = index.add([full])
    assert index.get("run-0001") == added == dataclasses.replace(full, position=1)


def test_the_table_has_a_column_for_every_field(index: Store) -> None:
    index.add([record(1)])
    names = index.database.read(lambda c: c.execute("SELECT name FROM pragma_table_info('job')"))
    assert {name for (name,) in names} == {*database.COLUMNS, "kind"}


def test_runs_are_claimed_in_order_and_once(index: Store) -> None:
    index.add([record(n) for n in range(3)])
    claimed = [index.claim() for _ in range(4)]
    assert [r and r.experiment.seed for r in claimed] == [0, 1, 2, None]
    assert all(r is None or r.state == "running" for r in claimed)


@pytest.mark.parametrize(
    ("mover", "position", "expected"),
    [
        (3, 1, "3 0 1 2"),
        (0, 4, "1 2 3 0"),
        (0, 2, "1 0 2 3"),
        (3, 2, "0 3 1 2"),
        (2, -9, "2 0 1 3"),
    ],
)
def test_a_moved_run_stands_where_it_was_asked(
    index: Store, mover: int, position: int, expected: str
) -> None:
    index.add([record(n) for n in range(4)])
    index.move(index.get(f"run-{mover:04d}"), position, "queue.no_move")
    runs = index.in_states({"queued"})
    assert " ".join(str(r.experiment.seed) for r in runs) == expected
    assert [r.position for r in runs] == [1, 2, 3, 4]


def test_only_queued_runs_move(index: Store) -> None:
    index.add([record(1)])
    index.claim()
    with pytest.raises(WrongState, match="number 1 is running; only queued"):
        index.move(index.get("run-0001"), 1, "queue.no_move")


def test_a_change_from_the_wrong_state_is_refused_and_changes_nothing(index: Store) -> None:
    index.add([record(1)])
    with pytest.raises(WrongState, match=r"number 1 is queued by now\."):
        index.change(index.get("run-0001"), {"running"}, ADVICE, state="paused")
    assert index.get("run-0001").state == "queued"


def test_a_run_queued_again_goes_to_the_end(index: Store) -> None:
    index.add([record(n) for n in range(3)])
    index.change(index.get("run-0000"), {"queued"}, ADVICE, state="paused")
    index.change(index.get("run-0000"), {"paused"}, ADVICE, state="queued")
    assert queue(index) == ["number 1", "number 2", "number 0"]


def test_a_worker_reports_and_hears_what_is_asked(index: Store) -> None:
    index.add([record(1)])
    index.claim()
    assert index.report("run-0001", iteration=5, seconds=1.5) is None
    index.ask(index.get("run-0001"), "pause", "queue.no_stop")
    assert index.requested("run-0001") == "pause"
    assert index.report("run-0001", iteration=6) == "pause"
    found = index.get("run-0001")
    assert (found.iteration, found.seconds) == (6, 1.5)
    assert found.heartbeat == pytest.approx(time.time(), abs=5)


def test_a_queued_run_does_at_once_what_it_is_asked(index: Store) -> None:
    index.add([record(1), record(2)])
    index.ask(index.get("run-0001"), "stop", "queue.no_stop")
    assert index.get("run-0001").state == "stopped"
    assert index.get("run-0002").position == 1
    with pytest.raises(WrongState, match="number 1 is stopped; only a queued or running"):
        index.ask(index.get("run-0001"), "pause", "queue.no_pause")


def test_a_deleted_run_asks_its_worker_to_stop(index: Store) -> None:
    assert index.requested("run-0001") == "stop"


def test_unknown_runs_are_named(index: Store) -> None:
    with pytest.raises(RunNotFound, match="no run 'run-0009'"):
        index.get("run-0009")


def claim_all(path: Path, sink: multiprocessing.Queue, both_ready: Barrier) -> None:
    index = Store(path)
    both_ready.wait(timeout=120)
    while (claimed := index.claim()) is not None:
        sink.put(claimed.id)
    sink.put(None)


def test_two_processes_never_claim_the_same_run(index: Store) -> None:
    count = 300
    index.add([record(n) for n in range(count)])
    context = multiprocessing.get_context("spawn")
    sink: multiprocessing.Queue = context.Queue()
    both_ready = context.Barrier(2)  # one that starts first would claim all of them
    claimers = [
        context.Process(target=claim_all, args=(index.database.path, sink, both_ready))
        for _ in range(2)
    ]
    for claimer in claimers:
        claimer.start()
    seen, done = [], 0
    while done < 2:
        claimed = sink.get(timeout=60)
        done += claimed is None
        seen += [claimed] if claimed else []
    for claimer in claimers:
        claimer.join(timeout=60)
    assert sorted(seen) == [f"run-{n:04d}" for n in range(count)]


def test_a_damaged_index_is_moved_aside_and_rebuilt_from_the_folders(
    index: Store, caplog: pytest.LogCaptureFixture
) -> None:
    index.add([record(n) for n in range(3)])
    index.change(
        index.get("run-0001"), {"queued"}, ADVICE, state="stopped", iteration=9, exit_reason="so."
    )
    index.close()
    index.database.path.write_bytes(b"this is no database" * 1000)

    runs = {r.id: r for r in queries.runs()}

    assert len(runs) == 3
    assert (runs["run-0001"].state, runs["run-0001"].iteration) == ("stopped", 9)
    assert runs["run-0000"].state == "paused"  # nothing starts unasked
    assert "resume it" in runs["run-0000"].reason
    assert "damaged" in caplog.text
    assert "rebuilt from the run folders" in caplog.text
    assert list(index.database.path.parent.glob("*.damaged-*"))


def test_damage_inside_a_page_is_noticed_and_repaired(index: Store) -> None:
    index.add([record(n) for n in range(200)])
    index.close()
    path = index.database.path
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    assert len(queries.runs()) == 200


@pytest.mark.parametrize("loss", ["deleted", "emptied"])
def test_a_lost_index_is_rebuilt(index: Store, loss: str) -> None:
    index.add([record(1)])
    index.close()
    if loss == "deleted":
        index.database.path.unlink()
    else:
        index.database.path.write_bytes(b"")
    assert [r.id for r in queries.runs()] == ["run-0001"]


def test_a_folder_that_cannot_be_read_is_left_out_of_a_rebuilt_index(
    index: Store, caplog: pytest.LogCaptureFixture
) -> None:
    index.add([record(1), record(2)])
    index.close()
    (index.runs_folder / "run-0002" / "experiment.json").write_text("{")
    (index.runs_folder / "run-0001" / "run.json").write_text('{"state": "fini')
    index.database.path.unlink()
    assert [(r.id, r.state) for r in queries.runs()] == [("run-0001", "interrupted")]
    assert "run-0002" in caplog.text


def test_an_older_index_is_brought_up_to_date(index: Store) -> None:
    index.add([record(1)])
    index.close()
    with sqlite3.connect(index.database.path) as connection:
        connection.execute("DROP INDEX job_by_state")
        connection.execute("DROP INDEX job_by_age")
        connection.execute("ALTER TABLE job DROP COLUMN software")
        connection.execute("ALTER TABLE job DROP COLUMN kind")
        connection.execute("ALTER TABLE job DROP COLUMN data_reading")
        connection.execute("ALTER TABLE job RENAME TO run")
        connection.execute("CREATE INDEX run_by_state ON run (state, position)")
        connection.execute("CREATE INDEX run_by_age ON run (created)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert [run.id for run in queries.runs()] == ["run-0001"]
    index.change(index.get("run-0001"), {"queued"}, ADVICE, software="torch 2")
    assert queries.run("run-0001").software == "torch 2"


def test_another_version_of_the_index_is_refused_with_advice(index: Store) -> None:
    index.add([record(1)])
    index.close()
    with sqlite3.connect(index.database.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(PlaygroundError, match=r"version 99 .* update the program"):
        queries.runs()


def test_a_row_this_version_cannot_read_stays_listed(index: Store) -> None:
    index.add([record(1), record(2)])
    index.database.write(
        lambda c: c.execute("UPDATE job SET experiment = '{\"depth\": 3}' WHERE id = 'run-0001'")
    )
    broken = index.get("run-0001")
    assert "cannot read the run's experiment" in broken.reason
    # A change of its state leaves its description alone.
    index.change(index.get("run-0001"), {"queued"}, ADVICE, state="stopped")
    kept = read_run(index.runs_folder / "run-0001")
    assert kept.experiment.name == "number 1"


def test_every_change_reaches_the_folder(index: Store) -> None:
    (added,) = index.add([record(1)])
    changed = index.change(
        index.get("run-0001"), {"queued"}, ADVICE, state="failed", exit_reason="Why."
    )
    copied = read_run(index.runs_folder / "run-0001")
    assert copied == dataclasses.replace(changed, position=0.0)
    assert copied.experiment == added.experiment


def test_the_list_is_read_again_only_after_somebody_has_written(index: Store) -> None:
    index.add([record(number) for number in range(3)])
    index.newest()
    asked: list[str] = []
    assert index.database._connection is not None
    index.database._connection.set_trace_callback(asked.append)

    def rows_read() -> int:
        return sum("ORDER BY created DESC" in query for query in asked)

    for _ in range(5):
        assert [run.id for run in index.newest()] == ["run-0002", "run-0001", "run-0000"]
    assert rows_read() == 0
    index.report("run-0001", iteration=7)
    assert index.newest()[1].iteration == 7
    assert rows_read() == 1
    other = Store(index.database.path)
    other.report("run-0001", iteration=8)
    other.close()
    assert index.newest()[1].iteration == 8
    assert rows_read() == 2


def test_a_list_that_somebody_changes_is_their_own(index: Store) -> None:
    index.add([record(1)])
    index.newest().clear()
    assert len(index.newest()) == 1
