"""Fixtures of the app's tests."""

from __future__ import annotations

import pytest

from app import texts


@pytest.fixture
def say() -> texts.Speaker:
    """The catalogue in English."""
    return texts.speaker("en")
