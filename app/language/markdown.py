"""Text inside Streamlit's Markdown."""

from __future__ import annotations

_SPECIAL = frozenset("\\`*_{}[]()<>#+!|$~:")


def escaped(text: str) -> str:
    """Escape the text so that Markdown shows it unchanged."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)


def fault(text: str) -> str:
    """Return Markdown for an error beneath a control: small, red, with an icon; text escaped."""
    return f":small[:red[:material/error: {escaped(text)}]]"
