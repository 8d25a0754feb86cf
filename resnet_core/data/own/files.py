"""The image files of a folder, a zip or a tar, one after another; nothing is unpacked to the disk.

A folder or an archive may come from anyone. Names that lead elsewhere, links, devices and bytes
that expand beyond reason are refused with a sentence that names the file.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from resnet_core.data.own.layout import is_image
from resnet_core.errors import DataError

MAX_FILES = 2_000_000  # of one data set
MAX_FILE_BYTES = 64 * 2**20
MAX_TOTAL_BYTES = 16 * 2**30
MAX_RATIO = 300  # bytes out for a byte in; photographs do not reach 10
RATIO_FROM_BYTES = 2**18  # no ratio is taken of less
_MAX_DEPTH = 8  # folders below the data set's own

_TAR: dict[str, Callable[..., Any]] = {
    "": open,
    "gz": gzip.open,
    "xz": lzma.open,
    "bz2": bz2.open,
}
_SUFFIX = re.compile(r"\.(?:(zip)|(?:tar(?:\.(gz|xz|bz2))?|t(gz|xz|bz2)))$", re.IGNORECASE)
_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, NotImplementedError, UnicodeError),
)

_Entries = list[os.DirEntry[str]]


@dataclass(frozen=True)
class ImageFile:
    """One image file of a folder or an archive.

    Attributes:
        name: its path inside the folder or archive, with forward slashes.
        open: returns its bytes; called before the next file is taken.
    """

    name: str
    open: Callable[[], IO[bytes]]


def image_files(path: Path) -> Iterator[ImageFile]:
    """Yield every image file of a folder or an archive, in its order.

    Raises:
        DataError: the folder cannot be listed, the archive is damaged, or a file is unsafe.
    """
    return _in_archive(path) if path.is_file() else _in_folder(path)


def is_archive(path: Path) -> bool:
    """Return whether the name says zip, tar, tar.gz, tar.xz or tar.bz2 (or tgz, txz, tbz2)."""
    return _SUFFIX.search(path.name) is not None


def title(path: Path) -> str:
    """Return the name of the folder, or of the archive without its suffixes."""
    return path.resolve().name if path.is_dir() else _SUFFIX.sub("", path.name)


def state(path: Path) -> str:
    """Return a text that changes when an image file is added, removed or written to."""
    if not path.is_dir():
        status = path.stat()
        return f"{status.st_size}-{status.st_mtime_ns}"
    digest = hashlib.sha256()
    lines = []
    for entry in (entry for _, images in _walk(path, path) for entry in images):
        status = entry.stat()
        lines.append(f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}")
    for line in sorted(lines):
        digest.update(os.fsencode(line) + b"\n")
    return digest.hexdigest()


def folders(folder: Path) -> Iterator[str]:
    """Yield every folder that `image_files` reads, relative with forward slashes, "." first.

    Raises:
        DataError: a folder cannot be listed, or is a link.
    """
    for path, _ in _walk(folder, folder):
        yield path.relative_to(folder).as_posix()


def quoted(name: str) -> str:
    """Return a file's name fit for a sentence: control characters escaped, not too long."""
    text = name.encode("unicode_escape").decode() if not name.isprintable() else name
    return repr(text if len(text) <= 80 else f"{text[:38]}...{text[-38:]}")


def safe_name(name: str, path: Path) -> str:
    """Return a member's name with forward slashes, if it stays inside the archive.

    Raises:
        DataError: the name is absolute, climbs out with `..`, or holds control characters.
    """
    plain = name.replace("\\", "/")
    if plain.startswith("/") or re.match(r"[A-Za-z]:", plain):
        raise _unsafe("data.archive.absolute", name, path)
    if ".." in plain.split("/"):
        raise _unsafe("data.archive.climbs", name, path)
    if any(ord(character) < 32 or ord(character) == 127 for character in plain):
        raise _unsafe("data.archive.control", name, path)
    return "/".join(part for part in plain.split("/") if part not in {"", "."})


def check_expansion(name: str, packed: int, unpacked: int, path: Path) -> None:
    """Refuse a compression that no image reaches.

    Raises:
        DataError: `unpacked` bytes come from far too few `packed` ones.
    """
    if unpacked > max(RATIO_FROM_BYTES, MAX_RATIO * packed):
        raise _unsafe("data.archive.bomb", name, path, times=MAX_RATIO)


def _in_folder(folder: Path) -> Iterator[ImageFile]:
    for path in (Path(entry.path) for _, images in _walk(folder, folder) for entry in images):
        yield ImageFile(path.relative_to(folder).as_posix(), partial(_open, path))


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError("data.file_unreadable", path=path, reason=error) from error


def _walk(folder: Path, root: Path, depth: int = 0) -> Iterator[tuple[Path, _Entries]]:
    """Yield the folder and every folder below it, each with its image files."""
    listing = _listing(folder)
    if len(listing) > MAX_FILES:
        raise DataError("data.folder_members", path=folder, most=MAX_FILES)
    images, below = [], []
    for entry in listing:
        if _is_folder(entry, root):
            below.append(entry)
        elif is_image(entry.name) and entry.is_file():
            images.append(entry)
    yield folder, images
    for entry in below:
        if depth < _MAX_DEPTH and not entry.name.startswith("."):
            yield from _walk(Path(entry.path), root, depth + 1)


def _listing(folder: Path) -> _Entries:
    try:
        with os.scandir(folder) as listing:
            return list(listing)
    except OSError as error:
        raise DataError("data.folder_unreadable", path=folder, reason=error) from error


def _is_folder(entry: os.DirEntry[str], root: Path) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return True
    if entry.is_dir():
        # Followed, a link could lead out of the folder or round in a circle.
        raise DataError("data.folder_link", path=root, folder=quoted(entry.name))
    return False


def _in_archive(path: Path) -> Iterator[ImageFile]:
    match = _SUFFIX.search(path.name)
    if match is None:
        raise DataError("data.archive.name", path=path)
    names: set[str] = set()
    try:
        for file in _in_zip(path) if match[1] else _in_tar(path, match[2] or match[3] or ""):
            if file.name in names:
                raise _unsafe("data.archive.twice", file.name, path)
            names.add(file.name)
            yield file
    except _DAMAGE as error:
        raise DataError("data.archive.damaged", path=path) from error


class _Limits:
    """Counts an archive's members and bytes, and refuses what is beyond reason."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members = 0
        self.total = 0

    def count(self, name: str, size: int) -> None:
        """Count the next member and the bytes that it claims to have."""
        self.members += 1
        self.total += size
        if self.members > MAX_FILES:
            raise DataError("data.archive.members", path=self.path, most=MAX_FILES)
        if size > MAX_FILE_BYTES:
            most = MAX_FILE_BYTES // 2**20
            raise _unsafe("data.archive.member_size", name, self.path, size=size, most=most)
        if self.total > MAX_TOTAL_BYTES:
            raise _unsafe("data.archive.total_size", name, self.path, most=MAX_TOTAL_BYTES // 2**30)


def _in_zip(path: Path) -> Iterator[ImageFile]:
    limits = _Limits(path)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = safe_name(info.filename, path)
            mode = info.external_attr >> 16
            if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
                raise _unsafe(
                    "data.archive.link" if stat.S_ISLNK(mode) else "data.archive.device", name, path
                )
            limits.count(name, info.file_size)
            check_expansion(name, info.compress_size, info.file_size, path)
            if info.flag_bits & 1:
                raise _unsafe("data.archive.encrypted", name, path)
            if not info.is_dir() and is_image(name):
                yield ImageFile(name, partial(io.BytesIO, archive.read(info)))


def _unsafe(key: str, name: str, path: Path, **values: object) -> DataError:
    return DataError(key, path=path, member=quoted(name), **values)


class _BoundedStream:
    """A decompressed stream that ends in an error rather than in a full memory."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream = stream
        self._path = path
        self._packed = path.stat().st_size
        self._read = 0
        self._read_in_member = 0
        self._member = path.name

    def enter(self, member: str) -> None:
        self._member = member
        self._read_in_member = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._read += len(data)
        self._read_in_member += len(data)
        check_expansion(self._member, self._packed, self._read, self._path)
        if self._read_in_member > 2 * MAX_FILE_BYTES:  # headers can be made as long as files
            raise _unsafe("data.archive.endless", self._member, self._path)
        return data


def _in_tar(path: Path, kind: str) -> Iterator[ImageFile]:
    limits = _Limits(path)
    with _TAR[kind.lower()](path, "rb") as stream:
        bounded = _BoundedStream(stream, path)
        with tarfile.open(fileobj=bounded, mode="r|") as archive:  # type: ignore[call-overload]
            while (info := archive.next()) is not None:
                name = safe_name(info.name, path)
                bounded.enter(name)
                is_link = info.issym() or info.islnk()
                if is_link or not (info.isreg() or info.isdir()) or info.issparse():
                    raise _unsafe(
                        "data.archive.link" if is_link else "data.archive.device", name, path
                    )
                limits.count(name, info.size)
                content = archive.extractfile(info) if is_image(name) else None
                if content is not None:
                    yield ImageFile(name, partial(io.BytesIO, content.read()))
                archive.members.clear()  # it would keep every header
        while bounded.read(2**16):  # the compressors' checksums come last
            pass
