"""Opening the app to the network: a second server in the same process, on purpose only."""

from __future__ import annotations

import asyncio
import urllib.request

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.server import network


def test_nothing_is_told_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_network", network._Network())
    monkeypatch.setattr(network, "_own_address_only", lambda: True)
    assert network.addresses() == []


def test_the_same_application_answers_on_another_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_own_address_only", lambda: True)
    opened = network._Network()
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])

    async def served() -> bytes:
        opened.attach(app)
        await asyncio.to_thread(opened.open)
        port = opened.port
        await asyncio.to_thread(opened.open)  # a second press changes nothing
        assert opened.port == port
        try:
            return await asyncio.to_thread(_read, f"http://127.0.0.1:{port}/")
        finally:
            opened.close()
            await asyncio.sleep(0.3)

    assert asyncio.run(served()) == b"here"


def _read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        content: bytes = answer.read()
        return content


def test_a_qr_code_is_one_svg() -> None:
    pytest.importorskip("segno")
    picture = network.qr_svg("http://192.168.4.1:8502/classroom?code=ACD347")
    assert picture.startswith("<svg")
    assert picture.count("<svg") == 1
