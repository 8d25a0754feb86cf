"""First picture, inside the HTML that the server sends, before Streamlit begins: the home page's
recorded curves, and the lesson."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from html import escape
from pathlib import Path

from starlette.datastructures import QueryParams
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.language import texts
from app.language.texts import Language
from app.page_data import puzzle
from app.server import answers, routes
from app.server.chart_answers import ChartRequest
from app.server.first_picture import first_lesson
from resnet_core.errors import PlaygroundError

_PANELS = ("error", "response", "gradient")
_HERE = Path(__file__).parent
_SKETCH = _HERE.parents[1] / "widgets" / "live_charts" / "sketch.mjs"
_log = logging.getLogger(__name__)


class FirstPicture(BaseHTTPMiddleware):
    """Middleware that changes the HTML of "/lesson", and of "/" unless the URL names other runs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_home(scope) or _is_lesson(scope):
            await super().__call__(_unconditional(scope), receive, send)
        else:  # not wrapped: websockets and streams pass as they are
            await self.app(scope, receive, send)

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        if not _is_html(response):
            return response
        parts = [part async for part in response.body_iterator]  # type: ignore[attr-defined]
        page = Response(_with_picture(b"".join(parts).decode("utf-8"), request))
        for stale in ("etag", "last-modified"):
            del response.headers[stale]
        response.headers["content-length"] = page.headers["content-length"]
        page.raw_headers = response.raw_headers
        return page


def _with_picture(html: str, request: Request) -> str:
    reader_language = language(request.query_params, request.headers.get("accept-language", ""))
    try:
        if request.url.path == _lesson_path():
            return html.replace("<head>", f"<head>{first_lesson.in_head()}", 1).replace(
                "</body>", f"{first_lesson.in_body(reader_language)}</body>", 1
            )
        picture = in_body(reader_language)
    except PlaygroundError as error:
        _log.warning("%s The page begins without its picture.", error)
        return html
    except Exception as error:  # the charts on the page will show what is wrong
        _log.error("The page begins without its picture.", exc_info=error)
        return html
    if not picture:
        return html
    return html.replace("</head>", f"{in_head()}</head>", 1).replace(
        "</body>", f"{picture}</body>", 1
    )


def _is_home(scope: Scope) -> bool:
    if (
        scope["type"] != "http"
        or scope["method"] != "GET"
        or scope["path"] != f"{answers.base_path()}/"
    ):
        return False
    return "run" not in QueryParams(scope.get("query_string", b""))


def _is_lesson(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == _lesson_path()


def _lesson_path() -> str:
    return f"{answers.base_path()}/lesson"


def _is_html(response: Response) -> bool:
    return (
        response.status_code == 200
        and response.headers.get("content-type", "").startswith("text/html")
        and "content-encoding" not in response.headers
    )


def _unconditional(scope: Scope) -> Scope:
    """Return the scope without conditions and encodings: the response is read and changed."""
    dropped = {b"if-none-match", b"if-modified-since", b"accept-encoding", b"range"}
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in dropped]
    return {**scope, "headers": headers}


def language(query: Mapping[str, str], accepted: str) -> Language:
    """Return the reader's language as `texts.language` does, from the request alone."""
    for candidate in texts.LANGUAGES:
        if query.get(texts.PARAMETER) == candidate:
            return candidate
    return "ko" if accepted.strip().lower().startswith("ko") else "en"


def in_head() -> str:
    """Return the styles, and a preload of plotly.js with low priority."""
    script = f"{answers.routes_path()}/static/{answers.static_version()}/plotly.min.js"
    return (
        f"<style>{_read('first_picture.css')}</style>"
        f'<link rel="preload" as="script" fetchpriority="low" href="{script}">'
    )


def in_body(language: Language) -> str:
    """Return the picture with its data and script; "" where there are no recordings.

    A request of its own would wait behind those for Streamlit's scripts.

    Raises:
        PlaygroundError: the recordings cannot be read.
    """
    ids = tuple(run.id for run in puzzle.first_recording())
    if not ids:
        return ""
    say = texts.speaker(language)
    requests = [ChartRequest(runs=ids, lang=language, dark=dark) for dark in (False, True)]
    charts = [routes.newest(request) for request in requests]
    data = f"[{','.join(charts)}]".replace("<", "\\u003c")
    panels = "".join(
        f'<section data-panel="{name}"><h2></h2><div></div></section>' for name in _PANELS
    )
    return (
        f'<div id="pg-first" lang="{language}" aria-hidden="true" hidden>'
        f"<h1>{escape(say('home.title'))}</h1><p>{escape(say('home.lead'))}</p>"
        f'<p class="pg-first-caption"></p><div class="pg-first-panels">{panels}</div></div>'
        f'<script type="application/json" id="pg-first-data">{data}</script>'
        f"<script>{_script()}</script>"
    )


def _script() -> str:
    """Return the charts' sketch and the script that draws with it, as one script."""
    sketch = _SKETCH.read_text(encoding="utf-8").replace("export function", "function")
    return f"(() => {{\n{sketch}\n{_read('first_picture.js')}}})();"


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
