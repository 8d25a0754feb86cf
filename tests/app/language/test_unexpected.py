"""What nobody expected is a sentence on the page and a traceback in the log."""

from __future__ import annotations

import logging

import pytest
import streamlit as st

from app.language import unexpected
from resnet_core.errors import DataError


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(st, "error", said.append)
    return said


def test_an_error_for_people_is_shown_as_it_is(shown: list[str]) -> None:
    assert unexpected.on_script_error(DataError("The folder x is empty; put images into it."))
    assert shown == ["The folder x is empty; put images into it."]


def test_a_fault_is_logged_and_not_spread_over_the_page(
    shown: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert unexpected.on_script_error(ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError" in shown[0]
    assert "Reload the page" in shown[0]
    assert "division by zero" in caplog.text
