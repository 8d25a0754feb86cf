"""The ledger page without a browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.language.texts import say
from app.page_data import ledger, puzzle
from resnet_core.errors import PlaygroundError
from resnet_core.paper import cifar
from resnet_core.runs import queries
from tests.app.runs_on_record import put_on_record
from tests.opened_page import opened, said

_open = partial(opened, "ledger")


def test_every_set_of_recorded_runs_is_a_row(home: Path) -> None:
    table = said(_open()).splitlines()
    for group in puzzle.recorded_groups():
        (row,) = (line for line in table if line.startswith(f"| {say('en', f'home.set.{group}')} "))
        assert row.count("n = ") == len(ledger.STATEMENTS)


def test_a_cell_gives_number_verdict_and_seeds(home: Path) -> None:
    put_on_record("deep", "cifar/plain-56", final_error=12.5)
    put_on_record("shallow", "cifar/plain-20", final_error=50.25)
    assert "| :orange-badge[✗ -37.8] n = 1 |" in said(_open())


def test_the_paper_and_public_repetitions_stand_beside_ours(home: Path) -> None:
    text = said(_open())
    assert "**6.97**" in text
    assert "12.95 ± 0.22" in text
    assert ":green-badge[✓ +3.2] n = 5" in text


def test_the_details_of_a_cell_can_be_linked_to(home: Path) -> None:
    text = said(_open(statement="depth", runs="one-minute"))
    difference = cifar.TEST_ERROR[20] - cifar.TEST_ERROR[56]
    assert say("en", "ledger.paper.depth", figure="Table 6", difference=difference) in text
    assert say("en", "ledger.cause.other_data") in text


def test_a_set_that_lacks_a_network_says_which(home: Path) -> None:
    put_on_record("deep", "cifar/plain-56", final_error=12.5)
    put_on_record("shallow", "cifar/plain-20", final_error=50.25)
    test = _open(statement="shortcuts", runs="deep")
    assert [info.value for info in test.info] == [
        say("en", "ledger.lacks", networks="plain-56, ResNet-56")
    ]


def test_in_korean_too(home: Path) -> None:
    assert say("ko", "ledger.paper.degradation", figure="Fig. 6") in said(_open(lang="ko"))


def test_without_any_runs_it_says_what_to_do(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "RECORDED", tmp_path)
    test = _open()
    assert [info.value for info in test.info] == [say("en", "ledger.none")]
    assert "**6.97**" in said(test)


def _with_open_replay(**query: str) -> AppTest:
    test = _open(**query)
    assert not test.button  # what is closed is not built
    test.session_state["replay.open"] = True
    return test.run()


def test_a_replay_starts_the_same_experiments(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = []
    monkeypatch.setattr(services, "submit", lambda experiments: submitted.extend(experiments) or [])
    test = _with_open_replay()
    test.button(key="replay").click().run()
    assert not test.exception
    recorded = {run.id: run.experiment for run in queries.recorded()}
    assert submitted
    assert all(experiment in recorded.values() for experiment in submitted)


def test_a_replay_whose_data_are_not_here_says_what_to_do(home: Path) -> None:
    test = _with_open_replay(runs="paper-8000")
    test.button(key="replay").click().run()
    assert not test.exception
    assert len(test.error) == 1


def test_a_damaged_recording_checks_no_responses(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(run_id: str) -> None:
        raise PlaygroundError("stored", text=f"{run_id} is damaged.")

    monkeypatch.setattr(queries, "measured", damaged)
    (row,) = (line for line in said(_open()).splitlines() if "| Shapes" in line)
    assert row.endswith("| – | – |")
