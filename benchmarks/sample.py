"""The photographs of the package, made again from a JPEG copy of CIFAR-10.

    python -m benchmarks.sample cifar10-jpeg.tar.xz

The copy is an archive of `train/CLASS/NAME.jpg` and `test/CLASS/NAME.jpg`. Of each class 500
training and 100 test files are drawn by a seed and stored as they are.
"""

from __future__ import annotations

import io
import lzma
import random
import tarfile
from pathlib import Path, PurePosixPath

import click

from resnet_core.data import sample

SEED = 0
OF_EACH_CLASS = {"train": 500, "test": 100}


@click.command()
@click.argument("copy", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", default=sample.PATH, type=click.Path(path_type=Path), help="The file.")
def main(copy: Path, out: Path) -> None:
    """Draw the sample from COPY and write it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    files = drawn(copy)
    with tarfile.open(out, "w:xz", preset=9 | lzma.PRESET_EXTREME) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    click.echo(f"{len(files)} images, {out.stat().st_size:,} bytes in {out}")


def drawn(copy: Path) -> dict[str, bytes]:
    """Return the drawn files of the archive, by split, class and name: their paths and contents."""
    groups: dict[tuple[str, str], list[str]] = {}
    contents: dict[str, bytes] = {}
    with tarfile.open(copy) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            if file is not None:
                split, label, name = PurePosixPath(entry.name).parts[-3:]
                path = f"{split}/{label}/{name}"
                groups.setdefault((split, label), []).append(path)
                contents[path] = file.read()
    draw = random.Random(SEED)
    names: list[str] = []
    for group in sorted(groups):
        names += sorted(draw.sample(sorted(groups[group]), OF_EACH_CLASS[group[0]]))
    return {name: contents[name] for name in names}


if __name__ == "__main__":
    main()
