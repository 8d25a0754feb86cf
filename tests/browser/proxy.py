"""A reverse proxy as one stands before a course server: it forwards one prefix and nothing else."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """Forwards `prefix` with its path unchanged to a port of this machine, WebSockets included.

    As proxies do, it names itself to the server (Host) and the visitor's address and host in
    headers of its own. A connection carries one request, so that each is checked.
    """

    def __init__(self, port: int, prefix: str) -> None:
        proxy = self
        self.refused: list[str] = []  # paths outside the prefix

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                proxy._forward(self.request, port, prefix)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{prefix}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _forward(self, browser: socket.socket, port: int, prefix: str) -> None:
        head, body = _head(browser)
        if not head:
            return
        path = head.split(b" ", 2)[1].decode()
        if not re.match(rf"{re.escape(prefix)}(/|\?|$)", path):
            self.refused.append(path)
            browser.sendall(_NOT_FOUND)
            return
        with socket.create_connection(("127.0.0.1", port)) as server:
            server.sendall(_rewritten(head, port) + body)
            back = threading.Thread(target=_pump, args=(server, browser), daemon=True)
            back.start()
            _pump(browser, server)
            back.join()


def _head(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return a request's head, with its last empty line, and what came after it."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return b"", b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def _rewritten(head: bytes, port: int) -> bytes:
    first, *lines = head.split(b"\r\n")
    headers = [line.split(b":", 1) for line in lines]
    host = next(value.strip() for name, value in headers if name.lower() == b"host")
    upgrade = any(name.lower() == b"upgrade" for name, _ in headers)
    dropped = {b"host"} if upgrade else {b"host", b"connection"}
    kept = [b":".join(one) for one in headers if one[0].lower() not in dropped]
    added = [b"Host: 127.0.0.1:%d" % port, b"X-Forwarded-Host: " + host]
    added.append(b"X-Forwarded-For: 10.1.2.3")
    if not upgrade:
        added.append(b"Connection: close")
    return b"\r\n".join([first, *kept, *added, b"", b""])


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copy until the source has no more, then say so to the target.

    Either side may close its connection at any time, as a browser that leaves a page does.
    """
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
