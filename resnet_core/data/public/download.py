"""Fetching a public data set: only ever on request.

`RESIDUAL_PLAYGROUND_MIRROR` names a web address that holds NAME/FILE for each file and is
asked in place of the publishers.
"""

from __future__ import annotations

import http.client
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from resnet_core.data.public import sources
from resnet_core.data.public.sources import Download, Source
from resnet_core.data.public.unpack import unpack
from resnet_core.errors import DownloadError
from resnet_core.system import home
from resnet_core.system.checksum import md5_of
from resnet_core.system.texts import Message

MIRROR_VARIABLE = "RESIDUAL_PLAYGROUND_MIRROR"
TIMEOUT = 10.0  # seconds without an answer or a byte

_PIECE = 2**18  # bytes between two reports
_FAILURES = (urllib.error.URLError, OSError, http.client.HTTPException, ValueError, DownloadError)

# File, bytes so far, bytes in all (None where the server does not say).
Progress = Callable[[str, int, int | None], None]


def download(name: str, on_progress: Progress | None = None, timeout: float = TIMEOUT) -> Path:
    """Fetch, check and unpack a data set; the root of the copy that can then be read.

    What is already there is not fetched again. `on_progress` may raise to cancel.

    Raises:
        DownloadError: there is no such download, nobody answers, or what came is not what
            was published; says which file to put where instead.
    """
    source = sources.SOURCES.get(name)
    if source is None:
        raise DownloadError("data.download.unknown", given=name, options=list(sources.SOURCES))
    ready = sources.find_ready(source)
    if ready is not None:
        return ready
    folder = home.data_folder() / source.folder
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home.data_folder() / f"{name}.download.lock", timeout=0):
            files = [
                _fetched(source, part, folder, on_progress, timeout) for part in source.downloads
            ]
            return unpack(source, files)
    except Timeout as error:
        raise DownloadError("data.download.running", title=source.title) from error


def _fetched(
    source: Source, part: Download, folder: Path, on_progress: Progress | None, timeout: float
) -> Path:
    """The published file in the folder, from the first address that gives it."""
    target = folder / part.file
    if target.is_file() and md5_of(target) == part.md5:
        return target
    failures = []
    for url in _addresses(source, part):
        try:
            _fetch(url, part, target, on_progress, timeout)
        except _FAILURES as error:
            problem = getattr(error, "reason", None) or error
            failures.append(Message("errors.data.in_file", path=url, problem=problem))
        else:
            return target
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
    url: str, part: Download, target: Path, on_progress: Progress | None, timeout: float
) -> None:
    """Into a temporary file, which takes its name only when its checksum is right."""
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as file:
        temporary = Path(file.name)
    try:
        with (
            urllib.request.urlopen(url, timeout=timeout) as answer,  # https or http, see above
            temporary.open("wb") as file,
        ):
            length = answer.headers.get("Content-Length")
            total = int(length) if length else None
            received = 0
            while piece := answer.read(_PIECE):
                received += file.write(piece)
                if on_progress is not None:
                    on_progress(part.file, received, total)
        if md5_of(temporary) != part.md5:
            raise DownloadError("data.download.not_published", received=received)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
