"""The lesson's steps: measured on what is stored, short in both languages, answers checked."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest

from app.language.texts import LANGUAGES, Language, catalogue, say
from app.page_data.lesson.document import document, options_of, sentences_of, without_marks
from app.page_data.lesson.lesson import measure, measured_steps
from app.page_data.lesson.measured import Measured, is_right
from app.page_data.lesson.steps import IDS, QUIZ, STEPS, step
from resnet_core.errors import InvalidSetting
from resnet_core.runs import queries

MOST_WORDS, LONGEST_SENTENCE = 60, 19
ROOT = Path(__file__).resolve().parents[4]
RECORDED = ROOT / "assets" / "recorded"


def _measured(name: str) -> Measured:
    measured = measure(name)
    assert measured is not None
    return measured


def _result(name: str) -> pd.DataFrame:
    """Every row of a stored result, read without the product's own reader."""
    packed = (RECORDED / "labs" / name / "events.jsonl.xz").read_bytes()
    lines = lzma.decompress(packed).decode("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    rows = [
        {"table": event["table"], **row}
        for event in events
        if event["kind"] == "rows"
        for row in event["rows"]
    ]
    return pd.DataFrame(rows)


def _column(run: str, column: str) -> pd.Series:
    table = pyarrow.parquet.read_table(RECORDED / run / "telemetry.parquet").to_pandas()
    return table[column].dropna()


def test_every_step_is_measured_on_what_ships() -> None:
    assert [one.id for one, _ in measured_steps()] == list(IDS)
    for one, measured in measured_steps():
        assert measured.outcome in one.outcomes
        assert measured.scene.curves or measured.scene.bars
        assert one.kind != "choose" or measured.answer in one.options


def test_curves_end_where_the_stored_telemetry_ends() -> None:
    ids = _measured("deeper").runs
    plain = next(run for run in ids if "plain-56" in run)
    residual = next(run for run in _measured("twins").runs if "resnet-56" in run)
    for name, run in (("deeper", plain), ("twins", residual)):
        answer = _measured(name).answer
        assert isinstance(answer, tuple)
        assert answer[-1][1] == pytest.approx(_column(run, "running_error").iloc[-1], abs=0.05)
    assert _measured("training").answer == pytest.approx(
        _column(plain, "test_error").iloc[-1], abs=0.05
    )


def test_gradients_are_those_of_the_last_record() -> None:
    run = next(run for run in _measured("gradients").runs if "plain-56" in run)
    last = _column(run, "gradient_norm").iloc[-1]
    assert float(_measured("gradients").values["factor"]) == pytest.approx(
        max(last) / min(last), abs=0.5
    )


def test_numbers_of_laboratories_are_those_on_record() -> None:
    graft, lesion = _result("graft"), _result("lesion")
    copies = graft[(graft["table"] == "copies") & (graft["mode"] == "evaluation")]
    assert _measured("copy").answer == copies[copies["depth"] == 38]["error"].iloc[0]
    ends = graft[(graft["table"] == "ends") & (graft["start"] == "scratch")]
    assert _measured("search").answer == pytest.approx(ends["after"].mean())
    removed = lesion[(lesion["table"] == "removals") & (lesion["family"] == "resnet")]
    assert _measured("remove").answer == pytest.approx(removed["error"].mean())


def test_the_projections_weights_are_those_of_the_definition() -> None:
    # Each of the 12 blocks that keep their size gains a 1x1 convolution of its width squared, and
    # BN's two values a channel.
    widths = {256: 2, 512: 3, 1024: 5, 2048: 2}
    more = sum(blocks * (width * width + 2 * width) for width, blocks in widths.items())
    assert _measured("shortcut").answer == pytest.approx(100 * more / 25_557_032)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_step_has_at_most_sixty_words_in_short_sentences(language: Language) -> None:
    offenders = []
    for one, measured in measured_steps():
        texts = {
            name: without_marks(text)
            for name, text in sentences_of(one, measured, language).items()
        }
        count = sum(len(text.split()) for text in texts.values())
        if count > MOST_WORDS:
            offenders.append(f"{one.id}: {count} words")
        offenders += [f"{one.id}: {text}" for text in _long(*texts.values())]
    assert not offenders


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_the_lesson_is_long(language: Language) -> None:
    texts = [entry[language] for key, entry in catalogue().items() if key.startswith("lesson.")]
    assert not _long(*map(without_marks, texts))


def _long(*texts: str) -> list[str]:
    sentences = [one for text in texts for one in re.split(r"(?<=[.?!])\s", text)]
    return [one for one in sentences if len(one.split()) > LONGEST_SENTENCE]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_and_option_has_its_words(language: Language) -> None:
    for one, measured in measured_steps():
        for outcome in one.outcomes:
            assert say(language, f"lesson.step.{one.id}.why.{outcome}", **measured.values)
        options = options_of(one, measured, language)
        assert tuple(options) == one.options
        assert len(set(options.values())) == len(options)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_speak_of_parts_that_are_drawn(language: Language) -> None:
    for part in document(language)["steps"]:
        scene = part["scene"]
        ids = {one["id"] for one in (*scene["curves"], *scene["bars"])}
        ids |= {"shortcut", "branch"} if scene["kind"] == "blocks" else set()
        before = {
            one["id"] for one in (*scene["curves"], *scene["bars"]) if not one.get("after")
        } | (ids if scene["kind"] == "blocks" else set())
        for name in ("text", "question", "measured", "why"):
            marks = set(re.findall(r"\[\[(\w+):", part[name]))
            assert marks <= ids, (part["id"], name)
            assert name != "question" or marks <= before


def test_a_number_counts_within_its_tolerance() -> None:
    one, measured = step("training"), _measured("training")
    answer = float(str(measured.answer))
    assert is_right(one, measured, answer + 4.9)
    assert not is_right(one, measured, answer + 5.1)
    assert not is_right(one, measured, answer - 5.1)


def test_a_curve_counts_by_its_end() -> None:
    one, measured = step("deeper"), _measured("deeper")
    assert isinstance(measured.answer, tuple)
    assert is_right(one, measured, measured.answer)
    assert not is_right(one, measured, ((0.0, 90.0), (8000.0, 10.0)))
    twins = step("twins")
    assert is_right(twins, _measured("twins"), ((0.0, 90.0), (8000.0, 10.0)))
    assert not is_right(twins, _measured("twins"), ((0.0, 90.0), (8000.0, 60.0)))


def test_an_option_counts_by_its_name() -> None:
    one, measured = step("race"), _measured("race")
    assert is_right(one, measured, "residual")
    assert not is_right(one, measured, "plain")


@pytest.mark.parametrize(
    ("name", "answer"),
    [("race", "other"), ("race", 3.0), ("training", "10"), ("training", float("nan")),
     ("training", True), ("deeper", ()), ("deeper", "worse")],
)  # fmt: skip
def test_an_answer_of_another_kind_is_refused(name: str, answer: object) -> None:
    with pytest.raises(InvalidSetting):
        is_right(step(name), _measured(name), answer)  # type: ignore[arg-type]


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(InvalidSetting):
        measure("nothing")


def test_a_step_without_its_recording_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "RECORDED", tmp_path)
    left = [one.id for one, _ in measured_steps()]
    assert "shortcut" in left  # arithmetic needs no recording
    assert "deeper" not in left


def test_the_five_questions_are_answered_by_steps() -> None:
    assert len(QUIZ) == 5
    assert len({question.id for question in QUIZ}) == 5
    for question in QUIZ:
        assert question.right in question.options
        assert question.step in IDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_wrong_answer_has_a_sentence_and_an_experiment(language: Language) -> None:
    for question in document(language)["quiz"]:
        for option in question["options"]:
            assert bool(option["wrong"]) == (option["name"] != question["right"])
        assert question["source"]["path"]


def test_ids_are_of_use_in_an_address() -> None:
    assert all(re.fullmatch(r"[a-z]+", one.id) for one in STEPS)
    assert len(set(IDS)) == len(IDS)
