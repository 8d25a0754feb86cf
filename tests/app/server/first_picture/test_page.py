"""What the home page's HTML is given, so that a picture needs no further request."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.language.texts import Language, say
from app.page_data import recordings
from app.server.first_picture import page
from resnet_core.runs import queries

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize(
    ("query", "accepted", "spoken"),
    [
        ({}, "", "en"),
        ({}, "ko-KR,ko;q=0.9", "ko"),
        ({}, "de", "en"),
        ({"lang": "en"}, "ko", "en"),
        ({"lang": "ko"}, "en", "ko"),
        ({"lang": "<b>"}, "ko", "ko"),
    ],
)
def test_the_language_is_known_from_the_request(
    query: dict[str, str], accepted: str, spoken: Language
) -> None:
    assert page.language(query, accepted) == spoken


def test_the_picture_is_of_the_recorded_runs_in_both_colours() -> None:
    body = page.in_body("en")
    told = re.search(r'id="pg-first-data">(.*?)</script>', body)
    assert told is not None
    light, dark = json.loads(told[1])
    recorded = [run.id for run in recordings.first()]
    for charts in (light, dark):
        assert [one["key"] for one in charts["series"]] == recorded
        assert set(charts["figures"]) == {"error", "response", "gradient"}
    assert light["figures"]["error"]["data"] != dark["figures"]["error"]["data"]
    assert re.findall(r'<section data-panel="(\w+)"', body) == ["error", "response", "gradient"]


def test_it_says_what_the_page_says() -> None:
    assert f"<h1>{say('ko', 'home.title')}</h1>" in page.in_body("ko")


def test_its_script_is_the_charts_own_sketch_and_no_module() -> None:
    body = page.in_body("en")
    assert "function sketch(" in body
    assert "export " not in body
    assert "import " not in body.split("<script>")[1]


def test_without_recordings_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "recorded", lambda: [])
    assert page.in_body("en") == ""


def test_nothing_in_the_data_can_end_their_script(home: Path) -> None:
    told = page.in_body("en").split('id="pg-first-data">')[1].split("</script>")[0]
    assert "<" not in told
