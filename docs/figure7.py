"""Write docs/figure7.md and docs/figure7.csv from the recordings: Fig. 7 as numbers.

    python -m docs.figure7

A test holds both files to what this would write.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from app.figures.labels import network_label
from app.language.texts import say
from app.page_data import puzzle, responses
from resnet_core.runs import queries

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "figure7.md"
TABLE = ROOT / "docs" / "figure7.csv"


def table() -> pd.DataFrame:
    """Every layer of every recorded network whose responses were measured."""
    return responses.response_table(queries.recorded())


def document(table: pd.DataFrame) -> str:
    """The document, Markdown."""
    rows = [
        f"| {network_label(row.network)} | {_set_name(row.set)} | {row.training_std:.3f} | "
        f"{row.evaluation_std:.3f} | {row.seeds} |"
        for row in responses.summary(table).itertuples()
    ]
    return "\n".join([_INTRODUCTION, *rows, ""])


def _set_name(group: str) -> str:
    return say("en", f"home.set.{group}") if group in puzzle.GROUPS else group


_INTRODUCTION = """# Figure 7 as numbers

The paper's Fig. 7 shows the standard deviation of each layer's response; no numbers were
published. These are ours: of every 3x3 layer, its output after BN and before the nonlinearity or
the addition, over training images without augmentation, at the end of training. In training mode
BN uses each mini-batch's mean and variance, in evaluation mode its running ones; the paper does not
say which it shows. [figure7.csv](figure7.csv) has every layer of every network and seed; the app
gives the same table under *Paper vs ours*. `python -m resnet_core reproduce figure7` trains the
networks and measures them, `python -m resnet_core responses RUN` measures one. Written by
`python -m docs.figure7`.

Median over the layers, mean over the seeds (a plain network's few largest responses decide a mean):

| network | set | training mode | evaluation mode | seeds |
|---|---|---:|---:|---:|"""


def main() -> None:
    rows = table()
    DOCUMENT.write_text(document(rows), encoding="utf-8")
    rows.to_csv(TABLE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
