"""The way in: one file that is both a module of the server and a session's script."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.web.server.app_discovery import discover_asgi_app

from app import router
from app.background.measurements import training

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def nothing_is_measured(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "together", lambda _: None)


def test_streamlit_finds_the_application_with_its_routes() -> None:
    found = discover_asgi_app(ROOT / "app" / "main.py")
    assert found.is_asgi_app
    assert found.app_name == "app"


def test_as_a_script_it_shows_the_home_page() -> None:
    test = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120).run()
    assert not test.exception
    assert test.title[0].value == "Deeper should be better. Here it is not."


def test_a_language_in_the_address_is_spoken_and_kept() -> None:
    test = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    test.query_params["lang"] = "ko"
    test.run()
    assert not test.exception
    assert test.title[0].value.startswith("더 깊으면")
    assert test.session_state["lang"] == "ko"
    del test.query_params["lang"]  # as turning a page does
    test.run()
    assert test.title[0].value.startswith("더 깊으면")
    assert "ko" in test.query_params["lang"]


def test_every_page_has_a_name_in_the_navigation() -> None:
    assert router.HOME == "puzzle"
    for name in router.NAMES:
        assert (router.PAGES / f"{name}.py").is_file()


def test_the_server_keeps_to_this_machine_and_to_itself() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["address"] == "127.0.0.1"
    assert config["browser"]["gatherUsageStats"] is False
    # System fonts: nothing is fetched from elsewhere.
    assert "://" not in (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
