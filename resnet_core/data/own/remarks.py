"""Remarks on a data set: decisions about its folders, and files that were left out."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_core.data.own.listing import Listing
from resnet_core.data.own.names import encoding_of, natural, shown
from resnet_core.system.texts import Message

_MOST = 10  # names in a sentence


def strays(names: Sequence[str]) -> Message:
    return Message("data.reading.strays", count=len(names), files=names[:_MOST])


def annotated(folder: str, count: int) -> Message:
    return Message("data.reading.annotations", folder=shown(folder), count=count)


def splits(train: str, test: str) -> Message:
    return Message("data.reading.splits", train=shown(train), test=shown(test))


def unlabelled(folder: str, count: int) -> Message:
    return Message("data.reading.unlabelled", folder=shown(folder), count=count)


def not_used(folder: str, count: int) -> Message:
    return Message("data.reading.not_used", folder=shown(folder), count=count)


def nested(folder: str, inner: Sequence[str]) -> Message:
    return Message("data.reading.nested", folder=shown(folder), inner=inner[:_MOST])


def labels_from_table(folder: str) -> Message:
    return Message("data.reading.table", folder=shown(folder))


def not_in_table(folder: str, count: int) -> Message:
    return Message("data.reading.not_in_table", folder=shown(folder), count=count)


def held_out(count: int) -> Message:
    return Message("data.reading.held_out", count=count)


def of_listing(listing: Listing, classes: Sequence[str]) -> list[Message]:
    """Return what is left out of a listing, and how its names are read and ordered."""
    remarks = []
    if listing.others:
        kinds = [f"{n} {suffix or '-'}" for suffix, n in listing.others.most_common(_MOST)]
        count = sum(listing.others.values())
        remarks.append(Message("data.reading.others", count=count, kinds=kinds))
    empty = [shown(name) for name in listing.empty_folders()]
    if empty:
        remarks.append(Message("data.reading.empty", folders=empty[:_MOST]))
    encoding = encoding_of(part for name in listing.names for part in name.split("/"))
    if encoding:
        remarks.append(Message("data.reading.encoding", encoding=encoding))
    if list(classes) != sorted(classes, key=natural):
        remarks.append(Message("data.reading.order", classes=list(classes[:5])))
    return remarks
