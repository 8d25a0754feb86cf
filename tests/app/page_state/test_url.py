"""A page knows its own parameters from those that somebody else wishes for."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from app.page_state import url as page_url

    query = page_url.read()
    st.text(f"{query} {page_url.is_own('shelf', query)} {page_url.is_own('other', query)}")
    page_url.write("shelf", {"book": st.text_input("book", "one")})


def test_what_a_page_wrote_is_its_own_until_somebody_changes_it() -> None:
    test = AppTest.from_function(_page)
    test.query_params["lang"] = "ko"
    test.query_params["film"] = "two"
    test.run()
    assert test.text[0].value == "{'film': 'two'} False False"
    assert dict(test.query_params) == {"book": "one", "lang": "ko"}
    test.run()
    assert test.text[0].value == "{'book': 'one'} True False"
    test.text_input[0].set_value("three").run()
    assert dict(test.query_params) == {"book": "three", "lang": "ko"}
    test.query_params["book"] = "one"  # as the Back button does
    test.run()
    assert test.text[0].value == "{'book': 'one'} False False"
