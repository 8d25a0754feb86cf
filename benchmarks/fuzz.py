"""`make fuzz`: damaged and hostile inputs for every reader of what people bring.

python -m benchmarks.fuzz --inputs 100000 --write docs/fuzzing.md

Each input is a good file that was changed: bits turned, bytes cut out, doubled or replaced by
others that mean something. A reader must return or refuse in a sentence of the project's own; any
other error is a crash, more than ten seconds a hang.
"""

from __future__ import annotations

import io
import os
import random
import tarfile
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import psutil

HANG_SECONDS = 10.0
MOST_GROWTH = 1024  # MiB of memory over the whole of a reader's inputs
# Bytes that readers look for, and numbers at the edges of their types.
_TOKENS = (
    *(b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"../", b"\\", b"/", b"\0", b"\xff\xff\xff\xff"),
    *(b"\x7f\xff\xff\xff", b"\0\0\0\0", b"cos\nsystem\n", b"(", b")", b"'", b"{", b"NaN", b"-1"),
    *(b"\x80\x02", b"ustar", b"IHDR", b"IDAT", b"ARROW1", b"%00", b"&", b"=", b",", b"1e999"),
)


@dataclass
class Row:
    """Outcomes of one reader's inputs.

    Attributes:
        outcomes: read, or the class of the refusal, or of the crash.
        slowest: seconds.
        growth: of the memory, MiB.
        outside: files that were written where none belong.
    """

    reader: str
    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    slowest: float = 0.0
    growth: float = 0.0
    outside: int = 0

    @property
    def held(self) -> bool:
        within = self.slowest <= HANG_SECONDS and self.growth <= MOST_GROWTH
        return not self.crashes and not self.outside and within


Read = Callable[[bytes, Path], object]
Seeds = Callable[[], Sequence[tuple[str, bytes]]]  # a file's name, and its content


def fuzz(reader: str, inputs: int, seed: int) -> Row:
    """Give a reader so many changed inputs."""
    from resnet_core.errors import PlaygroundError

    draw, row = random.Random(f"{reader} {seed}"), Row(reader)
    seeds, read = READERS[reader]
    good = seeds()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "inside")
        folder.mkdir()
        before = psutil.Process().memory_info().rss
        for number in range(inputs):
            name, content = draw.choice(good)
            changed = content if number < len(good) else mutated(content, draw)
            path = folder / name
            begun = time.monotonic()
            try:
                read(changed, path)
                row.outcomes["read"] += 1
            except PlaygroundError as error:
                row.outcomes[type(error).__name__] += 1
            except Exception as error:
                row.crashes.append(f"{type(error).__name__}: {str(error)[:200]}")
            row.slowest = max(row.slowest, time.monotonic() - begun)
            row.inputs += 1
        row.growth = max(0.0, (psutil.Process().memory_info().rss - before) / 2**20)
        row.outside = sum(1 for path in Path(place).iterdir() if path != folder)
    return row


def mutated(content: bytes, draw: random.Random) -> bytes:
    """Return the content with one to eight changes."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 8)):
        if not changed:
            break
        at = draw.randrange(len(changed))
        if draw.random() < 0.3:  # where headers and directories are
            at = draw.choice((at % 64, len(changed) - 1 - at % min(256, len(changed))))
            at = min(at, len(changed) - 1)
        _change(changed, at, draw)
    return bytes(changed)


def _change(content: bytearray, at: int, draw: random.Random) -> None:
    kind, length = draw.randrange(6), draw.randint(1, 40)
    if kind == 0:
        content[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        content[at : at + length] = draw.randbytes(length)
    elif kind == 2:
        del content[at : at + length]
    elif kind == 3:
        content[at:at] = content[at : at + length]
    elif kind == 4:
        token = draw.choice(_TOKENS)
        content[at : at + len(token)] = token
    else:
        del content[at:]


def _picture(kind: str) -> bytes:
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def _pictures() -> list[tuple[str, bytes]]:
    kinds = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
    return [(f"a.{kind.lower()}", _picture(kind)) for kind in kinds]


def _archives() -> list[tuple[str, bytes]]:
    files = {f"{name}/{i}.png": _picture("PNG") for name in ("cat", "dog") for i in range(6)}
    files["cat/labels.csv"] = b"id,label\n1,cat\n"
    made = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        made.append(("a.zip", buffer.getvalue()))
    for suffix, mode in (("tar", "w"), ("tar.gz", "w:gz"), ("tar.xz", "w:xz")):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        made.append((f"a.{suffix}", buffer.getvalue()))
    return made


def _npz() -> list[tuple[str, bytes]]:
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8)
    labels = np.arange(12) % 3
    made = []
    for save in (np.savez, np.savez_compressed):
        buffer = io.BytesIO()
        save(buffer, images=images, labels=labels, classes=np.array(["a", "b", "c"]))
        made.append(("a.npz", buffer.getvalue()))
    return made


def _weights() -> list[tuple[str, bytes]]:
    import safetensors.torch
    import torch

    from resnet_core.networks.catalog import build
    from resnet_core.specs.cifar import NetworkSpec

    state = build(NetworkSpec(depth=8, width=4), 0).state_dict()
    made = [("a.safetensors", safetensors.torch.save(dict(state)))]
    for zipped in (True, False):
        buffer = io.BytesIO()
        torch.save({"state_dict": state, "epoch": 3}, buffer, _use_new_zipfile_serialization=zipped)
        made.append(("a.pt", buffer.getvalue()))
    return made


def _telemetry() -> list[tuple[str, bytes]]:
    folder = Path(__file__).resolve().parents[1] / "assets" / "recorded"
    import pyarrow as pa
    import pyarrow.parquet

    from resnet_core.telemetry import stream

    table = pyarrow.parquet.read_table(next(iter(sorted(folder.glob("*/telemetry.parquet")))))
    schema = table.schema
    parts = [schema.serialize().to_pybytes()]
    for batch in table.slice(0, 3).to_batches(max_chunksize=1):
        parts.append(
            pa.RecordBatch.from_arrays(batch.columns, schema=schema).serialize().to_pybytes()
        )
    assert stream.SCALARS
    return [("telemetry.arrow", b"".join(parts))]


def _matlab() -> list[tuple[str, bytes]]:
    def element(kind: int, content: bytes) -> bytes:
        head = kind.to_bytes(4, "little") + len(content).to_bytes(4, "little")
        return head + content + bytes(-len(content) % 8)

    def matrix(name: bytes, array: np.ndarray) -> bytes:
        shape = np.array(array.shape, "<i4").tobytes()
        inside = element(6, bytes(8)) + element(5, shape) + element(1, name)
        return element(14, inside + element(2, array.astype(np.uint8).tobytes(order="F")))

    pixels = np.arange(4 * 4 * 3 * 2).reshape(4, 4, 3, 2) % 256
    content = bytes(124) + b"\0\x01IM" + matrix(b"X", pixels) + matrix(b"y", np.array([[1], [2]]))
    return [("a.mat", content)]


def _urls() -> list[tuple[str, bytes]]:
    queries = (
        b"network=cifar/resnet-56&width=8&batch_size=32&milestones=100,200&data=shapes",
        b"runs=a,b,c&at=100&layers=true&smooth=3",
        b"kind=active&search=resnet&run=20261130-abcdef",
    )
    return [("url", query) for query in queries]


def _write(content: bytes, path: Path) -> Path:
    path.write_bytes(content)
    os.utime(path, ns=(time.time_ns(), time.time_ns()))
    return path


def _read_archive(content: bytes, path: Path) -> None:
    from resnet_core.data.own import published
    from resnet_core.data.own.files import members
    from resnet_core.data.own.layout import arrange
    from resnet_core.data.own.listing import Listing

    _write(content, path)
    published.recognise(path)
    listing = Listing()
    for member in listing.images(members(path)):
        with member.open() as file:
            file.read()
    arrange(listing, str(path))


def _read_npz(content: bytes, path: Path) -> None:
    from resnet_core.data.own import arrays

    arrays.facts(_write(content, path))
    arrays.load(path)


def _read_image(content: bytes, path: Path) -> None:
    from resnet_core.data import decoding

    decoding.checked_size(io.BytesIO(content), path.name)
    decoding.decode(io.BytesIO(content), path.name, 8)


def _read_weights(content: bytes, path: Path) -> None:
    from resnet_core.weights import loading

    loading.load(_write(content, path))


def _read_telemetry(content: bytes, path: Path) -> None:
    from resnet_core.telemetry import stream

    _write(content, path)
    stream.read(path).to_pydict()


def _read_matlab(content: bytes, path: Path) -> None:
    from resnet_core.data.public.local_copy import read_matlab

    read_matlab(_write(content, path))


def _read_url(content: bytes, path: Path) -> None:
    from urllib.parse import parse_qsl

    from app.page_data.runs import RunsState
    from app.page_state.view import CompareState
    from resnet_core.experiments.experiment import Experiment, from_text

    query = dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
    for state in (RunsState, CompareState):
        state.from_query(query)
    known: dict[str, Any] = {
        k: from_text(k, v) for k, v in query.items() if k in Experiment.model_fields
    }
    Experiment.create(**known)


READERS: dict[str, tuple[Seeds, Read]] = {
    "archive": (_archives, _read_archive),
    "npz": (_npz, _read_npz),
    "image": (_pictures, _read_image),
    "weights": (_weights, _read_weights),
    "telemetry": (_telemetry, _read_telemetry),
    "MAT": (_matlab, _read_matlab),
    "URL": (_urls, _read_url),
}


def table(rows: Sequence[Row]) -> str:
    """Return the results as Markdown."""
    lines = [
        "| reader | inputs | read | refused in a sentence | crashes | slowest, s | memory grown, "
        "MiB | written outside |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        refused = row.inputs - row.outcomes["read"] - len(row.crashes)
        lines.append(
            f"| {row.reader} | {row.inputs:,} | {row.outcomes['read']:,} | {refused:,} "
            f"| {len(row.crashes)} | {row.slowest:.2f} | {row.growth:.0f} | {row.outside} |"
        )
    return "\n".join(lines)


@click.command()
@click.option("--inputs", default=100_000, show_default=True, help="Of all readers together.")
@click.option("--seed", default=0, show_default=True)
@click.option("--write", type=click.Path(path_type=Path), help="Keep the table in this file.")
def main(inputs: int, seed: int, write: Path | None) -> None:
    """Give every reader its share of changed inputs and print what became of them."""
    rows = []
    for reader in READERS:
        rows.append(fuzz(reader, -(-inputs // len(READERS)), seed))
        click.echo(f"{reader}: {'held' if rows[-1].held else 'NOT HELD'}")
        for crash in list(dict.fromkeys(rows[-1].crashes))[:10]:
            click.echo(f"  {crash}")
    text = f"# Damaged inputs\n\n{_INTRODUCTION}\n\n{table(rows)}\n"
    click.echo(text)
    if write:
        write.write_text(text, encoding="utf-8")
    if not all(row.held for row in rows):
        raise SystemExit(1)


_INTRODUCTION = """Written by `make fuzz`. Each input is a good file that was changed: bits turned,
bytes cut out, doubled or replaced by others that mean something. A reader returns or refuses in a
sentence; any other error is a crash, and more than ten seconds would be a hang."""


if __name__ == "__main__":
    main()
