"""The home page without a browser: what it offers, starts and concludes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.background.measurements import Estimate, training
from app.language.texts import escaped, say
from resnet_core.errors import InvalidSetting
from resnet_core.experiments import presets
from resnet_core.runs import queries, recording
from tests.app.runs_on_record import put_on_record

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "puzzle.py")
NETWORKS = ("plain-20", "resnet-20", "plain-56", "resnet-56")
ERRORS = dict(zip(NETWORKS, (20.0, 5.0, 85.0, 15.0), strict=True))


@pytest.fixture(autouse=True)
def nothing_recorded(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No recordings, and a machine on which the demo is known to take 62 seconds."""
    folder = tmp_path / "recorded"
    monkeypatch.setattr(queries, "RECORDED", folder)
    monkeypatch.setattr(training, "together", lambda _: Estimate(62.0, 0.1, "here"))
    monkeypatch.setattr(services, "ensure_supervisor", lambda: None)
    return folder


def _open(**query: str) -> AppTest:
    test = AppTest.from_file(PAGE, default_timeout=120)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def _four(group: str, prefix: str = "", **changes: Any) -> list[str]:
    return [
        put_on_record(
            f"{prefix}{name}",
            f"cifar/{name}",
            final_error=ERRORS[name],
            fields={"group": group},
            **changes,
        ).id
        for name in NETWORKS
    ]


def _record(folder: Path) -> None:
    """Make recordings as the command line does, then forget the runs themselves."""
    ids = _four("one-minute")
    recording.record(ids, folder)


def _charts(test: AppTest) -> dict[str, Any]:
    """What the live charts were asked to show."""
    (charts,) = [element for element in test.main if element.type == "bidi_component"]
    return json.loads(charts.proto.json)


def _shown(test: AppTest) -> list[str]:
    """The ids of the runs that are drawn."""
    return _charts(test)["query"].split("&")[0].removeprefix("runs=").split(",")


def _texts(test: AppTest) -> str:
    parts = [*test.title, *test.markdown, *test.info, *test.caption, *test.header]
    return " ".join(str(part.value) for part in parts)


def test_with_nothing_trained_it_says_what_to_do() -> None:
    test = _open()
    assert not test.exception
    assert _charts(test)["query"] == ""
    assert "Press the button" in _charts(test)["empty"]
    assert [button.label for button in test.button] == [
        "Run it here, now · about 62 s on this machine"
    ]


def test_a_recording_is_shown_with_its_verdict(nothing_recorded: Path) -> None:
    _record(nothing_recorded)
    test = _open()
    assert not test.exception
    assert _shown(test) == list(NETWORKS)
    assert _charts(test)["play"] is False
    test.button(key="skip").click().run()
    assert {button.key for button in test.button} == {"run"}
    assert "plain-56 has 85.0 % training error" in _texts(test)


def test_another_recording_is_a_click_away_and_in_the_url(nothing_recorded: Path) -> None:
    _record(nothing_recorded)
    recording.record(_four("paper-8000", "paper-"), nothing_recorded)
    test = _open()
    (choice,) = test.segmented_control
    assert choice.value == "one-minute"
    assert _shown(test) == list(NETWORKS)
    choice.set_value("paper-8000").run()
    assert not test.exception
    assert _query(test, "run") == "paper-8000"
    assert _shown(test) == [f"paper-{name}" for name in NETWORKS]
    assert test.segmented_control[0].value == "paper-8000"


def test_beside_ones_own_runs_no_recording_is_chosen(nothing_recorded: Path) -> None:
    _record(nothing_recorded)
    recording.record(_four("paper-8000", "paper-"), nothing_recorded)
    _four("group-1", "own-")
    test = _open(run="group-1")
    assert not test.exception
    assert test.segmented_control[0].value is None
    assert _shown(test) == [f"own-{name}" for name in NETWORKS]


def test_one_recording_alone_is_no_choice(nothing_recorded: Path) -> None:
    _record(nothing_recorded)
    assert not _open().segmented_control


def test_the_button_starts_photographs_and_the_url_names_them() -> None:
    test = _open()
    test.button(key="run").click().run()
    assert not test.exception
    runs = queries.runs()
    assert {run.experiment for run in runs} == set(presets.photographs())
    assert {run.state for run in runs} == {"queued"}
    (group,) = {run.group for run in runs}
    assert _query(test, "run") == group
    assert [button.key for button in test.button] == ["stop"]
    assert sorted(_shown(test)) == sorted(run.id for run in runs)


def test_what_is_shown_is_what_starts(nothing_recorded: Path) -> None:
    settings = {"learning_rate": 0.03, "train_images": 700, "test_images": 50}
    recording.record(_four("one-minute", **settings), nothing_recorded)
    shown = {run.experiment for run in queries.recorded()}
    test = _open()
    test.button(key="run").click().run()
    assert not test.exception
    started = [run for run in queries.runs() if run.state == "queued"]
    assert {run.experiment for run in started} == shown


def test_a_set_whose_data_are_not_here_cannot_be_started(nothing_recorded: Path) -> None:
    recording.record(_four("paper-8000", data="cifar10"), nothing_recorded)
    test = _open()
    assert test.button(key="run").disabled
    title = queries.recorded()[0].data_title
    assert title
    assert say("en", "home.lacking", data=escaped(title)) in _texts(test)


def test_runs_that_wait_for_others_say_so() -> None:
    put_on_record("busy", state="running", reached=100)
    test = _open()
    test.button(key="run").click().run()
    assert not test.exception
    (progress,) = [element for element in test.main if element.type == "progress"]
    assert progress.proto.text.startswith("Waiting: number 2 in the queue.")


def test_stop_stops_all_four() -> None:
    test = _open()
    test.button(key="run").click().run()
    test.button(key="stop").click().run()
    assert not test.exception
    assert {run.state for run in queries.runs()} == {"stopped"}


def test_a_refusal_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise InvalidSetting("data", "stored", text="The disk is full; free some space.")

    monkeypatch.setattr(services, "submit", refuse)
    test = _open()
    test.button(key="run").click().run()
    assert not test.exception
    assert [error.value for error in test.error] == ["The disk is full; free some space."]


def test_a_shared_address_shows_the_same_runs() -> None:
    _four("group-1")
    test = _open(run="group-1")
    assert not test.exception
    assert "plain-56 has 85.0 % training error" in _texts(test)
    assert test.button(key="run").label == "Run it again with seed 1"
    assert _texts(test).index("Why is F → 0") < _texts(test).index("Look closer")


def test_an_unknown_group_is_named(nothing_recorded: Path) -> None:
    _record(nothing_recorded)
    test = _open(run="no-such-group")
    assert not test.exception
    assert "no-such-group" in test.info[0].value


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "../../x", "\u202e", "a" * 5000])
def test_a_strange_group_is_only_text(name: str) -> None:
    test = _open(run=name)
    assert not test.exception
    assert len(test.info) == 1


def test_runs_that_did_not_finish_allow_no_conclusion() -> None:
    _four("group-1", state="stopped", reached=100)
    test = _open(run="group-1")
    assert not test.exception
    assert "nothing to conclude yet" in _texts(test)


def test_the_guess_is_asked_beside_charts_that_wait_for_it(nothing_recorded: Path) -> None:
    _record(nothing_recorded)
    test = _open()
    assert not test.exception
    assert [button.label for button in test.button][:5] == [
        *("plain-20", "ResNet-20", "plain-56", "ResNet-56"),
        "Skip, just show it",
    ]
    assert "85.0 %" not in _texts(test)
    assert _charts(test)["hold"] is True
    test.button(key="guess.resnet-56").click().run()
    assert not test.exception
    assert "You guessed ResNet-56, which ends at 15.0 %" in _texts(test)
    assert _charts(test)["play"] is True
    assert _charts(test)["hold"] is False


def test_guessing_can_be_skipped(nothing_recorded: Path) -> None:
    _record(nothing_recorded)
    test = _open()
    test.button(key="skip").click().run()
    assert not test.exception
    assert "You guessed" not in _texts(test)
    assert "85.0 %" in _texts(test)
    assert _charts(test)["play"] is False
    assert _charts(test)["hold"] is False


def test_of_ones_own_runs_nothing_is_asked() -> None:
    _four("group-1", "own-")
    test = _open(run="group-1")
    assert not test.exception
    assert {button.key for button in test.button} == {"run"}
    assert _charts(test)["hold"] is False
    assert "85.0 %" in _texts(test)


@pytest.mark.parametrize("language", ["en", "ko", "tlh"])
def test_both_languages_and_a_third_that_there_is_not(
    language: str, nothing_recorded: Path
) -> None:
    _record(nothing_recorded)
    test = _open(lang=language)
    assert not test.exception
    assert ("신경망" in _texts(test)) == (language == "ko")


def _query(test: AppTest, name: str) -> str:
    """A parameter of the URL; AppTest gives it as text or as a list of texts."""
    value = test.query_params[name]
    return value if isinstance(value, str) else value[0]
