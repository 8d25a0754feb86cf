"""What every laboratory promises to those who list, ask and show it."""

from __future__ import annotations

import ast
import inspect
import string
from pathlib import Path

import pytest

from resnet_core.labs import catalog
from resnet_core.labs import question as laboratory
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
from resnet_core.runs import find_weights, queries

ROOT = Path(catalog.__file__).parents[2]
ALL = (
    *("microscope", "graft", "dial", "lesion", "paths", "forward", "backward", "court"),
    *("shattered", "landscape", "gates", "sweep", "ensemble", "depth", "transfer"),
)


def test_they_are_listed_in_the_order_of_the_questions() -> None:
    assert tuple(name for name in ALL if name in catalog.NAMES) == catalog.NAMES


@pytest.mark.parametrize("name", catalog.NAMES)
def test_every_setting_is_described_and_has_a_default(name: str) -> None:
    question = catalog.question(name)
    assert question.name == name
    assert issubclass(question.settings, laboratory.Settings)
    question.settings()
    for field, info in question.settings.model_fields.items():
        assert info.description, field
        assert field not in {"runs", "id", "lang", "again"}, "a page's own parameter"


@pytest.mark.parametrize("name", catalog.NAMES)
def test_every_finding_is_a_sentence(name: str) -> None:
    for key, sentence in catalog.question(name).findings.items():
        assert sentence.endswith("."), key
        for _, placeholder, _, _ in string.Formatter().parse(sentence):
            assert placeholder is None or placeholder.isidentifier(), key


@pytest.mark.parametrize("name", catalog.NAMES)
def test_it_opens_with_networks_on_record_that_it_accepts(name: str) -> None:
    question = catalog.question(name)
    assert len(question.runs) <= question.most_runs
    for run_id in question.runs:
        run = find_weights.described(run_id)
        assert run.recorded
        assert question.accepts(run.experiment) == ""
    assert LabRequest.create(name).runs == question.runs


@pytest.mark.parametrize("name", catalog.NAMES)
def test_the_code_that_is_shown_exists(name: str) -> None:
    code = catalog.question(name).code
    assert code
    for path, definition in code:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        named = {node.name for node in ast.walk(tree) if hasattr(node, "name")}
        assert definition in named, f"{path}: {definition}"


@pytest.mark.parametrize("name", catalog.NAMES)
def test_it_is_a_generator_of_events(name: str) -> None:
    assert inspect.isgeneratorfunction(catalog.experiment(name))


@pytest.mark.parametrize("name", catalog.NAMES)
def test_its_recorded_answer_is_to_the_question_it_opens_with(name: str, home: Path) -> None:
    found = results.recorded(name)
    if found is None:
        pytest.skip("nothing is on record yet")
    assert found.request == LabRequest.create(name)
    assert (found.state, found.recorded) == ("finished", True)
    assert found.hardware
    assert found.day
    assert set(found.tables) <= set(catalog.question(name).tables)
    assert found.sentences


def test_answers_on_record_beside_it_are_found_by_their_questions(home: Path) -> None:
    names = {path.name for path in (queries.RECORDED / "labs").iterdir()} - set(catalog.all_names())
    orders = (
        LabRequest.create("attribution", through_training=True),
        LabRequest.create("transfer", task="box"),
    )
    assert names >= {order.id for order in orders}
    for name in names:
        found = results.read(name)
        assert (found.id, found.state, found.recorded) == (name, "finished", True)
        assert LabRequest.create(
            found.request.laboratory, found.request.runs, **_given(found.request)
        ) == (found.request)


def _given(order: LabRequest) -> dict[str, object]:
    return dict(order.settings)
