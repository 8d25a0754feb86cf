"""The augmentation page without a browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.language.texts import say
from resnet_core.data import catalog
from tests.opened_page import opened, said

_open = partial(opened, "augmentation")


def _pictures(test: AppTest) -> list[str]:
    return [element.body for element in test.get("html")]


def test_it_opens_with_an_embedded_picture_and_every_step(home: Path) -> None:
    test = _open()
    text = said(test)
    assert "**1 · The picture**, 640 × 384" in text
    assert "**6 · Mean subtracted**" in text
    assert "Krizhevsky et al. 2012" in text
    assert sum(html.count("<img") for html in _pictures(test)) == 6 + 8 + 1 + 10


@pytest.mark.parametrize("draw", ["size", "place", "mirror", "colour"])
def test_each_draw_can_be_drawn_again(home: Path, draw: str) -> None:
    test = _open()
    button = next(one for one in test.button if one.key.endswith(f"again.{draw}"))
    assert button.label == say("en", "augmentation.again", seed=0)
    button.click().run()
    assert not test.exception
    assert test.query_params[draw] == "1"
    again = next(one for one in test.button if one.key.endswith(f"again.{draw}"))
    assert again.label == say("en", "augmentation.again", seed=1)


def test_everything_can_be_drawn_again_at_once(home: Path) -> None:
    test = _open(size="3")
    next(one for one in test.button if one.key.endswith(".all")).click().run()
    query = {name: test.query_params[name] for name in ("size", "place", "mirror", "colour")}
    assert query == {"size": "4", "place": "1", "mirror": "1", "colour": "1"}


def test_the_last_seed_is_followed_by_the_first(home: Path) -> None:
    test = _open(size="9999")
    next(one for one in test.button if one.key.endswith("again.size")).click().run()
    assert "size" not in test.query_params


def test_cifars_recipe_names_the_set_whose_mean_it_subtracts(home: Path) -> None:
    test = _open(recipe="cifar", picture="shapes-3")
    text = said(test)
    assert "5,120 training images of shapes (embedded)" in text
    assert "40 × 40" in text
    assert sum(html.count("<img") for html in _pictures(test)) == 4 + 16


def test_the_same_link_shows_the_same_pictures(home: Path) -> None:
    query = {"picture": "shapes-2", "place": "7", "mirror": "1"}
    assert _pictures(_open(**query)) == _pictures(_open(**query))


def test_a_set_that_is_not_here_gives_way(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = catalog.Entry("shapes", "shapes", True, None, "")
    monkeypatch.setattr(catalog, "available", lambda: [embedded])
    test = _open(picture="cifar100-3")
    assert "picture" not in test.query_params
    assert "640 × 384" in said(test)


def test_in_korean_too(home: Path) -> None:
    assert "평균 빼기" in said(_open(lang="ko"))
