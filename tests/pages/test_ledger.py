"""The ledger page without a browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.language.texts import say
from app.page_data import ledger
from resnet_core.errors import PlaygroundError
from resnet_core.runs import queries
from tests.app.runs_on_record import put_on_record
from tests.opened_page import opened, said

_open = partial(opened, "ledger")


def test_the_recorded_runs_are_compared_and_named(home: Path) -> None:
    text = said(_open())
    assert "plain-56 8" in text
    assert "recorded" in text
    assert "paper **6.97**" in text


def test_what_the_paper_says_stands_beside_what_is_seen(home: Path) -> None:
    text = said(_open())
    for statement in ledger.STATEMENTS:
        key, figure = statement.key, statement.figure
        found = say("en", f"ledger.paper.{key}", figure=figure, difference=statement.difference)
        assert found in text
    recorded = ledger.recipes(queries.recorded())
    checks = ledger.checks(ledger.STATEMENTS[0], recorded, lambda _: None)
    holding = sum(check.above > check.below for check in checks)
    assert say("en", "ledger.seen", holding=holding, checked=len(checks)) in text


def test_in_korean_too(home: Path) -> None:
    assert "논문 **6.97**" in said(_open(lang="ko"))


def test_without_any_runs_it_says_what_to_do(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "RECORDED", tmp_path)
    test = _open()
    assert [info.value for info in test.info] == [say("en", "ledger.none")] * 5
    assert say("en", "ledger.not_run") in said(test)


def test_own_runs_stand_beside_recorded_ones(home: Path) -> None:
    put_on_record("deep", "cifar/plain-56", final_error=12.5)
    put_on_record("shallow", "cifar/plain-20", final_error=50.25)
    text = said(_open())
    assert f":orange-badge[{say('en', 'ledger.fails')}] plain-56 12.5 %, plain-20 50.2 %" in text


def _with_open_replay(key: str) -> AppTest:
    test = _open()
    assert not test.button  # what is closed is not built
    test.session_state[f"replay.{key}.open"] = True
    return test.run()


def test_a_replay_starts_the_same_experiments(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = []
    monkeypatch.setattr(services, "submit", lambda experiments: submitted.extend(experiments) or [])
    test = _with_open_replay("degradation.0")
    test.button(key="replay.degradation.0").click().run()
    assert not test.exception
    recorded = {run.id: run.experiment for run in queries.recorded()}
    assert submitted
    assert all(experiment in recorded.values() for experiment in submitted)


def test_a_replay_whose_data_are_not_here_says_what_to_do(home: Path) -> None:
    test = _with_open_replay("table6.110")
    test.button(key="replay.table6.110").click().run()
    assert not test.exception
    assert len(test.error) == 1


def test_a_damaged_recording_checks_no_responses(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(run_id: str) -> None:
        raise PlaygroundError("stored", text=f"{run_id} is damaged.")

    monkeypatch.setattr(queries, "measured", damaged)
    assert len(_open().info) == 2  # the two statements on responses
