"""Adds the first picture to the home page as the server sends it."""

from __future__ import annotations

import logging

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.first_picture import page
from resnet_core.errors import PlaygroundError

_log = logging.getLogger(__name__)


class FirstPicture:
    """Changes the HTML of "/" and nothing else; a page of somebody's own runs is left alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_home(scope):
            await self._app(scope, receive, send)
            return
        await self._app(_unconditional(scope), receive, _Rewriting(scope, send))


class _Rewriting:
    """Holds an HTML answer back until it is whole."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = _with_picture(self._body.decode("utf-8"), self._scope).encode("utf-8")
        headers = MutableHeaders(scope=start)
        for stale in ("etag", "last-modified"):
            if stale in headers:
                del headers[stale]
        headers["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _with_picture(html: str, scope: Scope) -> str:
    query = QueryParams(scope.get("query_string", b""))
    spoken = page.language(query, Headers(scope=scope).get("accept-language", ""))
    try:
        picture = page.in_body(spoken)
    except PlaygroundError as error:
        _log.warning("%s The home page begins without its picture.", error)
        return html
    except Exception as error:  # whatever a figure raises; the charts themselves will say so
        _log.error("The home page begins without its picture.", exc_info=error)
        return html
    if not picture:
        return html
    return html.replace("</head>", f"{page.in_head()}</head>", 1).replace(
        "</body>", f"{picture}</body>", 1
    )


def _is_home(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != "/":
        return False
    return "run" not in QueryParams(scope.get("query_string", b""))


def _is_html(message: Message) -> bool:
    headers = Headers(raw=message["headers"])
    return (
        message["status"] == 200
        and headers.get("content-type", "").startswith("text/html")
        and "content-encoding" not in headers
    )


def _unconditional(scope: Scope) -> Scope:
    """Asked without conditions and without zipping: the answer is to be read and changed."""
    left_out = {b"if-none-match", b"if-modified-since", b"accept-encoding", b"range"}
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in left_out]
    return {**scope, "headers": kept}
