"""docs/playground.html against the modules that it is made of."""

from __future__ import annotations

import pytest

from docs import playground


def test_the_file_is_what_the_command_would_write() -> None:
    assert playground.FILE.read_text(encoding="utf-8") == playground.page()


def test_the_file_is_small_and_names_no_other_place() -> None:
    text = playground.page()
    assert len(text.encode()) <= playground.MOST_BYTES
    assert "http://www.w3.org/2000/svg" in text  # a name, never fetched
    assert text.replace("http://www.w3.org/2000/svg", "").count("://") == 0


def test_the_recorded_curves_end_where_the_sentence_says() -> None:
    recorded = playground.recorded()
    assert len(recorded["curves"]) == 4
    for curve in recorded["curves"]:
        assert len(curve["x"]) == len(curve["y"]) <= playground.MOST_POINTS
        for language in ("en", "ko"):
            assert f"{curve['error']:.1f} %" in recorded[language]["seen"]


def test_a_form_of_import_that_cannot_be_bundled_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(playground, "_source", lambda _: 'import all from "./data.mjs";\n')
    with pytest.raises(ValueError, match="not bundled: import all"):
        playground.bundle("some.mjs")
