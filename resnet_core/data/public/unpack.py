"""Published archives of the known data sets, unpacked into the playground's data folder."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from resnet_core.data.public.sources import Source, find_ready
from resnet_core.errors import DataError
from resnet_core.system import home
from resnet_core.system.checksum import md5_of

if TYPE_CHECKING:
    from _typeshed import SupportsRead


def unpack(source: Source, packed: Sequence[Path]) -> Path:
    """The root of a readable copy, made from published files whose checksums are right.

    Only the files that are needed are taken out, each under its own known name.

    Raises:
        DataError: a file is not what was published, or there is no room.
    """
    root = home.data_folder()
    with FileLock(root / f"{source.name}.unpack.lock"):
        if find_ready(source) == root:
            return root
        for path, download in zip(packed, source.downloads, strict=True):
            if md5_of(path) != download.md5:
                raise DataError("data.checksum", path=path)
        folder = root / source.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in packed:
                _unpack_one(source, path, folder)
        except (OSError, EOFError, tarfile.TarError, KeyError, zlib.error) as error:
            raise DataError("data.not_unpacked", path=path, folder=folder, reason=error) from error
    return root


def _unpack_one(source: Source, path: Path, folder: Path) -> None:
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            for name in source.files:
                inside = archive.extractfile(f"{source.folder}/{name}")
                if inside is not None:
                    with inside:
                        write_whole(inside, folder / name)
    elif path.suffix == ".gz":
        with gzip.open(path) as unzipped:
            write_whole(unzipped, folder / path.stem)
    elif path.parent != folder:
        with path.open("rb") as plain:
            write_whole(plain, folder / path.name)


def write_whole(content: SupportsRead[bytes], path: Path) -> None:
    """Copy into a file that appears only when it is complete."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        temporary = Path(file.name)
        try:
            shutil.copyfileobj(content, file, 2**20)
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise
    temporary.replace(path)
