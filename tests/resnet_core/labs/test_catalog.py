"""The promises of every laboratory: texts, code, recorded results, and the runs it accepts."""

from __future__ import annotations

import ast
import inspect
import itertools
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo

from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import catalog
from resnet_core.labs.catalog import LabSettings, Question
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
from resnet_core.runs import queries
from resnet_core.system import texts

ROOT = Path(catalog.__file__).parents[2]


@pytest.fixture(params=catalog.all_names())
def question(request: pytest.FixtureRequest) -> Question:
    return catalog.question(request.param)


def test_every_folder_is_a_laboratory_of_the_catalogue() -> None:
    folders = {path.parent.name for path in (ROOT / "resnet_core/labs").glob("*/question.py")}
    assert folders == set(catalog.all_names())
    for name in folders:
        files = {path.name for path in (ROOT / "resnet_core/labs" / name).glob("*.py")}
        assert files >= {"question.py", "run.py", "verdicts.py"}, name


def test_an_unknown_laboratory_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InvalidSetting, match="did you mean lesion"):
        catalog.question("lesoin")
    with pytest.raises(InvalidSetting, match="choose one of microscope"):
        catalog.question("../../etc")


def test_every_sentence_stands_in_both_languages_with_the_same_values(question: Question) -> None:
    keys = ["title"] if question.name in catalog.TOOLS else ["title", "nav", "lead", "paper"]
    for field, info in question.settings.model_fields.items():
        if field not in LabSettings.model_fields:
            keys += [f"help.{field}"]
            if question.name not in catalog.TOOLS:
                keys += [f"setting.{field}"]
                keys += [f"option.{field}.{v}" for v in choices(info) if isinstance(v, str)]
    entries = texts.catalogue()
    assert not [key for key in keys if f"labs.{question.name}.{key}" not in entries]
    findings = {k: e for k, e in entries.items() if k.startswith(f"labs.{question.name}.finding.")}
    assert findings
    assert not [key for key, entry in findings.items() if _fields(entry) is None]


def choices(info: FieldInfo) -> tuple[Any, ...]:
    """The values of a Literal, or of a tuple of them."""
    annotation: Any = info.annotation
    if get_origin(annotation) is tuple:
        annotation = get_args(annotation)[0]
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _fields(entry: Mapping[texts.Language, str]) -> set[tuple[str, str]] | None:
    """The placeholders with their formats; None where the languages differ."""
    english, korean = (
        {
            (name, form or "")
            for _, name, form, _ in string.Formatter().parse(entry[language])
            if name
        }
        for language in texts.LANGUAGES
    )
    return english if english == korean else None


def test_it_opens_with_networks_on_record_that_it_accepts(question: Question) -> None:
    assert question.settings() == question.settings.model_validate({})
    assert len(question.runs) <= question.most_runs
    assert not {"runs", "id", "lang", "again"} & set(question.settings.model_fields)
    for run_id in question.runs:
        run = queries.described(run_id)
        assert run.recorded
        assert question.refuses(run) == ""
    assert LabRequest.create(question.name).runs == question.runs


def test_the_code_that_is_shown_exists(question: Question) -> None:
    assert question.code
    for path, definition in question.code:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        names = {node.name for node in ast.walk(tree) if hasattr(node, "name")}
        assert definition in names, f"{path}: {definition}"


def test_it_is_a_generator_of_events(question: Question) -> None:
    assert inspect.isgeneratorfunction(catalog.experiment(question.name))


def test_its_recorded_answer_is_to_the_question_it_opens_with(
    question: Question, home: Path
) -> None:
    result = results.recorded(question.name)
    assert result is not None
    assert result.request == LabRequest.create(question.name)
    assert (result.state, result.recorded) == ("finished", True)
    assert result.hardware
    assert result.day
    assert set(result.tables) <= set(question.tables)
    assert result.verdicts
    for verdict in result.verdicts:
        assert all(question.sentence(verdict, language) for language in texts.LANGUAGES)


def test_its_answer_on_other_data_is_on_record_as_well(question: Question, home: Path) -> None:
    if question.beside is None:
        assert results.beside(question.name) is None
        return
    recorded, result = results.recorded(question.name), results.beside(question.name)
    assert recorded is not None
    assert result is not None
    assert result == results.read(result.id)
    assert results.data_key(result) != results.data_key(recorded)
    assert set(result.tables) <= set(question.tables)
    for verdict in result.verdicts:
        assert all(question.sentence(verdict, language) for language in texts.LANGUAGES)


def test_answers_on_record_beside_it_are_found_by_their_questions(home: Path) -> None:
    names = {path.name for path in (queries.RECORDED / "labs").iterdir()} - set(catalog.all_names())
    on_shapes = ("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0")
    requests = (
        LabRequest.create("attribution", on_shapes, through_training=True),
        LabRequest.create("transfer", task="box"),
    )
    assert names >= {lab_request.id for lab_request in requests}
    for name in names:
        result = results.read(name)
        assert (result.id, result.state, result.recorded) == (name, "finished", True)
        lab_request = result.request
        assert (
            LabRequest.create(
                lab_request.laboratory, lab_request.runs, **dict(lab_request.settings)
            )
            == lab_request
        )


# Experiments that a laboratory may be given; each is accepted and usable, or refused in words.
KINDS = (
    *("cifar/plain-20", "cifar/resnet-20", "cifar/preresnet-20", "cifar/highway-20"),
    *("imagenet/resnet-18", "imagenet/vgg-16", "imagenet/googlenet"),
)


def test_a_run_is_accepted_or_refused_with_a_sentence(question: Question) -> None:
    for network, schedule in itertools.product(KINDS, ("milestones", "plateau")):
        reason = question.accepts(Experiment.create(network=network, schedule=schedule))
        if reason:
            entry = texts.catalogue()[f"errors.{reason}"]
            assert entry["en"].endswith(".")
            assert entry["ko"].endswith(".")
