"""Write docs/playground.html: the page Playground as one file that needs no server.

    python -m docs.playground

A test holds the file to what this would write.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from app.figures.labels import network_label
from app.language.texts import LANGUAGES, Language, say, speaker
from app.page_data import puzzle
from app.widgets.playground.playground import words
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "playground.html"
WIDGETS = ROOT / "app" / "widgets"
MOST_BYTES = 400_000
MOST_POINTS = 60  # of a recorded curve
_FOLDERS = (WIDGETS / "playground", WIDGETS / "live_charts")
_IMPORT = re.compile(r'^import \{ ([^}]+) \} from "\./([\w.]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:class|function|const) (\w+))", re.MULTILINE)


def page() -> str:
    """Return the whole file, HTML."""
    data = {
        "words": {language: _words(language) for language in LANGUAGES},
        "workers": {name: bundle(f"{name}_worker.mjs") for name in ("training", "runs")},
        "recorded": recorded(),
    }
    style = "\n".join(_source(name) for name in ("standalone.css", "playground.css"))
    text = _PAGE.format(
        style=style,
        data=json.dumps(data, ensure_ascii=False).replace("</", "<\\/"),
        script=bundle("standalone.mjs").replace("</", "<\\/"),
    )
    return text


@cache
def recorded() -> dict[str, Any]:
    """Return the home page's recorded run on photographs: curves, and what is said of them."""
    runs = puzzle.first_recording()
    errors = puzzle.final_errors(runs) or {}
    curves = []
    for run in {run.experiment.network: run for run in reversed(runs)}.values():
        name = run.experiment.network.removeprefix("cifar/")
        frame = queries.measured(run).frame[["iteration", "running_error"]].dropna()
        shown = frame.iloc[:: -(-len(frame) // MOST_POINTS)]
        curve = {"name": network_label(name), "deep": not name.endswith("-20")}
        curve["family"] = "plain" if name.startswith("plain") else "residual"
        curve["x"] = [int(value) for value in shown["iteration"]]
        curve["y"] = [round(float(value), 1) for value in shown["running_error"]]
        curves.append({**curve, "error": errors[name]})
    return {"curves": curves, **{language: _said_of(runs, language) for language in LANGUAGES}}


def _said_of(runs: list[RunRecord], language: Language) -> dict[str, str]:
    tell = speaker(language)
    return {
        "title": tell("playground.photographs"),
        "curve": tell("playground.curve.error"),
        "data": tell("playground.recorded", data=runs[0].data_title),
        "note": puzzle.measured_on(runs, tell),
        "seen": " ".join(puzzle.verdict(runs, tell)),
    }


def bundle(entry: str) -> str:
    """Return a module and all that it imports as one classic script: a function for each module,
    which returns what the module exports."""
    parts = ['"use strict";', "const modules = {};"]
    parts += [_as_function(name) for name in _in_order(entry, [])]
    return "\n".join(parts)


def _in_order(name: str, before: list[str]) -> list[str]:
    """Return the names of a module's imports and its own, each after all that it imports."""
    for _, imported in _IMPORT.findall(_source(name)):
        if imported not in before:
            before = _in_order(imported, before)
    return [*before, name]


def _as_function(name: str) -> str:
    source = _source(name)
    exports = ", ".join(word for _, word in _EXPORT.findall(source))
    source = _IMPORT.sub(r'const { \1 } = modules["\2"];', source)
    source = _EXPORT.sub(r"\1", source)
    if left := re.search(r"^(import|export)\b.*|import\.meta", source, re.MULTILINE):
        raise ValueError(f"{name}: this form is not bundled: {left[0]}")
    return f'modules["{name}"] = (() => {{\n{source}\nreturn {{ {exports} }};\n}})();'


def _source(name: str) -> str:
    path = next(folder / name for folder in _FOLDERS if (folder / name).is_file())
    return path.read_text(encoding="utf-8")


def _words(language: str) -> dict[str, str]:
    chosen = next(one for one in LANGUAGES if one == language)
    switch = {name: say(chosen, f"common.switch.{name}") for name in ("light", "dark")}
    return {**words(chosen), **switch}


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Playground</title>
<link rel="icon" href="data:,">
<style>
{style}
</style>
</head>
<body>
<script>
globalThis.residualPlayground = {data};
</script>
<script>
{script}
</script>
</body>
</html>
"""


def main() -> None:
    FILE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
