"""Refusal of foreign hosts and origins before any page or route; marks where visitors are.

A page of another site can make a browser send requests here (a foreign Origin), and can have its
own name point here (a foreign Host). Streamlit looks at neither for routes, and before it refuses a
WebSocket's Origin it asks the network for this machine's external address, on the event loop.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.roles import visitor

_SAFE = {"GET", "HEAD", "OPTIONS"}
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?", re.ASCII)
_REFUSED_HOST = (
    "This address is not one of the app's. Open it by its IP address, or start it with "
    "--server.allowedHosts and the name that you use."
)
_REFUSED_ORIGIN = "Pages of another site may not send requests to this app."


class Guard:
    """Middleware; the outermost, so that what it refuses costs nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = refused(scope)
        if refusal:
            await _refuse(refusal, scope, receive, send)
            return
        scope = {**scope, "headers": _marked(scope)}
        if scope["type"] == "http":
            send = _with_headers(send, _is_embedded(scope))
        await self.app(scope, receive, send)


def refused(scope: Scope) -> str:
    """Return why the request is refused; "" if it is not."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not _is_ours(_name(host)):
        return _REFUSED_HOST
    origin = headers.get("origin")
    if origin is None or (scope["type"] == "http" and scope["method"] in _SAFE):
        return ""
    # No page can set this header for a WebSocket, nor for a foreign host without being asked.
    own = {host.lower(), headers.get("x-forwarded-host", host).lower()}
    asked = urlsplit(origin)
    if asked.netloc.lower() in own or asked.hostname in _listed():
        return ""
    return _REFUSED_ORIGIN


def is_here(scope: Scope) -> bool:
    """Return whether the visitor sits at this machine: no network and no proxy lies between."""
    headers = Headers(scope=scope)
    client = scope.get("client") or ("", 0)
    return (
        _is_loopback(client[0])
        and _is_loopback(_name(headers.get("host", "")))
        and not any(name in headers for name in _FORWARDED)
    )


def _marked(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the headers with the visitor's place, which a browser cannot set, and for a WebSocket
    the origin that Streamlit accepts at once; `refused` has looked at the browser's."""
    place = b"here" if is_here(scope) else b"network"
    mark = visitor.PLACE.encode()
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != mark]
    if scope["type"] == "websocket":
        host = next(value for name, value in headers if name.lower() == b"host")
        headers = [
            (name, b"http://" + host if name.lower() == b"origin" else value)
            for name, value in headers
        ]
    return [*headers, (mark, place)]


async def _refuse(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse(reason, status_code=403)(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: a 403


def _with_headers(send: Send, embedded: bool) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "same-origin"
            if not embedded:
                headers["Content-Security-Policy"] = "frame-ancestors 'self'; base-uri 'self'"
        await send(message)

    return sending


def _is_embedded(scope: Scope) -> bool:
    """Return whether a course page shows the page in a frame; `visitor` gives it no rights."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return query.get("embed", [""])[-1].lower() == "true"


def _name(host: str) -> str:
    """Return the host without its port; "" for what is no host."""
    match = _HOST.fullmatch(host)
    return match[1].strip("[]").lower().rstrip(".") if match else ""


def _is_ours(name: str) -> bool:
    """Return whether the name is this machine's; an address cannot be made to point elsewhere."""
    if _address(name) is not None:
        return True
    return any(
        name == pattern or pattern == "*" or (pattern[:2] == "*." and name.endswith(pattern[1:]))
        for pattern in (*_own_names(), *_listed())
    )


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return name == "localhost" if address is None else address.is_loopback


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=1)
def _own_names() -> tuple[str, ...]:
    name = socket.gethostname().lower()
    return ("localhost", name, f"{name.partition('.')[0]}.local")


def _listed() -> tuple[str, ...]:
    """Return the names in Streamlit's settings."""
    hosts: Iterable[str] = st.get_option("server.allowedHosts") or ()
    address = st.get_option("browser.serverAddress")
    return tuple(host.strip().lower().rstrip(".") for host in (*hosts, address or "") if host)
