"""A page between its URL, its controls and the session, also when its runs are cut short."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from app.language.texts import choose
    from app.page_state.page import Page, rerun, touch
    from app.page_state.query import PageState

    def switch() -> None:
        touch()
        choose("ko")

    class Shelf(PageState):
        book: str = "one"
        place: int = 0
        open: bool = False

    page = Page("shelf", Shelf, keep=st.session_state.get("keep", False))
    page.show_errors()
    page.control("book", "Book")
    page.control("open", "Open")
    st.button("한국어", key="language", on_click=switch)
    st.button("Next", key=page.key("next"), on_click=lambda: page.load(place=page.state.place + 1))
    if st.session_state.pop("look again", False):
        page.write()
        st.query_params.from_dict({"book": "two"})  # of the fragment's event, sent before
        rerun()
    st.text(f"{page.state.book} {page.state.place} {page.state.open}")
    if st.session_state.get("cut"):
        st.stop()  # as the next event does to a run
    page.write()


def opened(**query: str) -> AppTest:
    test = AppTest.from_function(_page)
    for name, text in query.items():
        test.query_params[name] = text
    return test.run()


def query(test: AppTest) -> dict[str, str]:
    parameters = test.query_params.items()
    return {name: text if isinstance(text, str) else text[0] for name, text in parameters}


def go_to(test: AppTest, parameters: Mapping[str, str]) -> AppTest:
    """Show the page at another URL: a link, the Back button, or an address typed."""
    test.query_params.clear()
    for name, text in parameters.items():
        test.query_params[name] = text
    return test.run()


def test_a_page_shows_its_url_and_its_url_says_what_it_shows() -> None:
    test = opened(lang="ko", book="two", open="1")
    assert test.text[0].value == "two 0 True"
    assert query(test) == {"book": "two", "open": "true", "lang": "ko"}
    test.text_input[0].set_value("three").run()
    assert test.text[0].value == "three 0 True"
    assert query(test) == {"book": "three", "open": "true", "lang": "ko"}


def test_another_url_sets_the_controls_anew() -> None:
    test = opened(book="two")
    test.text_input[0].set_value("three").run()
    go_to(test, {"book": "two"})
    assert test.text[0].value == "two 0 False"
    assert test.text_input[0].value == "two"
    go_to(test, {})
    assert test.text[0].value == "one 0 False"


def test_a_page_may_be_shown_as_it_was_left() -> None:
    test = AppTest.from_function(_page)
    test.session_state["keep"] = True
    test.run()
    test.text_input[0].set_value("three").run()
    go_to(test, {})
    assert test.text[0].value == "three 0 False"
    assert query(test) == {"book": "three"}
    go_to(test, {"open": "true"})
    assert test.text[0].value == "one 0 True"


def test_a_click_counts_even_if_the_run_before_it_never_came_to_its_end() -> None:
    """On a slow machine people click before the page is complete."""
    test = AppTest.from_function(_page)
    test.query_params["place"] = "4"
    test.session_state["cut"] = True
    test.run()
    test.button[-1].click().run()
    assert test.text[0].value == "one 5 False"
    test.button[-1].click().run()
    test.session_state["cut"] = False
    test.toggle[0].set_value(True).run()
    assert test.text[0].value == "one 6 True"
    assert query(test) == {"place": "6", "open": "true"}


def test_an_event_with_an_older_url_undoes_nothing() -> None:
    """A browser sends the URL that it showed at the moment of a click."""
    test = opened(book="two")
    test.text_input[0].set_value("three").run()
    test.query_params["book"] = "two"
    test.toggle[0].set_value(True).run()
    assert test.text[0].value == "three 0 True"
    assert query(test) == {"book": "three", "open": "true"}


def test_a_page_that_looks_again_by_itself_keeps_its_state() -> None:
    """A fragment's event may carry the URL from before a click."""
    test = opened(book="two")
    test.session_state["look again"] = True
    test.text_input[0].set_value("three").run()
    assert test.text[0].value == "three 0 False"
    assert query(test) == {"book": "three"}


def test_a_change_of_language_keeps_the_state_whatever_url_its_event_carries() -> None:
    test = opened(book="two")
    test.text_input[0].set_value("three").run()
    test.query_params["book"] = "two"
    test.button(key="language").click().run()
    assert test.text[0].value == "three 0 False"
    assert query(test) == {"book": "three", "lang": "ko"}


def test_controls_keep_their_values_when_their_labels_change_language() -> None:
    test = opened()
    test.text_input[0].set_value("three").run()
    test.query_params["lang"] = "ko"
    test.run()
    assert test.text_input[0].value == "three"


def test_what_other_sites_add_to_a_link_is_ignored_and_dropped() -> None:
    test = opened(book="two", utm_source="news", fbclid="abc", gclid="x", ref="y")
    assert not test.warning
    assert test.text[0].value == "two 0 False"
    assert query(test) == {"book": "two"}
    assert "utmost" in opened(utmost="1").warning[0].value


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_a_url_cannot_mean_is_said_until_something_is_changed(language: str) -> None:
    test = opened(place="many", open="true", lang=language)
    assert len(test.warning) == 1
    assert "place" in test.warning[0].value
    assert test.text[0].value == "one 0 True"
    assert len(test.run().warning) == 1
    test.text_input[0].set_value("three").run()
    assert not test.warning
