"""`lab` with a real supervisor and real workers."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from resnet_core.commands.options import given_fields
from resnet_core.jobs import laboratories, supervisor
from resnet_core.labs import catalog
from resnet_core.labs.events import Rows, Verdict
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest, of_result
from resnet_core.labs.results.results import EventWriter
from resnet_core.runs import queries, store
from resnet_core.runs.record import ACTIVE
from tests.resnet_core.commands.test_train import served, started
from tests.small_runs import wait_until
from tests.tiny_laboratory import NAME, tiny

__all__ = ["served", "tiny"]

LESION = "lesion"
QUICK = ("--images", "50")


def _active_ids() -> list[str]:
    return [job.id for job in store.of_home().jobs(ACTIVE)]


@pytest.fixture
def answered(tiny: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The tiny laboratory's standard answer, without a worker."""
    monkeypatch.setattr(queries, "RECORDED", home / "recorded")
    lab_id = laboratories.submit(LabRequest.create(NAME))
    folder = of_result(lab_id)
    with EventWriter(folder.events) as file:
        rows = [{"number": n, "square": n * 1.5, "note": None} for n in range(50)]
        file.write(Rows("counts", rows))
        file.write(Verdict("counted", {"count": 50}))
    ended = {"started": time.time() - 3, "ended": time.time(), "hardware": "a test"}
    job = store.of_home().job(lab_id)
    assert job is not None
    store.of_home().change(job, {"queued"}, state="finished", **ended)
    return lab_id


@pytest.mark.skipif(LESION not in catalog.NAMES, reason="this laboratory is not there yet")
def test_it_asks_and_answers(served: Path) -> None:
    process = started("lab", LESION, *QUICK, "--json")
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    said = json.loads(out)
    assert (said["laboratory"], said["state"], said["recorded"]) == (LESION, "finished", False)
    assert said["runs"] == list(catalog.question(LESION).runs)
    assert said["settings"]["images"] == 50
    assert len(said["tables"]["removals"]) == 2 * 27  # the blocks of two networks of 56 layers
    assert said["verdicts"][0]["sentence"].endswith(".")
    assert "lesion: finished." in err
    assert results.read(said["id"]).state == "finished"


@pytest.mark.skipif(LESION not in catalog.NAMES, reason="this laboratory is not there yet")
def test_ctrl_c_stops_it(served: Path) -> None:
    process = started("lab", LESION, "--images", "1000", "--measured-on", "train", "--again")
    (lab_id,) = wait_until(lambda: [i for i in _active_ids() if _running(i)], "a start", 120)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 130, err
    assert results.read(lab_id).state == "stopped"
    assert "Stopping ..." in err


def _running(lab_id: str) -> bool:
    return results.read(lab_id).state == "running"


def test_what_was_answered_needs_no_worker(answered: str, shell: Callable) -> None:
    said = shell("lab", NAME)
    assert said.code == 0
    assert "and 10 rows more" in said.out
    assert "It counted to 50." in said.out
    assert f"{answered}: computed on" in said.out
    assert "in 3 s on a test." in said.out
    assert not supervisor.is_running()


def test_json_has_it_all(answered: str, shell: Callable) -> None:
    said = shell("lab", NAME, "--json").json
    assert said["id"] == answered
    assert len(said["tables"]["counts"]) == 50
    assert said["tables"]["counts"][49] == {"number": 49, "square": 73.5, "note": None}
    (verdict,) = said["verdicts"]
    expected = {"finding": "counted", "values": {"count": 50}, "sentence": "It counted to 50."}
    assert verdict == expected


def test_the_standard_answer_goes_on_record(answered: str, shell: Callable, home: Path) -> None:
    said = shell("lab", NAME, "--record")
    assert said.code == 0
    assert results.recorded(NAME) is not None
    assert results.recorded(NAME).request == LabRequest.create(NAME)  # type: ignore[union-attr]


def test_it_lists_what_there_is(answered: str, shell: Callable) -> None:
    said = shell("lab", "--list", "--json").json
    listed = {entry["name"]: entry for entry in said}
    assert list(listed)[: len(catalog.NAMES)] == list(catalog.NAMES)
    assert listed[NAME]["settings"]["colours"] == ["red"]
    text = shell("lab")
    assert text.code == 0
    assert all(name in text.out for name in catalog.NAMES)


def test_help_shows_every_setting(answered: str, shell: Callable) -> None:
    said = shell("lab", NAME, "--help").out
    assert "--colours red|green,..." in said
    assert "--no-loud" in said
    assert said.index("--steps") < said.index("--seed")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("tinny",), "did you mean tiny"),
        (("../../etc",), "there is no laboratory"),
        ((NAME, "--steps", "0"), "steps: 0 is too small; use at least 1."),
        ((NAME, "--colours", "blue"), "choose 'red' or 'green'"),
        ((LESION, "--run", "20260101-000000"), "There is no run"),
        ((LESION, "--run", "../../etc/passwd"), "is not a run's id"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    answered: str, shell: Callable, arguments: tuple[str, ...], said: str
) -> None:
    refused = shell("lab", *arguments)
    assert refused.code == 2
    assert said in refused.err
    assert len(refused.err.strip().splitlines()) == 1


def test_switches_arrive(answered: str) -> None:
    fields = catalog.question(NAME).settings.model_fields
    assert given_fields(fields, {"loud": "true", "steps": None}) == {"loud": "true"}
    assert given_fields(fields, {"no_loud": True}) == {"loud": False}
