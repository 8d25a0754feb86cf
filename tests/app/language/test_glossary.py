"""Terms and their entries: none is missing, and texts link each term once."""

from __future__ import annotations

import re

import pytest

from app.language import glossary
from app.language.texts import LANGUAGES, catalogue, say
from app.router import PAGES

# What the issue and readers asked for by name, as a reader would look for it.
ASKED = (
    *(
        "shortcut",
        "plain network",
        "F(x)",
        "H(x)",
        "response",
        "gradient norm",
        "BN",
        "training mode",
    ),
    *("evaluation mode", "mini-batch", "seed", "α", "brown noise", "white noise", "nats"),
    *("filter's length", "stage", "block", "head", "backbone", "IoU", "convergence delta"),
    *("He initialisation", "Xavier", "warm-up", "fork", "twin", "option A", "option B"),
    *("option C", "logits", "iteration", "bottleneck", "degradation", "overfitting"),
    *("training error", "test error", "ReLU", "loss", "ensemble", "highway networks"),
    *("pre-activation", "identity mappings", "feature map", "attribution map", "mAP"),
    *("vanishing gradients", "standard deviation", "learning rate", "epoch", "branch"),
)


def test_every_term_that_readers_ask_for_is_explained() -> None:
    assert [word for word in ASKED if not glossary.mentioned(word, "en")] == []


def test_the_catalogue_and_the_groups_name_the_same_terms() -> None:
    written = {key.split(".")[2] for key in catalogue() if key.startswith("glossary.term.")}
    assert sorted(glossary.terms()) == sorted(written)
    assert len(set(glossary.terms())) == len(glossary.terms())


def test_every_entry_is_one_short_sentence_and_leads_to_a_page() -> None:
    offenders = []
    for term in glossary.terms():
        text = say("en", f"glossary.term.{term}.text")
        if len(text.split()) >= 20 or text.rstrip(".").count(". "):
            offenders.append(term)
        if not (PAGES / f"{glossary.page_of(term)}.py").is_file():
            offenders.append(f"{term}: no page {glossary.page_of(term)}")
    assert not offenders


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_spelling_belongs_to_two_terms(language: str) -> None:
    forms = [
        form
        for term in glossary.terms()
        for form in catalogue()[f"glossary.term.{term}.forms"][language].split(" | ")
    ]
    assert len(forms) == len(set(forms))


def test_terms_of_a_text_in_english() -> None:
    text = "ResNet-56 adds F(x); plain networks have no shortcuts, unlike He et al.'s option A."
    assert glossary.mentioned(text, "en") == ["f", "plain", "shortcut", "option_a"]
    assert glossary.mentioned("Overfitting, seeding and mapped blocky things", "en") == [
        "overfitting"
    ]


def test_terms_of_a_text_in_korean_with_particles() -> None:
    text = "일반(plain) 신경망의 응답은 잔차 가지를 지나는 기울기 소실과 다릅니다."
    assert glossary.mentioned(text, "ko") == ["plain", "response", "branch", "vanishing"]


def test_only_the_first_mention_is_linked_and_the_text_stays() -> None:
    linked = glossary.linked("A block, then two blocks and a seed.", "en", but=["seed"])
    links = re.findall(r'\[(\w+)\]\((\S+) "([^"]+)"\)', linked)
    assert [(word, where) for word, where, _ in links] == [("block", "glossary?term=block&lang=en")]
    assert links[0][2] == say("en", "glossary.term.block.text")
    assert re.sub(r'\[(\w+)\]\(\S+ "[^"]+"\)', r"\1", linked) == (
        "A block, then two blocks and a seed."
    )


def test_the_browser_gets_the_terms_that_are_not_explained_yet() -> None:
    sent = glossary.for_browser("ko", but=["block"])
    assert "block" not in sent["terms"]
    assert "블록" not in sent["spellings"]
    assert sent["terms"]["seed"]["href"] == "glossary?term=seed&lang=ko"
