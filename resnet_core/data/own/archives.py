"""The files of a zip or a tar, one after another.

An archive may come from anyone. Names that lead elsewhere, links, devices and bytes that expand
beyond reason are refused with a sentence that names the file. Of a zip's compressions only
deflate is read: its decoder stops at the size that a member claims, where those of bz2 and LZMA
fill the memory first.
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
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import IO, Any

from resnet_core.data.own.names import is_leftover, zip_encoding
from resnet_core.errors import DataError

MAX_FILES = 2_000_000  # of one data set
MAX_FILE_BYTES = 192 * 2**20  # CIFAR-100's training images are one file of 155 MB
MAX_TOTAL_BYTES = 16 * 2**30
MAX_RATIO = 1100  # bytes out for a byte in; deflate reaches 1032 on pictures of one colour
RATIO_FROM_BYTES = 2**28  # no ratio is taken of less: so much is read of any file

_TAR: dict[str, Callable[..., Any]] = {
    "": open,
    "gz": gzip.open,
    "xz": lzma.open,
    "bz2": bz2.open,
}
_SUFFIX = re.compile(r"\.(?:(zip)|(?:tar(?:\.(gz|xz|bz2))?|t(gz|xz|bz2)))$", re.IGNORECASE)
_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, IndexError, NotImplementedError, UnicodeError, OverflowError),
)
_UTF8_NAME = 0x800  # the flag of a zip's member whose name is UTF-8
_PIECE = 2**16  # bytes
ZIP_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


@dataclass(frozen=True)
class Member:
    """One file or folder of a folder or an archive.

    Attributes:
        name: its path inside, with forward slashes; a folder's ends in one.
        open: returns its bytes; called before the next member is taken.
    """

    name: str
    open: Callable[[], IO[bytes]]


def is_archive(path: Path) -> bool:
    """Return whether the name says zip, tar, tar.gz, tar.xz or tar.bz2 (or tgz, txz, tbz2)."""
    return _SUFFIX.search(path.name) is not None


def without_suffix(name: str) -> str:
    """Return an archive's name without what says its kind."""
    return _SUFFIX.sub("", name)


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


def members(path: Path) -> Iterator[Member]:
    """Yield every file and folder of an archive, in its order, but no system's leftovers.

    Raises:
        DataError: the archive is damaged, or a member is unsafe.
    """
    match = _SUFFIX.search(path.name)
    if match is None:
        raise DataError("data.archive.name", path=path)
    names: set[str] = set()
    try:
        for member in _in_zip(path) if match[1] else _in_tar(path, match[2] or match[3] or ""):
            if not member.name.endswith("/"):
                if member.name in names:
                    raise _unsafe("data.archive.twice", member.name, path)
                names.add(member.name)
            if not is_leftover(member.name):
                yield member
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


def _in_zip(path: Path) -> Iterator[Member]:
    limits = _Limits(path)
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        plain = [info.filename for info in entries if not info.flag_bits & _UTF8_NAME]
        encoding = zip_encoding(plain)
        for info in entries:
            name = safe_name(_decoded(info, encoding), path)
            _check_zip_member(info, name, path, limits)
            if not name:
                continue  # a name of slashes and dots alone: the archive's own folder
            name = f"{name}/" if info.is_dir() else name
            yield Member(name, partial(_opened, path, partial(_unpacked, archive, info)))


def _decoded(info: zipfile.ZipInfo, encoding: str) -> str:
    if info.flag_bits & _UTF8_NAME or encoding == "cp437":
        return info.filename
    return info.filename.encode("cp437").decode(encoding)


def _check_zip_member(info: zipfile.ZipInfo, name: str, path: Path, limits: _Limits) -> None:
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        key = "data.archive.link" if stat.S_ISLNK(mode) else "data.archive.device"
        raise _unsafe(key, name, path)
    limits.count(name, info.file_size)
    if info.compress_type not in ZIP_METHODS:
        raise _unsafe("data.archive.method", name, path)
    check_expansion(name, info.compress_size, info.file_size, path)
    if info.flag_bits & 1:
        raise _unsafe("data.archive.encrypted", name, path)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes, read in pieces: in one, zipfile unpacks all that is packed there,
    whatever size the member claims."""
    with archive.open(info) as file:
        return b"".join(iter(partial(file.read, _PIECE), b""))


def _opened(path: Path, content: Callable[[], bytes]) -> IO[bytes]:
    """Return a member's bytes; it is called outside of `members`, which explains damage there."""
    try:
        return io.BytesIO(content())
    except _DAMAGE as error:
        raise DataError("data.archive.damaged", path=path) from error


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


def _in_tar(path: Path, kind: str) -> Iterator[Member]:
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
                if name:
                    name = f"{name}/" if info.isdir() else name
                    content = cache(partial(_content, archive, info))  # a stream is read once
                    yield Member(name, partial(_opened, path, content))
                archive.members.clear()  # it would keep every header
        while bounded.read(2**16):  # the compressors' checksums come last
            pass


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    return b"" if file is None else file.read()
