"""Fixtures of the app's tests."""

from __future__ import annotations

import pytest

from app.language import texts
from tests.app.commands_in_their_place import answering

__all__ = ["answering"]


@pytest.fixture
def say() -> texts.Speaker:
    """The catalogue in English."""
    return texts.speaker("en")
