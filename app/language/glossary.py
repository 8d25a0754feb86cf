"""Terms, each with a sentence and the page of the experiment that shows it.

The sentences and the spellings of a term stand in the catalogue. A text's first mention of each
term is linked to its entry; its title is the sentence, which `widgets/frame` shows in a card.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from app.language.texts import Language, catalogue, say

# By group: the page that shows the term, a name under pages/.
GROUPS: dict[str, dict[str, str]] = {
    "networks": {
        "plain": "puzzle",
        "residual": "architecture",
        "shortcut": "labs/lesion",
        "h": "labs/microscope",
        "f": "labs/microscope",
        "branch": "labs/backward",
        "block": "labs/lesion",
        "stage": "architecture",
        "feature_map": "attribution",
        "filter": "labs/landscape",
        "option_a": "architecture",
        "bottleneck": "architecture",
        "relu": "labs/sweep",
        "identity": "labs/graft",
    },
    "training": {
        "degradation": "puzzle",
        "iteration": "puzzle",
        "mini_batch": "train",
        "epoch": "train",
        "learning_rate": "train",
        "warm_up": "train",
        "bn": "labs/sweep",
        "training_mode": "labs/forward",
        "evaluation_mode": "labs/landscape",
        "seed": "labs/ensemble",
        "he": "labs/sweep",
        "xavier": "labs/sweep",
        "twin": "labs/landscape",
        "fork": "runs",
    },
    "measures": {
        "training_error": "puzzle",
        "test_error": "labs/depth",
        "overfitting": "labs/depth",
        "loss": "labs/landscape",
        "gradient": "labs/backward",
        "vanishing": "labs/court",
        "response": "compare",
        "standard_deviation": "labs/forward",
        "logits": "attribution",
        "nats": "labs/landscape",
    },
    "later": {
        "alpha": "labs/dial",
        "noise": "labs/shattered",
        "highway": "labs/gates",
        "pre_activation": "labs/forward",
        "ensemble": "labs/ensemble",
        "attribution": "attribution",
        "convergence_delta": "attribution",
        "backbone": "labs/transfer",
        "head": "labs/transfer",
        "iou": "labs/transfer",
        "map": "labs/transfer",
    },
}
# Letters before and after which a spelling is part of another word; Korean particles may follow.
_BEFORE = {"en": "[A-Za-z0-9-]", "ko": "[가-힣A-Za-z0-9-]"}
_AFTER = {"en": "[A-Za-z0-9-]", "ko": "[A-Za-z0-9-]"}


def terms() -> list[str]:
    """Return the names of all terms, in the order of the glossary."""
    return [term for group in GROUPS.values() for term in group]


def page_of(term: str) -> str:
    """Return the page that shows the term, a name under pages/."""
    return next(group[term] for group in GROUPS.values() if term in group)


@lru_cache(maxsize=4)
def spellings(language: Language) -> dict[str, str]:
    """Return the term of each spelling, the longest spellings first."""
    found = {}
    for term in terms():
        for form in catalogue()[f"glossary.term.{term}.forms"][language].split(" | "):
            found[form] = found[form[:1].upper() + form[1:]] = term
    return dict(sorted(found.items(), key=lambda entry: -len(entry[0])))


@lru_cache(maxsize=4)
def pattern(language: Language) -> str:
    """Return the regular expression of all spellings, in the syntax of Python and JavaScript."""
    forms = "|".join(_literally(form) for form in spellings(language))
    return f"(?<!{_BEFORE[language]})(?:{forms})(?!{_AFTER[language]})"


def mentioned(text: str, language: Language) -> list[str]:
    """Return the terms that a text mentions, in their order."""
    found = re.findall(pattern(language), text)
    return list(dict.fromkeys(spellings(language)[form] for form in found))


def linked(text: str, language: Language, but: Collection[str] = ()) -> str:
    """Return the text as Markdown with each term's first mention linked.

    Args:
        text: without links or code.
        but: terms that stay as they are.
    """
    seen = set(but)

    def link(match: re.Match[str]) -> str:
        term = spellings(language)[match[0]]
        if term in seen:
            return match[0]
        seen.add(term)
        sentence = say(language, f"glossary.term.{term}.text").replace('"', "'")
        return f'[{match[0]}]({address(term, language)} "{sentence}")'

    return re.sub(pattern(language), link, text)


def address(term: str, language: Language) -> str:
    """Return the URL of a term's entry, relative to any page."""
    return f"glossary?term={term}&lang={language}"


def for_browser(language: Language, but: Collection[str] = ()) -> dict[str, Any]:
    """Return what `widgets/frame/linked.mjs` links terms with.

    Args:
        but: terms that stay as they are.
    """
    return {
        "pattern": pattern(language),
        "spellings": {k: v for k, v in spellings(language).items() if v not in but},
        "terms": {
            term: {
                "title": say(language, f"glossary.term.{term}.text"),
                "href": address(term, language),
            }
            for term in terms()
            if term not in but
        },
    }


def _literally(form: str) -> str:
    """Escape what both syntaxes take for operators; JavaScript refuses needless escapes."""
    return re.sub(r"([.*+?^${}()|\[\]\\/])", r"\\\1", form)
