"""Labels in a table of text beside images that lie in one folder: Kaggle's and Tiny-ImageNet's.

Which column names the images and which the classes is seen from what stands in them: a column
names the images if nearly every image is in it, and the classes' column repeats its values.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

from resnet_core.data.own.names import shown
from resnet_core.data.own.tree import role_of

_ENOUGH = 0.9  # of the images that a table has to name
_LABELS = (
    *("label", "labels", "class", "classes", "class_name", "category", "species", "breed"),
    *("target", "y", "diagnosis", "level", "wnid", "label_name", "variety"),
)

Columns = list[list[str]]


def labels(
    tables: Mapping[str, bytes],
    names: Sequence[str],
    folder: str,
    known: Collection[str] | None = None,
) -> list[str] | None:
    """Return the class of each image by the one table that names them, or None.

    Args:
        tables: content by name.
        names: of the images, relative to the data set.
        folder: that holds them; a table in it or above it may be of them.
        known: the classes of the training images, where these are test images.
    """
    found = []
    split = role_of(folder)
    for table, content in sorted(tables.items()):
        beside = str(PurePosixPath(table).parent)
        above = beside == "." or f"{folder}/".startswith(f"{beside}/")
        if not above or (split and role_of(table) not in (None, split)):
            continue
        columns = _columns(content)
        own = beside == folder or split is None or role_of(table) == split
        named = _named(columns, names, beside, own=own)
        if named is None:
            continue
        rows, key = named
        header = [column[0] for column in columns]
        if 0 not in rows:
            columns = [column[1:] for column in columns]
            rows = [None if row is None else row - 1 for row in rows]
        values = _classes(columns, header, key, rows, known)
        if values is not None:
            found.append(values)
    return found[0] if found and all(one == found[0] for one in found) else None


def _columns(content: bytes) -> Columns:
    """Return the columns of a table; its first row may be a heading."""
    text = _text(content)
    first = text.partition("\n")[0]
    delimiter = max("\t,; ", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    except csv.Error:
        return []
    if not rows or len(rows[0]) < 2:
        return []
    width = len(rows[0])
    rows = [[cell.strip() for cell in row] for row in rows if len(row) == width]
    return [list(column) for column in zip(*rows, strict=True)]


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _named(
    columns: Columns, names: Sequence[str], beside: str, own: bool
) -> tuple[list[int | None], int] | None:
    """Return each image's row, and the column that names images."""
    for key, column in enumerate(columns):
        place = {shown(value): row for row, value in enumerate(column)}
        for form in (_whole, _inside(beside), _file, _stem):
            rows = [place.get(shown(form(name))) for name in names]
            hits = sum(row is not None for row in rows)
            by_path = form not in (_file, _stem)
            # A number is a name in any folder: the table has to be of these images alone.
            alone = by_path or own or hits >= _ENOUGH * len(column)
            if hits >= max(1, _ENOUGH * len(names)) and alone:
                return rows, key
    return None


def _whole(name: str) -> str:
    return name


def _inside(folder: str):  # type: ignore[no-untyped-def]
    return lambda name: name.removeprefix(f"{folder}/")


def _file(name: str) -> str:
    return PurePosixPath(name).name


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


def _classes(
    columns: Columns,
    header: list[str],
    key: int,
    rows: Sequence[int | None],
    known: Collection[str] | None,
) -> list[str] | None:
    """Return each image's class, "" for one that the table leaves out, or None without a column."""
    others = [i for i in range(len(columns)) if i != key]
    if known is not None:
        fitting = [i for i in others if {shown(v) for v in columns[i]} <= set(known)]
        others = fitting[:1]
    else:
        others = _label_columns(columns, header, others)
    if len(others) == 1:
        column = columns[others[0]]
        return [shown(column[row]) if row is not None else "" for row in rows]
    if len(others) > 1 and _is_one_hot([columns[i] for i in others]):
        hot = [next(i for i in others if float(columns[i][r]) == 1) for r in range(len(columns[0]))]
        return [header[hot[row]] if row is not None else "" for row in rows]
    return None


def _label_columns(columns: Columns, header: list[str], others: list[int]) -> list[int]:
    """Return the column whose heading says so, or the only one whose values repeat."""
    named = [i for i in others if header[i].strip().lower() in _LABELS]
    repeated = [i for i in others if 2 <= len(set(columns[i])) <= max(2, len(columns[i]) // 2)]
    if len(named) == 1:
        return named
    return repeated if len(repeated) == 1 else others


def _is_one_hot(columns: Columns) -> bool:
    try:
        return all(sorted(map(float, row))[-2:] == [0, 1] for row in zip(*columns, strict=True))
    except ValueError:
        return False
