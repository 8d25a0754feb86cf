"""A page run without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

PAGES = Path(__file__).resolve().parents[1] / "pages"


def opened(page: str, **query: str) -> AppTest:
    """`pages/PAGE.py` with this query in its URL, run to its end without an exception."""
    test = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=120)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, [error.value for error in test.exception]
    return test


def said(test: AppTest) -> str:
    """Its markdown and captions."""
    return "\n".join(element.value for element in [*test.markdown, *test.caption])
