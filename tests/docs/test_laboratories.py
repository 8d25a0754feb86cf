"""The document of the laboratories says what they say."""

from __future__ import annotations

import re

import pytest

from docs import laboratories
from resnet_core.labs import catalog
from resnet_core.labs.results import results


def test_the_document_is_what_would_be_written() -> None:
    assert laboratories.DOCUMENT.read_text(encoding="utf-8") == laboratories.document()


@pytest.mark.parametrize("name", catalog.NAMES)
def test_every_laboratory_has_a_recorded_result_that_is_told_and_pictured(name: str) -> None:
    recorded = results.recorded(name)
    assert recorded is not None
    assert recorded.state == "finished"
    written = laboratories.document()
    beside = results.beside(name)
    sentences = recorded.sentences + (beside.sentences if beside else [])
    assert all(sentence in written for sentence in sentences)
    picture = re.search(rf"\]\((\S+/{name}\.png)\)", written)
    assert picture is not None
    assert (laboratories.DOCUMENT.parent / picture[1]).is_file()
