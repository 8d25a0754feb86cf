"""The layout of image files in folders: the class and the split of each.

The structure decides, not a list of names. Siblings that hold the same folders are splits, or
images beside their masks; what is in neither role is a class. Names say which split is which. What
can be read in two ways is refused with the folders named, and what is left out is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from resnet_core.data.dataset import Index, Labels, held_out_index
from resnet_core.data.decoding import SUFFIXES
from resnet_core.data.own import label_tables, remarks
from resnet_core.data.own.listing import Listing
from resnet_core.data.own.names import shown
from resnet_core.data.own.tree import (
    Folder,
    Role,
    holds_images,
    is_annotation,
    mirror,
    role,
    share_folders,
    tree,
)
from resnet_core.errors import DataError
from resnet_core.system.texts import Message

Labelled = list[tuple[int, str]]  # a position, and its class

_STRAYS = 0.1  # of the images: so many beside class folders are left out, more are refused


@dataclass(frozen=True)
class Layout:
    """The class and the split of each image.

    Attributes:
        train, test: positions in the list of names, in the order of the names.
        train_labels, test_labels: for each of them, its place in `classes`.
        notes: what was decided and what was left out.
    """

    classes: tuple[str, ...]
    train: Index
    train_labels: Labels
    test: Index
    test_labels: Labels
    notes: tuple[Message, ...] = ()


def arrange(listing: Listing | Sequence[str], source: str) -> Layout:
    """Return the layout of files with these names, relative and with forward slashes.

    Either a training and a test folder hold class folders, or class folders lie directly inside;
    then a seeded tenth of each class becomes the test set. Folders around all of that are passed
    through. Images without class folders need a table that labels them.

    Raises:
        DataError: there are no images or no classes, or the folders can be read in two ways;
            `source` and the folders are named.
    """
    listing = listing if isinstance(listing, Listing) else Listing.of(listing)
    if not listing.names:
        kinds = sorted(suffix[1:] for suffix in SUFFIXES)
        raise DataError("data.no_images", path=source, kinds=kinds)
    return _Arrangement(listing, source).layout()


@dataclass
class _Arrangement:
    listing: Listing
    source: str
    notes: list[Message] = field(default_factory=list)
    rank: dict[int, int] = field(default_factory=dict)  # of a position, in the order of the names

    @property
    def names(self) -> list[str]:
        return self.listing.names

    def layout(self) -> Layout:
        order = sorted(range(len(self.names)), key=self.names.__getitem__)
        self.rank = {position: rank for rank, position in enumerate(order)}
        top = self._without_annotations(tree(self.names, order))
        folders = list(top.below.values())
        if not folders or (len(folders) == 1 and top.is_flat):
            return self._of_one(self._from_table(top, None) or self._refuse_flat(top))
        if self._are_splits(folders):
            self._leave_out(top.images)
            return self._of_splits(folders)
        if self._are_splits_of_classes(folders):
            return self._of_splits(self._turned(folders))
        if share_folders(folders):
            raise self._error("data.parallel_folders", folders)
        labelled = self._classes(top)
        return self._of_one(labelled)

    def _without_annotations(self, top: Folder) -> Folder:
        """Return the folder that holds splits or classes, without folders of masks."""
        while True:
            top = top.passed()
            folders = list(top.below.values())
            masks = [f for f in folders if is_annotation(f)]
            images = [f for f in folders if f not in masks]
            annotated = [m for m in masks if any(self._annotates(m, f) for f in images)]
            for folder in annotated:
                self.notes.append(remarks.annotated(folder.path, _count(folder)))
                del top.below[folder.name]
            if not annotated:
                only = next(iter(top.below.values())) if len(top.below) == 1 else None
                strays = self._are_strays(top)
                if only is None or not only.below or only.is_flat or not (top.images and strays):
                    return top
                self._leave_out(top.images)
                top.images = []

    def _annotates(self, masks: Folder, images: Folder) -> bool:
        if share_folders([masks, images]) or holds_images(images):
            return True
        if masks.below or images.below or not mirror(masks, images, self.names):
            return False
        raise self._error("data.masks_or_class", [masks, images])

    def _are_splits(self, folders: list[Folder]) -> bool:
        roles = [role(folder) for folder in folders]
        trains = [f for f, r in zip(folders, roles, strict=True) if r == "train"]
        if all(roles) and len(folders) > 1:
            return True
        if any(not folder.is_flat and not _holds_splits(folder) for folder in trains):
            others = [f for f, r in zip(folders, roles, strict=True) if r is None]
            if share_folders([*trains, *others]):
                raise self._error("data.unclear_folder", [*trains, *others])
            return True
        if trains and any(r in {"test", "validation"} for r in roles):
            raise self._error("data.splits_or_classes", folders)
        return False

    def _are_splits_of_classes(self, folders: list[Folder]) -> bool:
        """Return whether each class folder holds its own splits."""
        return all(_holds_splits(f) for f in folders) and any(
            role(inner) == "train" for f in folders for inner in f.below.values()
        )

    def _turned(self, folders: list[Folder]) -> list[Folder]:
        """Return the splits with the classes in them, of classes with the splits in them."""
        turned: dict[str, Folder] = {}
        for folder in folders:
            self._leave_out(folder.images)
            for name, inner in folder.below.items():
                split = turned.setdefault(name, Folder(name, name, names=(name,)))
                split.below[folder.name] = Folder(
                    folder.name, inner.path, inner.images, inner.below, folder.names
                )
        return list(turned.values())

    def _of_splits(self, folders: list[Folder]) -> Layout:
        by_role: dict[Role | None, list[Folder]] = {}
        for folder in folders:
            by_role.setdefault(role(folder), []).append(folder)
        trains = by_role.get("train", [])
        if len(trains) != 1:
            key = "data.two_training_folders" if trains else "data.no_training_folder"
            raise self._error(key, trains or folders)
        train = self._split(trains[0], None)
        if train is None:
            raise self._flat_split(trains[0], folders)
        classes = {name for _, name in train}
        candidates = [*by_role.get("test", []), *by_role.get("validation", [])]
        test: Labelled | None = None
        for folder in candidates:
            labelled = self._split(folder, classes)
            if labelled is None:
                self.notes.append(remarks.unlabelled(folder.path, _count(folder)))
            elif test is None:
                test = labelled
                self.notes.append(remarks.splits(trains[0].path, folder.path))
            else:
                self.notes.append(remarks.not_used(folder.path, len(labelled)))
        for folder in [*by_role.get("unlabelled", []), *by_role.get(None, [])]:
            self.notes.append(remarks.not_used(folder.path, _count(folder)))
        return self._of_one(train) if test is None else self._of_two(train, test)

    def _split(self, folder: Folder, known: set[str] | None) -> Labelled | None:
        """Return the labelled images of a split, or None where they have no labels."""
        inner = folder.passed()
        if inner.is_flat and not (known and set(inner.below) & known):
            only = next(iter(inner.below.values()), inner)
            return self._from_table(only if not inner.images else inner, known)
        labelled = self._classes(inner)
        strange = sorted({name for _, name in labelled} - known) if known else []
        if strange:
            raise DataError(
                "data.class_only_in_test", path=self.source, name=strange[0], folder=folder.path
            )
        return labelled

    def _classes(self, folder: Folder) -> Labelled:
        """Return the images of a folder's folders, each of which is a class."""
        if folder.images and not self._are_strays(folder):
            raise self._refused_strays(folder)
        self._leave_out(folder.images)
        for one in folder.below.values():
            inner = one.passed().below
            if len(inner) > 1:
                self.notes.append(remarks.nested(one.path, sorted(inner)))
        return [(i, one.name) for one in folder.below.values() for i in one.all_images()]

    def _from_table(self, folder: Folder, known: set[str] | None) -> Labelled | None:
        positions = list(folder.all_images())
        names = [self.names[i] for i in positions]
        labels = label_tables.labels(self.listing.tables, names, folder.path, known)
        if labels is None:
            return None
        missing = sum(not label for label in labels)
        if missing:
            self.notes.append(remarks.not_in_table(folder.path or ".", missing))
        self.notes.append(remarks.labels_from_table(folder.path or "."))
        return [(i, label) for i, label in zip(positions, labels, strict=True) if label]

    def _are_strays(self, folder: Folder) -> bool:
        return len(folder.images) <= max(1, _STRAYS * _count(folder))

    def _leave_out(self, images: list[int]) -> None:
        if images:
            self.notes.append(remarks.strays([shown(self.names[i]) for i in images]))

    def _of_one(self, files: Labelled) -> Layout:
        """Return the layout of images without a test set: a tenth is set aside."""
        classes = self._class_names(files)
        positions, labels = self._columns(files, classes)
        train, test = held_out_index(labels)
        if len(np.unique(labels[train])) < len(classes):
            raise DataError("data.too_few_for_test", path=self.source)
        self.notes.append(remarks.held_out(len(test)))
        arrays = positions[train], labels[train], positions[test], labels[test]
        return Layout(classes, *arrays, self._all_notes(classes))

    def _of_two(self, train: Labelled, test: Labelled) -> Layout:
        classes = self._class_names(train)
        arrays = *self._columns(train, classes), *self._columns(test, classes)
        return Layout(classes, *arrays, self._all_notes(classes))

    def _all_notes(self, classes: tuple[str, ...]) -> tuple[Message, ...]:
        return (*self.notes, *remarks.of_listing(self.listing, classes))

    def _class_names(self, files: Labelled) -> tuple[str, ...]:
        classes = tuple(sorted({name for _, name in files}))
        if len(classes) < 2:
            empty = self.listing.empty_folders()
            key = "data.one_class_others_empty" if empty else "data.one_class"
            raise DataError(
                key, path=self.source, name=classes[0], folders=[shown(n) for n in empty[:10]]
            )
        return classes

    def _columns(self, files: Labelled, classes: tuple[str, ...]) -> tuple[Index, Labels]:
        place = {name: label for label, name in enumerate(classes)}
        files = sorted(files, key=lambda file: self.rank[file[0]])
        positions = np.array([i for i, _ in files], np.int64)
        return positions, np.array([place[name] for _, name in files], np.int64)

    def _refuse_flat(self, top: Folder) -> Labelled:
        """Return the images as one class if they are in one folder, or refuse them."""
        if top.images or len(top.below) != 1:
            raise self._refused_strays(top)
        only = next(iter(top.below.values()))
        if holds_images(only):
            raise self._refused_strays(only)
        return [(i, only.name) for i in only.all_images()]

    def _refused_strays(self, folder: Folder) -> DataError:
        examples = [shown(self.names[i]) for i in folder.images[:3]]
        return DataError("data.images_outside_classes", path=self.source, examples=examples)

    def _flat_split(self, train: Folder, folders: list[Folder]) -> DataError:
        return DataError(
            "data.splits_without_classes",
            path=self.source,
            folders=[folder.path for folder in folders][:10],
            example=f"{train.path}/cat",
        )

    def _error(self, key: str, folders: Sequence[Folder]) -> DataError:
        inner = sorted({name for folder in folders for name in folder.passed().below})
        return DataError(
            key,
            path=self.source,
            folders=[shown(folder.path) for folder in folders][:10],
            inner=inner[:6],
            first=shown(folders[0].path),
            second=shown(folders[-1].path),
        )


def _holds_splits(folder: Folder) -> bool:
    return bool(folder.below) and all(role(inner) for inner in folder.below.values())


def _count(folder: Folder) -> int:
    return sum(1 for _ in folder.all_images())
