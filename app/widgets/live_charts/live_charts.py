"""Three live panels over runs: error, response and gradient by layer, one time for all.

The component asks the read-only routes of `app.server.routes` for news by itself; the page is not
run again for a new point, so nothing flickers and what people zoomed stays zoomed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app import theme
from app.language import texts
from app.language.texts import t
from app.page_state.page import touch
from app.page_state.view import View
from app.server import answers
from app.widgets.component import component
from resnet_core.errors import InvalidSetting

_HERE = Path(__file__).parent
COMPONENT = (_HERE / "component.js").read_text(encoding="utf-8")
_component = component("live_charts", _HERE, js=COMPONENT, isolate_styles=False)


def live_charts(
    run_ids: Sequence[str],
    view: View,
    key: str,
    *,
    compact: bool = False,
    remember: bool = False,
    hold: bool = False,
    play: bool = False,
    empty: str = "",
    on_seen: Callable[[], None] = lambda: None,
) -> View:
    """Show the runs, and follow them while they last.

    When the last active run ends, the page is run once more, to show the end.

    Args:
        view: the axes and settings of the charts; `at`, `hidden` and `zoom` apply only when
            the charts first appear, then they are the reader's.
        key: of the widget; the same key is the same charts, whatever runs they show.
        compact: lower panels.
        remember: run the page again a moment after the reader scrubs, zooms or hides a
            curve, so that it can keep that in its URL.
        hold: wait at iteration 0 with the rest covered, until this is no longer so.
        play: play from the beginning once.
        empty: the text where there are no runs.
        on_seen: called before the page runs after the reader's change of the charts.

    Returns:
        The view with the reader's `at`, `hidden` and `zoom`.
    """
    result = _component(
        key=key,
        data=_data(run_ids, view, compact, remember, hold, play, empty or t("charts.empty")),
        default={"seen": None},
        # Streamlit keeps a component's state only where there are callbacks.
        on_seen_change=on_seen,
        on_ended_change=touch,
    )
    return _with_change(view, result.seen)


def _data(
    run_ids: Sequence[str],
    view: View,
    compact: bool,
    remember: bool,
    hold: bool,
    play: bool,
    empty: str,
) -> dict[str, Any]:
    parameters = view.changed(at=None, hidden=(), zoom=None).to_query()
    language, dark = texts.language(), theme.is_dark()
    query = {
        "runs": ",".join(run_ids),
        **parameters,
        "lang": language,
        "dark": "1" if dark else "0",
    }
    return {
        "routes": answers.routes_path(),
        "version": answers.static_version(),
        "module": "chart_cache.mjs",
        "query": urlencode(query, safe=",") if run_ids else "",
        "language": language,
        "x": view.x,
        "order": view.order,
        "at": view.at,
        "hidden": list(view.hidden),
        "zoom": list(view.zoom) if view.zoom else None,
        "compact": compact,
        "remember": remember,
        "hold": hold,
        "play": play,
        "empty": empty,
        "words": _words(),
    }


def _words() -> dict[str, Any]:
    """Return the component's words; the browser fills in the placeholders."""
    columns = ("network", "train", "test", "response", "gradient", "status")
    return {
        **{name: t(f"charts.live.{name}") for name in _PLAIN_WORDS},
        "layer": t("charts.live.layer", n="{n}"),
        **{name: t(f"charts.live.{name}", **_BLANKS) for name in ("stands", "stands_alone")},
        "at": {x: t(f"charts.live.at.{x}", n="{n}") for x in ("iterations", "epochs", "seconds")},
        "columns": {name: t(f"charts.live.columns.{name}") for name in columns},
    }


_BLANKS = {name: f"{{{name}}}" for name in ("first", "last", "error", "points")}
_PLAIN_WORDS = ("keys", "play", "pause", "time", "newest", "reset", "lost", "show", "hide", "mean")


def _with_change(view: View, change: Any) -> View:
    """Return the view with the browser's change, which is checked like a URL."""
    if not isinstance(change, dict):
        return view
    for name in ("at", "hidden", "zoom"):
        default = View.field(name).default
        value = change.get(name)
        try:
            view = view.changed(**{name: default if value is None else value})
        except InvalidSetting:
            view = view.changed(**{name: default})
    return view
