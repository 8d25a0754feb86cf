from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resnet_core.errors import InvalidSetting, PlaygroundError, RunNotFound, WrongState
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import catalog
from resnet_core.labs.results.request import LabRequest
from resnet_core.runs import queries, store
from resnet_core.runs.record import RunRecord
from tests.tiny_laboratory import NAME

PLAIN, RESIDUAL = "one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"


def test_text_and_typed_values_make_the_same_order(tiny: None) -> None:
    typed = LabRequest.create(
        NAME, steps=7, pause=0.5, parity=1, colours=("green", "red"), loud=True, seed=3
    )
    text = LabRequest.create(
        NAME, steps="7", pause="0.5", parity="1", colours="green,red", loud="true", seed="3"
    )
    assert typed == text
    assert typed.id == text.id


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    steps=st.integers(1, 100_000),
    pause=st.floats(0, 1e6),
    parity=st.sampled_from([0, 1]),
    colours=st.lists(st.sampled_from(["red", "green"])).map(tuple),
    loud=st.booleans(),
)
def test_a_request_survives_a_file(tiny: None, **values: object) -> None:
    lab_request = LabRequest.create(NAME, **values)
    assert LabRequest.from_json(json.loads(json.dumps(lab_request.to_json()))) == lab_request


def test_the_page_opens_with_the_standard_networks_and_settings(looking: None) -> None:
    assert LabRequest.create(NAME).opens_the_page
    assert LabRequest.create(NAME, [PLAIN]).opens_the_page
    assert not LabRequest.create(NAME, [RESIDUAL]).opens_the_page
    assert not LabRequest.create(NAME, steps=4).opens_the_page


def test_the_id_is_of_all_that_the_answer_depends_on(
    looking: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab_request = LabRequest.create(NAME)
    ids = {
        lab_request.id,
        LabRequest.create(NAME, steps=4).id,
        LabRequest.create(NAME, [RESIDUAL]).id,
    }
    ids |= {
        LabRequest.create(NAME, [PLAIN, RESIDUAL]).id,
        LabRequest.create(NAME, [RESIDUAL, PLAIN]).id,
    }
    ids |= {dataclasses.replace(lab_request, weights=("0" * 64,)).id}
    module = sys.modules[f"resnet_core.labs.{NAME}.question"]
    newer = dataclasses.replace(catalog.question(NAME), version=2)
    monkeypatch.setattr(module, "QUESTION", newer)
    ids |= {LabRequest.create(NAME).id}
    assert len(ids) == 7
    assert all(name.startswith("tiny-") for name in ids)


def test_the_order_names_the_weights(looking: None) -> None:
    lab_request = LabRequest.create(NAME, [PLAIN, RESIDUAL])
    assert lab_request.weights == tuple(
        queries.weights(queries.described(run)).sha256 for run in (PLAIN, RESIDUAL)
    )
    assert LabRequest.create(NAME, [PLAIN, PLAIN]).runs == (PLAIN,)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("steps", "0", "steps: 0 is too small; use at least 1."),
        ("steps", "many", "steps: 'many' is not a whole number; use for example 3."),
        ("parity", "2", "parity: '2' is not known; choose 0 or 1."),
        ("colours", "red,blue", "colours: 'blue' is not known; choose 'red' or 'green'."),
        ("loud", "perhaps", "loud: 'perhaps' is neither true nor false; use for example false."),
        ("pause", "nan", "pause: "),
        ("stepps", "3", "stepps: there is no such setting; did you mean steps."),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    tiny: None, field: str, value: str, message: str
) -> None:
    with pytest.raises(InvalidSetting, match=f"^{message}") as refused:
        LabRequest.create(NAME, **{field: value})
    assert refused.value.field == field


def test_unknown_laboratories_are_refused_with_the_nearest(tiny: None) -> None:
    with pytest.raises(InvalidSetting, match="did you mean tiny"):
        LabRequest.create("tinny")
    for name in ("../tiny", "", "questions", "tiny.py"):
        with pytest.raises(InvalidSetting, match="there is no laboratory"):
            LabRequest.create(name)


def test_how_many_runs_it_takes(tiny: None, looking: None) -> None:
    with pytest.raises(InvalidSetting, match="3 networks are given; tiny takes at most 2"):
        LabRequest.create(NAME, ["aaaa", "bbbb", "cccc"])


def test_a_laboratory_without_networks_takes_none(tiny: None) -> None:
    assert LabRequest.create(NAME).runs == ()
    with pytest.raises(InvalidSetting, match="takes none, as it trains its own"):
        LabRequest.create(NAME, [PLAIN])


def test_runs_that_cannot_be_looked_at(looking: None, home: Path) -> None:
    with pytest.raises(RunNotFound):
        LabRequest.create(NAME, ["20260101-000000"])
    for path in ("../../etc/passwd", "/etc", "labs"):
        with pytest.raises(RunNotFound):
            LabRequest.create(NAME, [path])
    with pytest.raises(
        InvalidSetting, match=r"highway-20 cannot be used here: a highway's gates weigh"
    ):
        LabRequest.create(NAME, ["one-minute-highway-20-seed-0"])
    store.of_home().add(
        [RunRecord(id="20260101-abcdef", experiment=Experiment(), state="running", created=1.0)]
    )
    with pytest.raises(WrongState, match="no weights on disk"):
        LabRequest.create(NAME, ["20260101-abcdef"])


def test_an_order_of_before_stays_readable_when_its_runs_are_gone(looking: None) -> None:
    values = LabRequest.create(NAME).to_json() | {"runs": ["20260101-000000"]}
    assert LabRequest.from_json(values).runs == ("20260101-000000",)
    with pytest.raises(PlaygroundError, match="no such setting"):
        LabRequest.from_json(values | {"settings": {"gone": 1}})
