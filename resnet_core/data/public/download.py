"""Downloads of public data sets, made only on request, and their unpacking.

`RESIDUAL_PLAYGROUND_MIRROR` names a web address that holds NAME/FILE for each file and takes
the place of the publishers' addresses.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import shutil
import tarfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from resnet_core.data.public import sources
from resnet_core.data.public.sources import Download, Source, find_ready
from resnet_core.errors import DataError, DownloadError
from resnet_core.system import disk, home
from resnet_core.system.disk import file_checksum
from resnet_core.system.texts import Message

MIRROR_VARIABLE = "RESIDUAL_PLAYGROUND_MIRROR"
TIMEOUT = 10.0  # seconds without an answer or a byte

_PIECE = 2**18  # bytes between two reports
_FAILURES = (urllib.error.URLError, OSError, http.client.HTTPException, ValueError, DownloadError)

# File, bytes so far, bytes in all (None where the server does not say).
Progress = Callable[[str, int, int | None], None]


def download(name: str, on_progress: Progress | None = None, timeout: float = TIMEOUT) -> Path:
    """Fetch, check and unpack a data set; return the root of the copy.

    Files that are there and right are not fetched again. `on_progress` may raise to cancel.

    Raises:
        DownloadError: there is no such download, no server answers, the file is not the
            published one, or the folder cannot be written to; says which file to put where.
    """
    source = sources.SOURCES.get(name)
    if source is None:
        raise DownloadError("data.download.unknown", given=name, options=list(sources.SOURCES))
    ready = sources.find_ready(source)
    if ready is not None:
        return ready
    folder = home.data_folder() / source.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(home.data_folder() / f"{name}.download.lock", timeout=0):
            files = [
                _published_file(source, part, folder, on_progress, timeout)
                for part in source.downloads
            ]
            return unpack(source, files)
    except Timeout as error:
        raise DownloadError("data.download.running", title=source.title) from error
    except OSError as error:
        raise DownloadError("data.download.unwritten", folder=folder, reason=error) from error


def unpack(source: Source, packed: Sequence[Path]) -> Path:
    """Return the root of a readable copy, made from published files whose checksums are right.

    Only the files that are needed are taken out, each under its own known name.

    Raises:
        DataError: a file is not what was published, or there is no room.
    """
    root = home.data_folder()
    with FileLock(root / f"{source.name}.unpack.lock"):
        if find_ready(source) == root:
            return root
        for path, part in zip(packed, source.downloads, strict=True):
            if file_checksum(path, "md5") != part.md5:
                raise DataError("data.checksum", path=path)
        folder = root / source.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in packed:
                _unpack_one(source, path, folder)
        except (OSError, EOFError, tarfile.TarError, KeyError, zlib.error) as error:
            raise DataError("data.not_unpacked", path=path, folder=folder, reason=error) from error
    return root


def _published_file(
    source: Source, part: Download, folder: Path, on_progress: Progress | None, timeout: float
) -> Path:
    """Return the published file in the folder, from the first address that gives it."""
    path = folder / part.file
    if path.is_file() and file_checksum(path, "md5") == part.md5:
        return path
    failures = []
    for url in _addresses(source, part):
        try:
            _fetch(url, part, path, on_progress, timeout)
        except _FAILURES as error:
            problem = getattr(error, "reason", None) or error
            failures.append(Message("errors.data.in_file", path=url, problem=problem))
        else:
            return path
    raise DownloadError(
        "data.download.failed",
        file=part.file,
        failures=failures,
        files=[download.file for download in source.downloads],
        folder=folder,
        variable=MIRROR_VARIABLE,
    )


def _addresses(source: Source, part: Download) -> tuple[str, ...]:
    mirror = os.environ.get(MIRROR_VARIABLE, "").strip().rstrip("/")
    if not mirror:
        return part.urls
    if not mirror.startswith(("http://", "https://")):
        raise DownloadError("data.download.mirror", variable=MIRROR_VARIABLE, given=mirror)
    return (f"{mirror}/{source.name}/{part.file}",)


def _fetch(
    url: str, part: Download, path: Path, on_progress: Progress | None, timeout: float
) -> None:
    """Write the file, which takes its name only if its checksum is right."""
    digest = hashlib.md5(usedforsecurity=False)
    with (
        urllib.request.urlopen(url, timeout=timeout) as response,  # https or http, see above
        disk.whole_file(path) as file,
    ):
        length = response.headers.get("Content-Length")
        total = int(length) if length else None
        received = 0
        while piece := response.read(_PIECE):
            received += file.write(piece)
            digest.update(piece)
            if on_progress is not None:
                on_progress(part.file, received, total)
        if digest.hexdigest() != part.md5:
            raise DownloadError("data.download.not_published", received=received)


def _unpack_one(source: Source, path: Path, folder: Path) -> None:
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            for name in source.files:
                member = archive.extractfile(f"{source.folder}/{name}")
                if member is not None:
                    with member, disk.whole_file(folder / name) as file:
                        shutil.copyfileobj(member, file, 2**20)
    elif path.suffix == ".gz" or path.parent != folder:
        is_gzip = path.suffix == ".gz"
        with (
            gzip.open(path) if is_gzip else path.open("rb") as content,
            disk.whole_file(folder / (path.stem if is_gzip else path.name)) as file,
        ):
            shutil.copyfileobj(content, file, 2**20)
