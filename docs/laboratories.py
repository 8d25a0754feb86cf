"""Write docs/laboratories.md from the laboratories' own texts, recorded results and flips.

    python -m docs.laboratories

A test holds the document to what this would write.
"""

from __future__ import annotations

from pathlib import Path

from resnet_core.labs import catalog
from resnet_core.labs.results import results
from resnet_core.labs.results.results import Result
from resnet_core.system import texts

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "laboratories.md"
PICTURES = "../assets/pictures/labs"


def document() -> str:
    """The whole document, Markdown."""
    flips = (ROOT / "docs" / "verdicts.md").read_text("utf-8").replace("# ", "## ", 1)
    return "\n".join([_INTRODUCTION, *(_section(name) for name in catalog.NAMES), flips])


def _section(name: str) -> str:
    """A question, what it shows, what it found when it was recorded."""
    question = catalog.question(name)
    title = question.text("en", "title")
    parts = [f"## {title}", question.text("en", "lead")]
    recorded, beside = results.recorded(name), results.beside(name)
    if recorded is not None and beside is not None:
        parts += [_both(recorded, beside), _picture(name, title)]
    elif recorded is not None:
        parts += ["Found when it was recorded:", _verdicts(recorded), _picture(name, title)]
    parts += [question.text("en", "paper"), f"```\npython -m resnet_core lab {name}\n```"]
    return "\n\n".join(parts) + "\n"


def _verdicts(recorded: Result) -> str:
    measured = f"(On {recorded.hardware}, {recorded.day}, in {recorded.seconds or 0:.0f} s.)"
    return "\n".join([*(f"- {sentence}" for sentence in recorded.sentences), "", measured])


def _both(recorded: Result, beside: Result) -> str:
    """The verdicts on both data side by side, and those that are not the same."""
    names = [texts.text("en", results.data_key(result)) for result in (recorded, beside)]
    head = "| " + " | ".join(f"On {name}" for name in names) + " |"
    cells = ["<br>".join(_verdicts(result).splitlines()) for result in (recorded, beside)]
    table = "\n".join([head, "|---|---|", "| " + " | ".join(cells) + " |"])
    return "\n\n".join(["Found when it was recorded:", table, _flips(recorded, beside)])


def _flips(recorded: Result, beside: Result) -> str:
    """The conclusions that only one of the data leads to."""
    if results.findings(recorded) == results.findings(beside):
        return "The verdicts are the same on both."
    key = f"labs.{recorded.request.laboratory}.why_flipped"
    why = texts.text("en", key) if key in texts.catalogue() else ""
    return f"The answer depends on the data. {why}".rstrip()


def _picture(name: str, title: str) -> str:
    """The picture of its page, once `make pictures` has taken it."""
    file = f"{PICTURES}/{name}.png"
    return f"![{title}]({file})" if (DOCUMENT.parent / file).is_file() else ""


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
