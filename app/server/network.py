"""Opening the app to the network on purpose, beside the address of this machine alone.

The server that Streamlit starts answers this machine. A second one, in the same process and on the
next free port, serves the same pages to the network once the owner asks for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import socket
import threading
from collections.abc import Iterator
from functools import lru_cache

import psutil
import streamlit as st
import uvicorn
from starlette.types import ASGIApp

from resnet_core.errors import PlaygroundError

_PORTS = 20  # that are tried after the server's own
_log = logging.getLogger(__name__)


class _Quiet(uvicorn.Server):
    """A server that leaves the process's signals to the first one."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Network:
    """The second server, at most one."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: _Quiet | None = None
        self._lock = threading.Lock()
        self.port = 0

    def attach(self, app: ASGIApp) -> None:
        """Remember what to serve; called on the event loop when the first server starts."""
        self._app, self._loop = app, asyncio.get_running_loop()

    def open(self) -> None:
        """Serve the network from now on; nothing happens if that is done already.

        Raises:
            PlaygroundError: there is no free port, or no server.
        """
        with self._lock:
            if self._server is not None or not _own_address_only():
                return
            if self._app is None or self._loop is None:
                raise PlaygroundError("classroom.no_server")
            listener = _listener(int(st.get_option("server.port")) + 1)
            self.port = listener.getsockname()[1]
            config = uvicorn.Config(
                self._app, lifespan="off", log_level="warning", ws_ping_interval=30
            )
            self._server = _Quiet(config)
            asyncio.run_coroutine_threadsafe(self._server.serve([listener]), self._loop)

    def close(self) -> None:
        """Have the second server end; called on the event loop."""
        if self._server is not None:
            self._server.should_exit = True

    @property
    def is_open(self) -> bool:
        return self._server is not None or not _own_address_only()


_network = _Network()
attach, close, open_to_network = _network.attach, _network.close, _network.open


def addresses() -> list[str]:
    """Return where the network finds the app, the likeliest first; [] while it is closed."""
    if not _network.is_open:
        return []
    port = _network.port or int(st.get_option("server.port"))
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    return [f"{scheme}://{host}:{port}" for host in _hosts()]


@lru_cache(maxsize=16)
def qr_svg(text: str) -> str:
    """Return a QR code as SVG; "" where the package for it is not installed."""
    try:
        import segno
    except ModuleNotFoundError:
        return ""
    picture = io.BytesIO()
    segno.make(text, error="m").save(
        picture, kind="svg", xmldecl=False, svgns=True, scale=8, border=3, light="#fff"
    )
    return picture.getvalue().decode()


def _own_address_only() -> bool:
    """Return whether Streamlit's server answers this machine alone."""
    return str(st.get_option("server.address") or "") in ("127.0.0.1", "localhost", "::1")


def _listener(first: int) -> socket.socket:
    for port in range(first, first + _PORTS):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("0.0.0.0", port))
        except OSError:
            listener.close()
            continue
        return listener
    raise PlaygroundError("classroom.no_port", first=first, last=first + _PORTS - 1)


def _hosts() -> list[str]:
    """Return this machine's addresses, that of the way out first."""
    found = [
        address.address
        for name, interface in psutil.net_if_addrs().items()
        for address in interface
        if address.family == socket.AF_INET and not address.address.startswith(("127.", "169.254."))
    ]
    out = _way_out()
    return sorted(dict.fromkeys(found), key=lambda host: host != out)


def _way_out() -> str:
    """Return the address that packets to elsewhere carry; none is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
        except OSError:
            return ""
        return str(probe.getsockname()[0])
