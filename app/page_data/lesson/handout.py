"""The lesson on paper: one HTML file with a sheet for students and notes for the teacher.

It has both languages; the one that is chosen at its top is shown and printed.
"""

from __future__ import annotations

import math
from html import escape

from app.figures.lesson import Curve, Scene
from app.language.texts import LANGUAGES, Language, speaker
from app.page_data.lesson.document import document, options_of, sentences_of, without_marks
from app.page_data.lesson.lesson import measured_steps
from app.page_data.lesson.measured import Measured
from app.page_data.lesson.steps import PLANS, Step

_NAMES = {"en": "English", "ko": "한국어"}
_WIDTH, _HEIGHT, _LEFT, _FOOT = 420, 190, 46, 26  # of a picture, and of its margins, in pixels
_GREYS = ("#000", "#777")


def handout(first: Language = "en") -> str:
    """Return the whole file.

    Args:
        first: the language that it opens in.
    """
    choices = "".join(
        f'<input type="radio" name="language" id="{language}"{" checked" * (language == first)}>'
        f'<label for="{language}">{_NAMES[language]}</label>'
        for language in LANGUAGES
    )
    sheets = "".join(_in_language(language) for language in LANGUAGES)
    title = escape(speaker(first)("lesson.handout.title"))
    return _PAGE.format(lang=first, title=title, style=_STYLE, choices=choices, sheets=sheets)


def _in_language(language: Language) -> str:
    say = speaker(language)
    steps = measured_steps()
    parts = [
        f"<h1>{escape(say('lesson.handout.title'))}</h1>",
        f'<p class="who">{say("lesson.handout.name")} ____________________ '
        f"{say('lesson.handout.date')} ____________</p>",
        _questions(language, "before"),
        "".join(_task(number, *one, language) for number, one in enumerate(steps, start=1)),
        _questions(language, "after"),
        f'<section class="page"><h2>{say("lesson.handout.answers")}</h2><ol>',
        "".join(_answer(*one, language) for one in steps),
        f"</ol><p>{escape(say('lesson.handout.source'))}</p></section>",
        _teacher(language),
    ]
    return f'<main lang="{language}" class="{language}">{"".join(parts)}</main>'


def _questions(language: Language, when: str) -> str:
    say = speaker(language)
    items = "".join(
        f"<li>{escape(question['question'])}<br>"
        + " ".join(f"<span>☐ {escape(option['label'])}</span>" for option in question["options"])
        + "</li>"
        for question in document(language)["quiz"]
    )
    heading = say("lesson.handout.before") if when == "before" else say("lesson.handout.after")
    listed = f'<ol class="choices">{items}</ol>'
    return f'<section class="page"><h2>{escape(heading)}</h2>{listed}</section>'


def _task(number: int, step: Step, measured: Measured, language: Language) -> str:
    """Return a step as far as its question, with room for the answer."""
    say = speaker(language)
    words = {name: _plain(text) for name, text in sentences_of(step, measured, language).items()}
    options = options_of(step, measured, language).values()
    room = "".join(f"<span>☐ {escape(option)}</span> " for option in options)
    if step.kind == "number":
        room = f"{say('lesson.handout.guess')}: ________ {step.unit}"
    elif step.kind == "curve":
        room = f"{say('lesson.handout.draw')}<br>{_picture(measured.scene, language)}"
    return (
        f'<section class="task"><h3>{number}. {words["claim"]}</h3><p>{words["text"]}</p>'
        f'<p class="question">{words["question"]}</p><p class="choices">{room}</p></section>'
    )


def _answer(step: Step, measured: Measured, language: Language) -> str:
    words = {name: _plain(text) for name, text in sentences_of(step, measured, language).items()}
    return f"<li><b>{words['claim']}</b> {words['measured']} {words['why']}</li>"


def _teacher(language: Language) -> str:
    """Return both plans as a table, with what students say and what to ask next."""
    say = speaker(language)
    steps = {step.id: sentences_of(step, measured, language) for step, measured in measured_steps()}
    heads = (
        say("lesson.handout.step"),
        *(say("lesson.handout.plan", minutes=minutes) for minutes in PLANS),
        *(say(f"lesson.handout.{name}") for name in ("say", "ask")),
    )
    rows = []
    for place in PLANS[max(PLANS)]:
        known = place in steps
        claim = steps[place]["claim"] if known else say(f"lesson.ui.{place}")
        notes = [say(f"lesson.notes.{place}.{name}") if known else "" for name in ("say", "ask")]
        minutes = [_minutes(plan, place, language) for plan in PLANS]
        cells = "".join(f"<td>{escape(text)}</td>" for text in (claim, *minutes, *notes))
        rows.append(f"<tr>{cells}</tr>")
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return (
        f'<section class="page"><h2>{escape(say("lesson.handout.for_teacher"))}</h2>'
        f"<table><tr>{head}</tr>{''.join(rows)}</table></section>"
    )


def _minutes(plan: int, place: str, language: Language) -> str:
    minutes = PLANS[plan].get(place)
    unit = speaker(language)("lesson.handout.minutes")
    return f"{minutes} {unit}" if minutes else "–"


def _plain(text: str) -> str:
    return escape(without_marks(text))


def _picture(scene: Scene, language: Language) -> str:
    """Return the axes and the curves that are known before the answer, to draw on."""
    say = speaker(language)
    right, bottom = _WIDTH - 70, _HEIGHT - _FOOT
    grid = []
    for percent in range(0, 101, 20):
        y = bottom - (bottom - 8) * percent / 100
        grid.append(f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>')
        grid.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{percent}</text>')
    known = [curve for curve in scene.curves if not curve.after]
    lines = [_line(curve, scene, right, bottom, at) for at, curve in enumerate(known)]
    axis = say(f"lesson.axis.{scene.x}")
    last = f"{scene.high_x:,.0f}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" '
        f'aria-label="{escape(say(f"lesson.axis.{scene.y}"))}">{"".join(grid)}{"".join(lines)}'
        f'<text x="{_LEFT}" y="{_HEIGHT - 8}">0 · {escape(axis)}</text>'
        f'<text x="{right}" y="{_HEIGHT - 8}" text-anchor="end">{last}</text></svg>'
    )


def _line(curve: Curve, scene: Scene, right: float, bottom: float, place: int) -> str:
    span = scene.high_x - scene.low_x
    points = [
        (
            _LEFT + (right - _LEFT) * (x - scene.low_x) / span,
            bottom - (bottom - 8) * min(max(y, 0), 100) / 100,
        )
        for x, y in curve.points
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points if math.isfinite(y))
    grey = _GREYS[place % len(_GREYS)]
    name = f'<text x="{right + 5}" y="{points[-1][1] + 4:.1f}">{escape(curve.label)}</text>'
    return f'<polyline points="{path}" stroke="{grey}"/>{name}'


_STYLE = """
body { font: 15px/1.5 "Noto Sans", "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic",
  "Noto Sans KR", sans-serif; color: #000; background: #fff; max-width: 46rem; margin: 1.5rem auto;
  padding: 0 1rem; word-break: keep-all; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; } h3 { margin: 0 0 0.3rem; font-size: 1.05rem; }
p { margin: 0 0 0.4rem; } .question { font-weight: 600; }
.task { border-top: 1px solid #999; padding: 0.7rem 0; break-inside: avoid; }
.choices span { display: inline-block; margin-right: 1.2rem; }
li { margin-bottom: 0.5rem; break-inside: avoid; }
table { border-collapse: collapse; font-size: 0.85rem; } th, td { border: 1px solid #999;
  padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; }
svg line { stroke: #ccc; } svg polyline { fill: none; stroke-width: 2; }
svg text { font-size: 11px; }
nav label { margin-right: 1rem; }
body:has(#en:checked) main.ko, body:has(#ko:checked) main.en { display: none; }
@media print { nav { display: none; } .page { break-before: page; } h1 ~ .page:first-of-type
  { break-before: auto; } body { margin: 0; max-width: none; } }
"""

_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<nav>{choices}</nav>
{sheets}
</body>
</html>
"""
