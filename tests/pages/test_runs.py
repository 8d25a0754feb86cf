"""The page Runs, without a browser: no runs, one, two hundred, broken ones; telling them things."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.language import texts
from app.page_data.runs import PAGE as ROWS
from app.widgets.runs import details
from resnet_core.errors import RunNotFound
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord
from resnet_core.system.texts import Message
from tests.app.runs_on_record import put_on_record

DROPS = "form.field.milestones.label"
PAGE = Path(__file__).resolve().parents[2] / "pages" / "runs.py"


@pytest.fixture(autouse=True)
def quiet(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No supervisor is started, so that queued runs stay queued."""
    monkeypatch.setattr(services, "ensure_supervisor", lambda: None)
    monkeypatch.setattr(queries, "RECORDED", home / "recorded")


def opened(**query: str) -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=120)
    for name, value in query.items():
        page.query_params[name] = value
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    assert not page.exception, [error.value for error in page.exception]
    return page


def said(page: AppTest) -> str:
    every = [*page.markdown, *page.caption, *page.warning, *page.error, *page.info]
    texts_ = [one.value for one in every] + [bar.text for bar in page.get("progress")]
    return "\n".join(texts_).replace("\\", "")


def press(page: AppTest, words: str) -> AppTest:
    button = next(one for one in page.button if one.label == words)
    return checked(button.click().run())


def choose(page: AppTest, run_id: str, action: str) -> AppTest:
    menu = next(one for one in page.get("menu_button") if one.key == f"runs.menu.{run_id}")
    return checked(menu.click(action).run())


def titles(page: AppTest) -> list[str]:
    """Of the runs that are listed, each beside the badge of its state."""
    found = [re.fullmatch(r":\w+-badge\[.+\]\u2002\*\*(.+)\*\*", m.value) for m in page.markdown]
    return [title[1] for title in found if title]


def with_checkpoint(run_id: str, iteration: int) -> None:
    """A folder where a checkpoint would be; forks copy it, only workers read it."""
    folder = of_run(run_id).checkpoints / f"iteration-{iteration:08d}-kept"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")


def test_without_runs_it_says_where_to_start_one() -> None:
    page = opened()
    assert "There are no runs yet" in said(page)
    assert "/train" in said(page)


def test_one_run_is_told_with_its_result_and_its_details() -> None:
    put_on_record("20261121-000001", name="my own", final_error=23.4)
    page = opened()
    assert titles(page) == ["my own"]
    assert "training error 23.4 % · test error 24.4 %" in said(page)
    assert "finished" in said(page)
    page = press(page, "Details")
    assert "20261121-000001" in said(page)
    assert "Train again with these settings" in said(page)
    assert "Nothing was logged yet." in page.code[0].value
    assert page.query_params["run"] in ("20261121-000001", ["20261121-000001"])
    press(page, "Close")


def test_a_row_is_made_of_few_elements() -> None:
    """A browser takes a millisecond or more to build each, whenever the page is opened."""
    kinds = ("markdown", "caption", "button", "menu_button")

    def elements(page: AppTest) -> int:
        return sum(len(page.get(kind)) for kind in kinds)

    put_on_record("20261121-000001", name="one", final_error=23.4)
    one = elements(opened())
    for number in range(2, ROWS + 1):
        put_on_record(f"20261121-{number:06d}", name="more", final_error=23.4)
    page = opened()
    assert len(titles(page)) == ROWS
    assert elements(page) - one <= 5 * (ROWS - 1)


def test_many_runs_are_paged_and_fast() -> None:
    count = 1000
    records = [
        RunRecord(
            id=f"20261121-{n:06d}", experiment=Experiment(seed=n), state="finished", created=1e9 + n
        )
        for n in range(count)
    ]
    store.of_home().add(records)
    page = opened()
    start = time.process_time()  # of this process alone: others may be at work
    checked(page.run())
    assert time.process_time() - start < 5  # under a second on a usual machine
    assert titles(page) == [f"resnet-20 · seed {n}" for n in range(count - 1, count - 1 - ROWS, -1)]
    checked(page.get("pagination")[0].set_value(2).run())
    assert titles(page)[0] == f"resnet-20 · seed {count - 1 - ROWS}"
    search = next(one for one in page.text_input if one.label.startswith("Search"))
    checked(search.set_value("seed 17").run())
    assert "resnet-20 · seed 17" in titles(page)
    assert len(titles(page)) <= ROWS


def test_a_missing_folder_is_told_and_can_be_deleted() -> None:
    put_on_record("20261121-000001")
    shutil.rmtree(of_run("20261121-000001").path)
    page = opened()
    assert "Its folder is missing" in said(page)
    press(page, "Details")
    page = choose(page, "20261121-000001", "delete")
    assert "is deleted for good" in said(page)
    press(page, "Delete")
    assert queries.runs() == []


@pytest.mark.parametrize("content", ["{", '{"network": "cifar/plain-21"}', '{"nonsense": 1}', None])
def test_an_unreadable_experiment_is_told_and_the_rest_is_shown(content: str | None) -> None:
    put_on_record("20261121-000001")
    put_on_record("20261121-000002", seed=2)
    path = of_run("20261121-000001").experiment
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    page = opened()
    assert "experiment.json is missing or cannot be read" in said(page)
    assert len(titles(page)) == 2


def test_a_run_that_the_index_cannot_read_stays_in_the_list() -> None:
    put_on_record("20261121-000001")
    change = "UPDATE job SET experiment = '{}', state = 'failed'".replace("{}", '{"old": 1}')
    store.of_home().database.write(lambda c: c.execute(change))
    assert "This version cannot read the run's experiment" in said(opened())


def test_the_queue_is_told_by_place_and_can_be_reordered() -> None:
    for number in (1, 2, 3):
        put_on_record(f"20261121-00000{number}", seed=number, state="queued", measured=False)
    page = opened()
    assert [title[-1] for title in titles(page)] == ["1", "2", "3"]
    assert "queued, place 3" in said(page)
    choose(page, "20261121-000003", "first")
    assert [title[-1] for title in titles(page)] == ["3", "1", "2"]
    assert "It starts next." in said(page)
    choose(page, "20261121-000003", "down")
    choose(page, "20261121-000002", "up")
    assert [title[-1] for title in titles(page)] == ["1", "2", "3"]


def test_pause_resume_stop_and_start_over() -> None:
    put_on_record("20261121-000001", state="queued", measured=False)
    page = press(opened(), "Pause")
    assert queries.run("20261121-000001").state == "paused"
    press(page, "Resume")
    assert queries.run("20261121-000001").state == "queued"
    choose(page, "20261121-000001", "stop")
    assert queries.run("20261121-000001").state == "stopped"
    choose(page, "20261121-000001", "retry")
    assert queries.run("20261121-000001").state == "queued"
    assert queries.run("20261121-000001").attempt == 1


def test_another_tab_was_faster() -> None:
    put_on_record("20261121-000001", state="paused", reached=200)
    page = opened()
    services.retry("20261121-000001")
    press(page, "Resume")
    assert "is queued; only a paused, stopped, failed or interrupted run resumes" in said(page)
    services.stop("20261121-000001")
    checked(page.run())
    services.delete("20261121-000001")
    assert "There are no runs yet" in said(checked(page.run()))


def test_acting_on_a_run_that_was_deleted_elsewhere_is_a_sentence() -> None:
    put_on_record("20261121-000001", state="paused", reached=200)
    put_on_record("20261121-000002", state="finished")
    page = opened()
    services.delete("20261121-000001")
    press(page, "Resume")
    assert titles(page) == ["plain-20 · seed 0"]


def test_a_dead_worker_is_told_with_what_to_do() -> None:
    resumed = Message("errors.runs.goes_on", iteration=150)
    reason = Message("errors.runs.killed", iteration=200, resumed=resumed)
    put_on_record(
        "20261121-000001", state="interrupted", reached=200, fields={"exit_reason": reason.dumps()}
    )
    page = opened()
    assert reason.text("en") in said(page)
    assert "iteration 200 of 400" in said(page)
    page = opened(lang="ko")
    assert "반복 150부터 계속합니다" in said(page)


def test_what_is_asked_of_a_running_run_shows_until_it_obeys() -> None:
    put_on_record(
        "20261121-000001",
        state="running",
        reached=100,
        fields={"images_per_second": 1000.0, "request": "pause"},
    )
    page = opened()
    assert "pausing …" in said(page)
    assert "1,000 images/s" in said(page)
    assert not [one for one in page.button if one.label == "Pause"]


def test_a_fork_with_the_shortcuts_removed() -> None:
    put_on_record("20261121-000001", "cifar/resnet-20")
    with_checkpoint("20261121-000001", 200)
    with_checkpoint("20261121-000001", 400)
    page = press(opened(), "Fork …")
    assert "At iteration 400 this run trained at 0.001" in said(page)
    next(one for one in page.toggle if one.label == "Remove the shortcuts").set_value(True)
    checked(next(one for one in page.selectbox if one.label == "Checkpoint").set_value(200).run())
    page = press(page, "Fork")
    fork = next(run for run in queries.runs() if run.parent)
    assert fork.experiment.network == "cifar/plain-20"
    assert (fork.parent, fork.parent_iteration, fork.state) == ("20261121-000001", 200, "queued")
    assert "Forked." in said(page)
    assert "Compare the 2 of its tree" in said(page)
    assert "forked from 20261121-000001 at iteration 200" in said(page)


def test_a_run_whose_rate_never_drops_is_forked_and_trained_again_without_drops() -> None:
    put_on_record("20261121-000001", "cifar/resnet-20", milestones=())
    with_checkpoint("20261121-000001", 200)
    page = press(opened(), "Details")
    assert "milestones=never" in said(page)  # in the link to the form
    page = press(page, "Fork …")
    drops = next(one for one in page.text_input if one.label == texts.say("en", DROPS))
    assert drops.value == "never"
    press(page, "Fork")
    fork = next(run for run in queries.runs() if run.parent)
    assert fork.experiment.milestones == ()


def test_a_fork_that_cannot_be_made_says_why_and_keeps_what_was_typed() -> None:
    put_on_record("20261121-000001", "cifar/resnet-20")
    with_checkpoint("20261121-000001", 400)
    page = press(opened(), "Fork …")
    rate = next(one for one in page.text_input if one.label == "Learning rate")
    rate.set_value("nan")
    page = press(page, "Fork")
    assert "not a finite number" in said(page)
    assert next(one for one in page.text_input if one.label == "Learning rate").value == "nan"
    assert len(queries.runs()) == 1


def test_a_run_without_checkpoints_cannot_be_forked_yet() -> None:
    put_on_record("20261121-000001")
    assert "There is no checkpoint yet" in said(press(opened(), "Fork …"))


def test_all_runs_that_match_can_be_deleted_at_once() -> None:
    for number in range(3):
        put_on_record(f"20261121-00000{number}", seed=number, measured=False)
    put_on_record("20261121-000009", state="queued", measured=False)
    page = press(opened(), "Delete these …")
    assert "3 runs that match the filter" in said(page)
    press(page, "Delete 3 runs")
    assert [run.id for run in queries.runs()] == ["20261121-000009"]


def test_the_url_says_what_is_shown_and_a_bad_one_is_told() -> None:
    put_on_record("20261121-000001")
    put_on_record("20261121-000002", state="queued", measured=False, seed=2)
    page = opened(kind="finished", search="plain")
    assert titles(page) == ["plain-20 · seed 0"]
    page = opened(kind="nonsense", run="../../etc")
    assert "Show: the value in this address cannot be used" in said(page)
    assert len(titles(page)) == 2


def test_it_speaks_korean() -> None:
    put_on_record("20261121-000001", state="queued", measured=False)
    page = opened(**{texts.PARAMETER: "ko"})
    assert "대기 1번째" in said(page)
    assert [one.label for one in page.button if one.label == "일시 정지"]


def test_a_run_that_is_gone_is_not_found() -> None:
    with pytest.raises(RunNotFound):
        queries.run("20261121-999999")


def test_exports_say_what_they_hold_and_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_record("20261121-000001", name="mine")
    started: list[tuple[object, ...]] = []
    monkeypatch.setattr(details.exports, "export", lambda *given: started.append(given))
    needs_onnx = Message("errors.export.extra_onnx", packages=["onnx"])
    monkeypatch.setattr(
        details.export, "missing", lambda what: needs_onnx if what == "onnx" else None
    )
    page = press(opened(), "Details")

    def choose_format(what: str) -> AppTest:
        box = next(one for one in page.selectbox if one.label == "Export as")
        return checked(box.set_value(what).run())

    assert "measurements as Parquet" in said(page)
    page = choose_format("hub")
    assert "a model card" in said(page)
    (licence,) = [one for one in page.text_input if one.label == "Licence of the weights"]
    page = press(checked(licence.set_value(" mit ").run()), "Prepare an export")
    page = press(choose_format("tables"), "Prepare an export")
    assert started == [("20261121-000001", "hub", "mit"), ("20261121-000001", "tables", None)]
    page = choose_format("onnx")
    assert needs_onnx.text("en") in said(page)
    assert "Prepare an export" not in [one.label for one in page.button]
