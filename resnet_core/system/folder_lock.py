"""Who is at work on a folder: the process that holds the lock beside it. No torch.

The system lets go of a process's locks when it ends, however it ends; so what a killed one has
left can be told from what a living one is writing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

_PATIENCE = 5.0  # seconds; whoever looks whether a lock is held has it for a moment


def claim(place: Path) -> FileLock | None:
    """Hold the lock of a place of which nobody else knows yet; None: it was swept away just then,
    name another place.

    On a disk without locks it is not held, and nobody finds it free.

    Raises:
        OSError: the lock's file cannot be made.
    """
    lock = FileLock(place.with_name(f"{place.name}.lock"))
    with suppress(Timeout):
        lock.acquire(timeout=_PATIENCE)
    if Path(lock.lock_file).exists():
        return lock
    lock.release()
    return None


def deserted(folder: Path, names: str) -> Iterator[Path]:
    """The places in this folder whose process is no more; each is held until the next is asked
    for, and is nobody's then.

    Args:
        names: a pattern, as for `Path.glob`.
    """
    for path in folder.glob(f"{names}.lock"):
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except (Timeout, PermissionError):
            continue  # its process is at work, or it is another user's
        yield path.with_suffix("")
        forget(lock)


def forget(lock: FileLock) -> None:
    """Let go of a place that is cleared away, or has become what it was to be."""
    with suppress(OSError):  # Windows deletes no file that is open
        Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
    with suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)
