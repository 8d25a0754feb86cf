"""docs/figure7.md and docs/figure7.csv are what the recordings say."""

from __future__ import annotations

import pandas as pd

from docs import figure7


def test_document_and_table_are_those_of_the_recordings() -> None:
    table = figure7.table()
    assert figure7.DOCUMENT.read_text(encoding="utf-8") == figure7.document(table)
    pd.testing.assert_frame_equal(pd.read_csv(figure7.TABLE), table)


def test_the_papers_four_networks_are_there() -> None:
    assert {"plain-20", "plain-56", "resnet-20", "resnet-56"} <= set(figure7.table()["network"])
