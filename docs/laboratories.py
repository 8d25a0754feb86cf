"""Write docs/laboratories.md from the laboratories' own texts and recorded results.

    python -m docs.laboratories

A test holds the document to what this would write.
"""

from __future__ import annotations

from pathlib import Path

from resnet_core.labs import catalog
from resnet_core.labs.results import results
from resnet_core.labs.results.results import Result

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "laboratories.md"
PICTURES = "../assets/pictures/labs"


def document() -> str:
    """The whole document, Markdown."""
    return "\n".join([_INTRODUCTION, *(_section(name) for name in catalog.NAMES)])


def _section(name: str) -> str:
    """A question, what it shows, what it found when it was recorded."""
    question = catalog.question(name)
    title = question.text("en", "title")
    parts = [f"## {title}", question.text("en", "lead")]
    recorded = results.recorded(name)
    if recorded is not None:
        parts += ["Found when it was recorded:", _verdicts(recorded), _picture(name, title)]
    parts += [question.text("en", "paper"), f"```\npython -m resnet_core lab {name}\n```"]
    return "\n\n".join(parts) + "\n"


def _verdicts(recorded: Result) -> str:
    measured = f"(On {recorded.hardware}, {recorded.day}, in {recorded.seconds or 0:.0f} s.)"
    return "\n".join([*(f"- {sentence}" for sentence in recorded.sentences), "", measured])


def _picture(name: str, title: str) -> str:
    return f"![{title}]({PICTURES}/{name}.png)"


_INTRODUCTION = """# The laboratories

Each asks one "why" of the paper of a trained network: one on record, or your own. The pages are in
the app under *Why?*; each also runs from the command line, with `--run ID` for a network of your
own, `--help` for its settings and `--json` for a program. Written by `python -m docs.laboratories`;
the pictures are taken from the running app by `make pictures`.
"""


def main() -> None:
    DOCUMENT.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
