"""A zip or tar of class folders, read as a stream: nothing is unpacked to the disk.

An archive may come from anyone. Names that lead elsewhere, links, devices and bytes that
expand beyond reason are refused, each with a sentence that names the member.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from resnet_core.data.own.layout import is_image
from resnet_core.data.own.member import MAX_MEMBERS, Member, shown
from resnet_core.errors import DataError

MAX_MEMBER = 64 * 2**20  # bytes of one file
MAX_TOTAL = 16 * 2**30  # bytes of all files
MAX_RATIO = 300  # bytes out for a byte in; photographs do not reach 10
SMALL = 2**18  # bytes below which no ratio is taken

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


def is_archive(path: Path) -> bool:
    """Whether the name says zip, tar, tar.gz, tar.xz or tar.bz2 (or tgz, txz, tbz2)."""
    return _SUFFIX.search(path.name) is not None


def stem(path: Path) -> str:
    """The name without the suffixes that make it an archive."""
    return _SUFFIX.sub("", path.name)


def members(path: Path) -> Iterator[Member]:
    """Every image file in the archive, in its order. Each is to be read before the next.

    Raises:
        DataError: the archive is damaged or unsafe; names the member.
    """
    match = _SUFFIX.search(path.name)
    if match is None:
        raise DataError("data.archive.name", path=path)
    kind = (match[2] or match[3] or "").lower()
    reader = _zip_members(path) if match[1] else _tar_members(path, kind)
    names: set[str] = set()
    try:
        for member in reader:
            if member.name in names:
                raise DataError("data.archive.twice", path=path, member=shown(member.name))
            names.add(member.name)
            yield member
    except _DAMAGE as error:
        raise DataError("data.archive.damaged", path=path) from error


def safe_name(name: str, path: Path) -> str:
    """The member's name with forward slashes, if it stays inside the archive.

    Raises:
        DataError: the name is absolute, climbs out with `..`, or holds control characters.
    """
    plain = name.replace("\\", "/")
    if plain.startswith("/") or re.match(r"[A-Za-z]:", plain):
        raise DataError("data.archive.absolute", path=path, member=shown(name))
    if ".." in plain.split("/"):
        raise DataError("data.archive.climbs", path=path, member=shown(name))
    if any(ord(character) < 32 or ord(character) == 127 for character in plain):
        raise DataError("data.archive.control", path=path, member=shown(name))
    return "/".join(part for part in plain.split("/") if part not in {"", "."})


class _Limits:
    """Counts members and bytes, and refuses what is beyond reason."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members = 0
        self.total = 0

    def count(self, name: str, size: int) -> None:
        """Take note of the next member and the bytes it claims to have."""
        self.members += 1
        self.total += size
        if self.members > MAX_MEMBERS:
            raise DataError("data.archive.members", path=self.path, most=MAX_MEMBERS)
        if size > MAX_MEMBER:
            raise DataError(
                "data.archive.member_size",
                path=self.path,
                member=shown(name),
                size=size,
                most=MAX_MEMBER // 2**20,
            )
        if self.total > MAX_TOTAL:
            raise DataError(
                "data.archive.total_size",
                path=self.path,
                member=shown(name),
                most=MAX_TOTAL // 2**30,
            )

    def expanded(self, name: str, packed: int, unpacked: int) -> None:
        """Refuse a compression that no image reaches."""
        if unpacked > max(SMALL, MAX_RATIO * packed):
            raise DataError(
                "data.archive.bomb", path=self.path, member=shown(name), times=MAX_RATIO
            )


def _zip_members(path: Path) -> Iterator[Member]:
    limits = _Limits(path)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = safe_name(info.filename, path)
            _check_kind(info.external_attr >> 16, name, path)
            limits.count(name, info.file_size)
            limits.expanded(name, info.compress_size, info.file_size)
            if info.flag_bits & 1:
                raise DataError("data.archive.encrypted", path=path, member=shown(name))
            if not info.is_dir() and is_image(name):
                yield _member(name, archive.read(info))


def _check_kind(mode: int, name: str, path: Path) -> None:
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise DataError(
            "data.archive.link" if stat.S_ISLNK(mode) else "data.archive.device",
            path=path,
            member=shown(name),
        )


class _Bounded:
    """A decompressed stream that ends in an error rather than in a full memory."""

    def __init__(self, stream: IO[bytes], limits: _Limits, packed: int) -> None:
        self._stream = stream
        self._limits = limits
        self._packed = packed
        self._read = 0
        self._since = 0
        self._member = limits.path.name

    def enter(self, member: str) -> None:
        self._member = member
        self._since = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._read += len(data)
        self._since += len(data)
        self._limits.expanded(self._member, self._packed, self._read)
        if self._since > 2 * MAX_MEMBER:  # headers can be made as long as files
            raise DataError(
                "data.archive.endless", path=self._limits.path, member=shown(self._member)
            )
        return data


def _tar_members(path: Path, kind: str) -> Iterator[Member]:
    limits = _Limits(path)
    with _TAR[kind](path, "rb") as stream:
        bounded = _Bounded(stream, limits, path.stat().st_size)
        with tarfile.open(fileobj=bounded, mode="r|") as archive:  # type: ignore[call-overload]
            while (info := archive.next()) is not None:
                name = safe_name(info.name, path)
                bounded.enter(name)
                if info.issym() or info.islnk():
                    raise DataError("data.archive.link", path=path, member=shown(name))
                if not (info.isreg() or info.isdir()) or info.issparse():
                    raise DataError("data.archive.device", path=path, member=shown(name))
                limits.count(name, info.size)
                content = archive.extractfile(info) if is_image(name) else None
                if content is not None:
                    yield _member(name, content.read())
                archive.members.clear()  # it would keep every header
        while bounded.read(2**16):  # the compressors' checksums come last
            pass


def _member(name: str, content: bytes) -> Member:
    return Member(name, lambda: io.BytesIO(content))
