"""The playground's modules and the catalogue name the same texts."""

from __future__ import annotations

import re
from pathlib import Path

from app.language.texts import LANGUAGES
from app.widgets.playground.playground import words

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted((ROOT / "app" / "widgets" / "playground").glob("*.mjs"))
# words.lead, words["seen.now"], words[`label.${name}`], words[`${name}.${option}`]
_NAMED = re.compile(r"""words(?:\.(\w+)|\[["`]([^\]]+)["`]\])""")


def _patterns() -> list[re.Pattern[str]]:
    """The names that modules and the page give, as expressions that match keys."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    names = [first or second for first, second in _NAMED.findall(source)]
    for pair in re.findall(r'words\[[^\]]*\? "([\w.]+)" : "([\w.]+)"\]', source):
        names += pair
    transport = (MODULES[0].parent / "transport.mjs").read_text(encoding="utf-8")
    names += re.findall(r'button\("(\w+)"', transport)
    users = (ROOT / "pages" / "playground.py", ROOT / "docs" / "playground.py")
    page = "\n".join(path.read_text(encoding="utf-8") for path in users)
    names += re.findall(r'\bt(?:ell)?\("playground\.([\w.]+)"', page)
    parts = [re.split(r"(\$\{.*?\})", name) for name in names]
    return [
        re.compile("".join(r"\w+" if part.startswith("${") else re.escape(part) for part in name))
        for name in parts
    ]


def test_every_text_that_modules_name_is_there_in_both_languages() -> None:
    for language in LANGUAGES:
        keys = list(words(language))
        missing = [one.pattern for one in _patterns() if not any(map(one.fullmatch, keys))]
        assert not missing


def test_no_text_is_left_that_nothing_names() -> None:
    patterns = _patterns()
    assert [key for key in words("en") if not any(one.fullmatch(key) for one in patterns)] == []
