"""Contents of a folder or an archive: its images, and the files that are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from resnet_core.data.decoding import SUFFIXES, is_picture
from resnet_core.data.own.archives import Member
from resnet_core.data.own.names import is_leftover

_TABLES = frozenset({".csv", ".tsv", ".txt"})
_MOST_TABLE_BYTES = 64 * 2**20  # two million rows
_MOST_TABLES = 1000
# Written beside pictures, and never mistaken for one.
_DOCUMENTS = _TABLES | frozenset(
    f".{suffix}"
    for suffix in (
        *("json", "xml", "yaml", "yml", "md", "rst", "html", "htm", "pdf", "log", "py"),
        *("ipynb", "sh", "mat", "db", "ini", "cfg", "lst", "sha256", "md5", "license"),
    )
)


@dataclass
class Listing:
    """The names of what was read, relative and with forward slashes.

    Attributes:
        names: of the images.
        tables: content of text files by name, which may hold labels.
        others: how many files there are of each other suffix ("" where there is none).
        folders: all of them, with those that hold no image.
    """

    names: list[str] = field(default_factory=list)
    tables: dict[str, bytes] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)
    folders: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, names: Sequence[str]) -> Listing:
        """Return the listing of images with these names."""
        return cls(names=list(names))

    def images(self, members: Iterator[Member]) -> Iterator[Member]:
        """Yield those members that are images, and note down all of them."""
        for member in members:
            if member.name.endswith("/"):
                self.folders.add(member.name.rstrip("/"))
            elif is_image(member):
                self.names.append(member.name)
                yield member
            else:
                self._note(member)

    def empty_folders(self) -> list[str]:
        """Return the folders without an image in or below them, the outermost of each."""
        used = {str(parent) for name in self.names for parent in PurePosixPath(name).parents}
        empty = {name for name in self.folders if name not in used}
        return sorted(
            n for n in empty if not any(str(p) in empty for p in PurePosixPath(n).parents)
        )

    def _note(self, member: Member) -> None:
        path = PurePosixPath(member.name)
        self.folders.add(str(path.parent))
        suffix = path.suffix.lower()
        if suffix in _TABLES and len(self.tables) < _MOST_TABLES:
            with member.open() as file:
                content = file.read(_MOST_TABLE_BYTES + 1)
            if content and len(content) <= _MOST_TABLE_BYTES:
                self.tables[member.name] = content
        elif suffix not in _DOCUMENTS:
            self.others[suffix] += 1


def is_image(member: Member) -> bool:
    """Return whether a file is an image: by its suffix, or by its first bytes where that is odd."""
    if is_leftover(member.name):
        return False
    suffix = PurePosixPath(member.name).suffix.lower()
    if suffix in SUFFIXES:
        return True
    if suffix in _DOCUMENTS:
        return False
    with member.open() as file:
        return is_picture(file.read(16))
