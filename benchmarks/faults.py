"""`make faults`: every fault that is known, tried again and again on a copy of a home folder.

python -m benchmarks.faults --write docs/reliability.md
python -m benchmarks.faults --tries 1             one try each: whether it works

A try copies a home folder with a finished run, does the damage and asks what people ask then: the
list of runs, the curves, an export, a resumption, the data. It holds if each answers, or refuses in
a sentence of the project's own. Kills compare the weights with those of an undisturbed run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import click
import numpy as np

from resnet_core.errors import PlaygroundError
from resnet_core.system import home as home_folder

ITERATIONS = 40
_SETTINGS = (
    *("--network", "cifar/resnet-8", "--width", "4", "--image-size", "8", "--batch-size", "8"),
    *("--train-images", "60", "--test-images", "20", "--iterations", str(ITERATIONS)),
    *("--record-every", "1", "--evaluate-every", "20", "--audit-every", "0", "--device", "cpu"),
)


@dataclass
class Home:
    """A copy of a home folder with one finished run.

    Attributes:
        sha256: of the run's weights.
    """

    path: Path
    run: str
    sha256: str
    draw: random.Random

    @property
    def folder(self) -> Path:
        return self.path / "runs" / self.run

    def checkpoints(self) -> list[Path]:
        return sorted((self.folder / "checkpoints").iterdir())


@dataclass
class Row:
    """A fault with its tries.

    Attributes:
        failures: what was seen instead of an answer or a sentence.
    """

    name: str
    tries: int = 0
    failures: list[str] = field(default_factory=list)


def _turn_bits(path: Path, draw: random.Random, first: int = 0, count: int = 4) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(count):
        content[draw.randrange(min(first, len(content) - 1), len(content))] ^= 1 << draw.randrange(
            8
        )
    path.write_bytes(content)


def _cut(path: Path, draw: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: draw.randrange(len(content))])


def _garbage(path: Path, draw: random.Random) -> None:
    path.write_bytes(
        draw.choice((b"", b"{", b"\xff\xfe\0", b"[1, 2]", b'{"pid": -1, "created": "x"}', b"null"))
    )


def _folder_instead(path: Path, _: random.Random) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _loop_instead(path: Path, _: random.Random) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


_DAMAGE: dict[str, Callable[[Path, random.Random], None]] = {
    "bits turned in": _turn_bits,
    "cut short:": _cut,
    "other content in": _garbage,
    "a folder in the place of": _folder_instead,
    "a link to itself in the place of": _loop_instead,
}
_FILES: dict[str, Callable[[Home], Path]] = {
    "supervisor.json": lambda h: h.path / "supervisor.json",
    "experiment.json": lambda h: h.folder / "experiment.json",
    "run.json": lambda h: h.folder / "run.json",
    "telemetry": lambda h: h.folder / "telemetry.parquet",
    "the newest checkpoint's weights": lambda h: h.checkpoints()[-1] / "model.safetensors",
    "the newest checkpoint's state": lambda h: h.checkpoints()[-1] / "training.pt",
    "the newest checkpoint's manifest": lambda h: h.checkpoints()[-1] / "manifest.json",
    "the index of runs": lambda h: h.path / "playground.sqlite3",
}


def _ask(home: Home) -> None:
    """Ask what people ask; a sentence is an answer."""
    from resnet_core.jobs import queue, supervisor
    from resnet_core.runs import queries

    def export() -> None:
        queries.weights(queries.run(home.run))

    def tell() -> None:
        supervisor.is_running()
        supervisor.end_all_dead()

    def resume() -> None:
        queue.resume(home.run)

    asked: tuple[Callable[[], object], ...] = (
        queries.runs,
        tell,
        lambda: queries.telemetry(home.run),
        lambda: queries.fork_points(home.run),
        export,
        lambda: queries.log_tail(home.run),
        resume,
        queries.runs,
    )
    for question in asked:
        with contextlib.suppress(PlaygroundError):
            question()


def _damaged(damage: str, file: str) -> Callable[[Home], None]:
    def attempt(home: Home) -> None:
        path = _FILES[file](home)
        if not path.exists():
            path.write_text("{}")
        _DAMAGE[damage](path, home.draw)
        _ask(home)

    return attempt


def _folder_deleted(home: Home) -> None:
    shutil.rmtree(home.folder)
    _ask(home)


def _clock_set(home: Home) -> None:
    from resnet_core.system import processes

    created, shift = processes.created(os.getpid()), home.draw.uniform(-1e6, 1e6)
    clock = processes.psutil.Process.create_time
    with mock.patch.object(processes.psutil.Process, "create_time", lambda p: clock(p) + shift):
        assert processes.alive(os.getpid(), created), "a running process was taken for dead"
    _ask(home)


def _disk_full(home: Home) -> None:
    """Let every file refuse to be written from a random moment on."""
    from resnet_core.system import disk

    left = home.draw.randrange(4)
    whole = disk.write_whole

    def write(path: Path, content: bytes | str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        whole(path, content)

    with mock.patch.object(disk, "write_whole", write):
        _ask(home)
    from resnet_core.jobs import queue

    with contextlib.suppress(PlaygroundError):
        queue.delete(home.run)


def _data_damaged(kind: str) -> Callable[[Home], None]:
    def attempt(home: Home) -> None:
        from PIL import Image

        from resnet_core.data import catalog
        from resnet_core.data.dataset import Selection

        place = home.path / "pets"
        for name in ("cat", "dog"):
            (place / name).mkdir(parents=True)
            for number in range(6):
                pixels = np.frombuffer(home.draw.randbytes(768), np.uint8).reshape(16, 16, 3)
                Image.fromarray(pixels).save(place / name / f"{number}.png")
        path = place
        if kind == "picture":
            damaged = home.draw.choice(sorted(place.rglob("*.png")))
            home.draw.choice((_turn_bits, _cut, _folder_instead))(damaged, home.draw)
        elif kind == "link":
            (place / "loop").symlink_to(place)
        else:
            path = Path(shutil.make_archive(str(home.path / "pets"), kind, place))
            home.draw.choice((_turn_bits, _cut))(path, home.draw)
        for read in (catalog.facts, catalog.load):
            with contextlib.suppress(PlaygroundError):
                read(Selection(str(path)))

    return attempt


def _killed(which: signal.Signals) -> Callable[[Home], None]:
    """Kill a training at a random moment, resume it, and compare its weights."""

    def attempt(home: Home) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "resnet_core", "train", *_SETTINGS, "--name", "killed"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, home_folder.VARIABLE: str(home.path)},
        )
        run = _worker(home, process)
        time.sleep(home.draw.uniform(0, 1))
        if run["pid"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(run["pid"]), which)
        process.wait(300)
        _run(home, "runs", "resume", run["id"])
        ended = _wait_for_end(home, run["id"])
        assert ended["state"] == "finished", ended["exit_reason"]
        assert ended["weights_sha256"] == home.sha256, "other weights after a kill"

    return attempt


def _worker(home: Home, process: subprocess.Popen[bytes]) -> dict[str, str]:
    """Return the new run once its worker runs, or its process has ended."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        for row in _rows(home):
            started = row["pid"] or process.poll() is not None
            if row["id"] != home.run and started:
                return row
        time.sleep(0.05)
    raise TimeoutError("no worker")


def _rows(home: Home) -> list[dict[str, str]]:
    from resnet_core.runs import queries

    return [
        {**{f.name: getattr(run, f.name) for f in dataclasses.fields(run)}}
        for run in queries.runs()
    ]


def _wait_for_end(home: Home, run_id: str) -> dict[str, str]:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        row = next(row for row in _rows(home) if row["id"] == run_id)
        if row["state"] not in ("queued", "running"):
            return row
        time.sleep(0.1)
    raise TimeoutError("the run does not end")


def _run(home: Home, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "resnet_core", *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, home_folder.VARIABLE: str(home.path)},
    )
    return done.stdout


# Damage that means something for each of the files.
_COMBINATIONS = {
    "supervisor.json": ("other content in", "a folder in the place of"),
    "experiment.json": ("bits turned in", "other content in", "a folder in the place of"),
    "run.json": ("other content in", "a folder in the place of"),
    "telemetry": ("bits turned in", "cut short:", "a link to itself in the place of"),
    "the newest checkpoint's weights": ("bits turned in", "cut short:"),
    "the newest checkpoint's state": ("bits turned in", "cut short:"),
    "the newest checkpoint's manifest": ("other content in", "a folder in the place of"),
    "the index of runs": ("bits turned in", "cut short:", "other content in"),
}
ROWS: dict[str, Callable[[Home], None]] = {
    **{
        f"{damage} {file}": _damaged(damage, file)
        for file, kinds in _COMBINATIONS.items()
        for damage in kinds
    },
    "a run's folder deleted by hand": _folder_deleted,
    "the clock set while workers run": _clock_set,
    "the disk full from a random moment on": _disk_full,
    "a picture damaged": _data_damaged("picture"),
    "a zip damaged": _data_damaged("zip"),
    "a tar.gz damaged": _data_damaged("gztar"),
    "a link that leads round in a circle": _data_damaged("link"),
    "SIGKILL at a random moment of a training": _killed(signal.SIGKILL),
    "SIGTERM at a random moment of a training": _killed(signal.SIGTERM),
}
KILLS = tuple(name for name in ROWS if name.startswith("SIG"))


@contextlib.contextmanager
def prepared() -> Iterator[tuple[Path, str, str]]:
    """Yield a home folder with a finished run, its id, and the digest of its weights."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place,
        used(Path(place, "home")) as path,
    ):
        home = Home(path, "", "", random.Random(0))
        _run(home, "train", *_SETTINGS)
        (row,) = _rows(home)
        _end_supervisor()
        yield path, row["id"], row["weights_sha256"]


@contextlib.contextmanager
def used(path: Path) -> Iterator[Path]:
    """Make a folder the home folder for as long."""
    path.mkdir(parents=True, exist_ok=True)
    with mock.patch.dict(os.environ, {home_folder.VARIABLE: str(path)}):
        yield path


def attempt(name: str, number: int, base: tuple[Path, str, str]) -> str:
    """Try a fault once on a copy; return what was seen instead of an answer, or ""."""
    original, run, sha256 = base
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place,
        used(Path(place, "home")) as path,
    ):
        shutil.copytree(original, path, dirs_exist_ok=True, symlinks=True)
        home = Home(path, run, sha256, random.Random(f"{name} {number}"))
        try:
            ROWS[name](home)
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:160]}"
        finally:
            _end_supervisor()
    return ""


def _end_supervisor() -> None:
    """End the supervisor of this home folder, which would wait for more to do."""
    from resnet_core.jobs import supervisor
    from resnet_core.system import processes

    last = supervisor.identity()
    if last is not None:
        processes.kill(last.pid, last.created)


def table(rows: list[Row]) -> str:
    """Return the results as Markdown."""
    lines = ["| fault | tries | held | seen instead |", "|---|---|---|---|"]
    for row in rows:
        seen = "; ".join(dict.fromkeys(row.failures))[:200].replace("|", "/")
        lines.append(f"| {row.name} | {row.tries} | {row.tries - len(row.failures)} | {seen} |")
    return "\n".join(lines)


@click.command()
@click.option("--tries", default=20, show_default=True, help="Of each fault.")
@click.option("--kills", default=100, show_default=True, help="Tries of each kind of kill.")
@click.option("--write", type=click.Path(path_type=Path), help="Keep the table in this file.")
def main(tries: int, kills: int, write: Path | None) -> None:
    """Try every fault on a copy of a home folder and print what was seen."""
    rows = []
    with prepared() as base:
        for name in ROWS:
            row = Row(name)
            for number in range(kills if name in KILLS else tries):
                row.tries += 1
                seen = attempt(name, number, base)
                if seen:
                    row.failures.append(seen)
            click.echo(f"{name}: {row.tries - len(row.failures)} of {row.tries} {row.failures[:1]}")
            rows.append(row)
    text = f"# Reliability\n\n{_INTRODUCTION}\n\n{table(rows)}\n"
    if write:
        write.write_text(text, encoding="utf-8")
    if any(row.failures for row in rows):
        raise SystemExit(1)


_INTRODUCTION = """Written by `make faults`. Each try copies a home folder with a finished run, does
the damage, and asks for the list of runs, the curves, the weights, a resumption and the data. It
holds if each answers or refuses in a sentence. After a kill the run is resumed, and it holds if it
ends with the weights of an undisturbed run, bit for bit. Damaged inputs of every reader:
[fuzzing.md](fuzzing.md)."""


if __name__ == "__main__":
    main()
