"""Names of files and folders: which count, and how their bytes are read as text."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

_LEFTOVERS = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
# As Korean, Japanese and Chinese Windows write names into zips.
_CODE_PAGES = ("cp949", "cp932", "gb18030")
_LATIN = "cp437"  # what the zip format says of names without a flag


def is_leftover(name: str) -> bool:
    """Return whether a file or folder is hidden, or left behind by a system."""
    return any(p.startswith(".") or p in _LEFTOVERS for p in PurePosixPath(name).parts)


def shown(name: str) -> str:
    """Return a name as people read it: composed, and its bytes read where they are not UTF-8."""
    return unicodedata.normalize("NFC", _readable(name))


def encoding_of(names: Iterable[str]) -> str | None:
    """Return the code page of the names that are not UTF-8, or None where all are."""
    odd = [os.fsencode(name) for name in names if not _is_text(name)]
    return _encoding(odd) if odd else None


def zip_encoding(names: list[str]) -> str:
    """Return the encoding of a zip's names, which were read as code page 437.

    One for all of them: UTF-8 if they fit, or a code page in which they are words.
    """
    raw = [name.encode(_LATIN) for name in names if not name.isascii()]
    return _encoding(raw) if raw else _LATIN


def natural(name: str) -> tuple[object, ...]:
    """Return a key that sorts 2 before 10."""
    parts: list[object] = []
    digits, text = "", ""
    for character in f"{name}\0":
        if character.isascii() and character.isdigit():
            digits += character
            continue
        if digits:
            parts += [text, int(digits)]
            digits, text = "", ""
        text += character
    return (*parts, text)


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _readable(name: str) -> str:
    if _is_text(name):
        return name
    raw = os.fsencode(name)
    return raw.decode(_encoding([raw]), "replace")


def _encoding(raw: list[bytes]) -> str:
    whole = b"\n".join(raw)
    try:
        whole.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        return next((page for page in _CODE_PAGES if _are_words(whole, page)), _LATIN)


def _are_words(raw: bytes, page: str) -> bool:
    """Return whether bytes are text of a code page's own script.

    Most of the code pages' characters are rare: bytes of another encoding fall there.
    """
    try:
        foreign = [character for character in raw.decode(page) if ord(character) > 127]
    except UnicodeDecodeError:
        return False
    own = sum(_is_common(character, page) for character in foreign)
    return own >= 0.9 * len(foreign)


def _is_common(character: str, page: str) -> bool:
    name = unicodedata.name(character, "")
    if page == "cp949":
        try:
            # Two bytes: one of the 2,350 syllables of KS X 1001, not composed of letters.
            own = len(character.encode("euc_kr")) == 2
        except UnicodeEncodeError:
            return False
        return own and name.startswith("HANGUL SYLLABLE")
    kana = name.startswith(("HIRAGANA", "KATAKANA"))
    return name.startswith("CJK UNIFIED") or (kana and page == "cp932")
