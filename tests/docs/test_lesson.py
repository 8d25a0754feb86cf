"""docs/lesson.html against what the lesson's steps measure."""

from __future__ import annotations

import pytest

from app.language.texts import LANGUAGES, Language, say
from app.page_data.lesson.handout import handout
from app.page_data.lesson.lesson import measured_steps
from app.page_data.lesson.steps import END, IDS, PLANS, QUIZ, START
from docs import lesson


def test_the_file_is_what_the_command_would_write() -> None:
    assert lesson.FILE.read_text(encoding="utf-8") == handout()


def test_it_is_one_file_that_fetches_nothing() -> None:
    text = handout()
    assert "://" not in text
    assert "<script" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_is_on_it_with_its_notes_and_no_placeholder(language: Language) -> None:
    text = handout().split(f'<main lang="{language}"')[1].split("</main>")[0]
    for step, measured in measured_steps():
        assert say(language, f"lesson.step.{step.id}.claim", **measured.values) in text
        assert say(language, f"lesson.notes.{step.id}.ask") in text
    for question in QUIZ:
        assert text.count(say(language, f"lesson.quiz.{question.id}.question")) == 2
    assert "{" not in text
    assert "[[" not in text


def test_the_plans_take_their_minutes_and_follow_the_lesson() -> None:
    order = (START, *IDS, END)
    for minutes, plan in PLANS.items():
        assert sum(plan.values()) == minutes
        assert list(plan) == [place for place in order if place in plan]
    assert set(PLANS[50]) == set(order)
    for question in QUIZ[:3]:  # what the short plan does not show, its five questions still ask
        assert question.step in PLANS[20]
