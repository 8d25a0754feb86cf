"""A class of 1 to 100 students on the app's server: real WebSockets that ask and act once a second.

python -m benchmarks.classroom                  all sizes, four networks training beside them
python -m benchmarks.classroom --seconds 10     shorter
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg

from benchmarks.server import Server
from benchmarks.side_by_side import table
from resnet_core.classroom import codes, store
from resnet_core.experiments import presets
from resnet_core.jobs import queue, supervisor
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE
from resnet_core.system import home

SIZES = (1, 10, 30, 100)
_PATH = "/playground-api/class"


class Student:
    """A browser: a WebSocket that has opened the class's page, and a cookie."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.cookie = url, f"residual_member={token}"

    async def open(self) -> None:
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        headers = {"Cookie": self.cookie, "Origin": self.url}
        self.socket = await websockets.connect(
            address,
            additional_headers=headers,
            max_size=None,
            subprotocols=["streamlit"],  # type: ignore[list-item]
        )
        message = BackMsg()
        message.rerun_script.query_string = ""
        message.rerun_script.page_name = "classroom"
        await self.socket.send(message.SerializeToString())
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for _ in self.socket:
            pass

    async def act(self, number: int) -> float:
        """Ask for news, and every fifth time answer; return the seconds that it took."""
        begun = time.perf_counter()
        if number % 5:
            await self._request("GET", "now")
        else:
            await self._request("POST", "answer", {"question": "copy", "value": number % 100})
        return time.perf_counter() - begun

    async def _request(self, method: str, name: str, sent: Any = None) -> None:
        host, _, port = self.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = b"" if sent is None else json.dumps(sent).encode()
        head = (
            f"{method} {_PATH}/{name} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {self.cookie}\r\n"
            f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n"
            "Connection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200"), answer[:200]

    async def close(self) -> None:
        self.reading.cancel()
        await self.socket.close()


async def _size(url: str, tokens: list[str], seconds: float) -> tuple[float, list[float]]:
    """Return how long all take to join, spread over ten seconds at most, and the times of acts."""
    students = [Student(url, token) for token in tokens]
    begun = time.perf_counter()
    pause = min(0.33, 10 / len(students))
    for student in students:
        await student.open()
        await asyncio.sleep(pause)
    joined = time.perf_counter() - begun
    times: list[float] = []

    async def live(student: Student, start: float) -> None:
        await asyncio.sleep(start)
        until = time.perf_counter() + seconds
        number = 0
        while time.perf_counter() < until:
            begun = time.perf_counter()
            times.append(await student.act(number))
            number += 1
            await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - begun)))

    await asyncio.gather(*(live(one, at / len(students)) for at, one in enumerate(students)))
    for student in students:
        await student.close()
    return joined, times


def section(seconds: float, train: bool) -> str:
    """Return the table, with four networks training on the same machine if `train`."""
    # What a worker writes while it ends may still be there.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        _home(folder),
        Server(Path(folder)) as server,
    ):
        server.wait_for(b"ok", "/_stcore/health")
        classes = store.of_home()
        code = classes.create().code
        classes.lead(code, step="copy", phase="asked")
        if train:
            queue.submit([one.changed(iterations=60_000) for one in presets.photographs()])
            supervisor.ensure_running()
            time.sleep(20)
        rows = []
        for size in SIZES:
            members = [classes.join(code).id for _ in range(size)]
            tokens = [codes.token("member", member) for member in members]
            alone = _rate(seconds=5) if train else 0.0
            before = _done()
            begun = time.monotonic()
            joined, times = asyncio.run(_size(server.url, tokens, seconds))
            rate = (_done() - before) / (time.monotonic() - begun)
            memory = psutil.Process(server._process.pid).memory_info().rss / 1e6
            ordered = sorted(times)
            rows.append(
                (
                    str(size),
                    f"{joined:.1f}",
                    f"{1000 * statistics.median(ordered):.0f}",
                    f"{1000 * ordered[int(0.95 * (len(ordered) - 1))]:.0f}",
                    f"{memory:.0f}",
                    f"{100 * (1 - rate / alone):.0f}" if alone else "–",
                )
            )
            click.echo(rows[-1])
        for run in queries.runs():
            if run.state in ACTIVE:
                queue.stop(run.id, now=True)
    beside = "while four networks train" if train else "with nothing else running"
    headings = (
        "students",
        "all joined, s",
        "p50, ms",
        "p95, ms",
        "server, MB",
        "training slower, %",
    )
    return f"## A class at one request a second, {beside}\n\n{table(headings, rows)}\n"


def _done() -> int:
    return sum(run.iteration for run in queries.runs())


def _rate(seconds: float) -> float:
    before = _done()
    time.sleep(seconds)
    return (_done() - before) / seconds


class _home:
    """The home folder of this process while the block lasts."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        self.before = os.environ.get(home.VARIABLE)
        os.environ[home.VARIABLE] = self.folder

    def __exit__(self, *_: object) -> None:
        os.environ.pop(home.VARIABLE)
        if self.before is not None:
            os.environ[home.VARIABLE] = self.before


def sections(quick: bool) -> Any:
    """Yield the table for `python -m benchmarks`."""
    yield section(5 if quick else 30, train=True)


@click.command()
@click.option("--seconds", default=30.0, help="For each size.")
@click.option("--train/--no-train", default=True, help="Four networks train beside the class.")
def main(seconds: float, train: bool) -> None:
    """Print the table."""
    click.echo(section(seconds, train))


if __name__ == "__main__":
    main()
