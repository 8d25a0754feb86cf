"""The tree of folders that hold images, and what the names of folders say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from resnet_core.data.own.names import shown

Role = Literal["train", "test", "validation", "unlabelled"]

# Words of a folder's name. A name alone never decides: see `layout`.
_ROLES: dict[Role, frozenset[str]] = {
    "train": frozenset({"train", "training", "trn", "trainset", "훈련", "학습"}),
    "test": frozenset({"test", "testing", "tst", "testset", "테스트", "시험"}),
    "validation": frozenset(
        {"val", "valid", "validation", "dev", "eval", "evaluation", "holdout", "검증", "평가"}
    ),
    "unlabelled": frozenset({"pred", "predict", "prediction", "unlabeled", "unlabelled", "unsup"}),
}
_ANNOTATIONS = frozenset(
    {"mask", "masks", "segmentation", "segmentations", "segmentationclass", "segmentationobject"}
    | {"annotation", "annotations", "trimap", "trimaps", "groundtruth", "gt", "labels", "depth"}
    | {"annot", "bbox", "bboxes", "contours", "matte", "mattes"}
)
_IMAGES = frozenset({"image", "images", "img", "imgs", "jpegimages", "photo", "photos", "jpg"})
_IMAGES |= {"picture", "pictures", "pics", "jpegs", "png", "pngs", "raw", "data", "all", "사진"}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[\uac00-\ud7a3]+")


@dataclass
class Folder:
    """A folder with images in or below it.

    Attributes:
        name: as people read it.
        path: of it, relative to the data set.
        images: positions of the images that lie directly in it.
        below: the folders in it that hold images, by name.
        names: its own and those of the folders in it that it stands for (see `passed`).
    """

    name: str
    path: str
    images: list[int] = field(default_factory=list)
    below: dict[str, Folder] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Return whether its images are in no folders, or in one that is named after images."""
        if not self.below:
            return True
        only = next(iter(self.below.values()))
        generic = bool(words(only.name) & _IMAGES) or role(only) is not None
        return len(self.below) == 1 and not only.below and generic

    def all_images(self) -> Iterator[int]:
        """Yield the positions of the images in and below it."""
        yield from self.images
        for folder in self.below.values():
            yield from folder.all_images()

    def passed(self) -> Folder:
        """Return the folder in it that holds the folders, where it and others hold only one."""
        folder = self
        while not folder.images and len(folder.below) == 1:
            only = next(iter(folder.below.values()))
            if not only.below:
                break
            names = (*folder.names, *only.names)
            folder = Folder(self.name, only.path, only.images, only.below, names)
        return folder


def tree(names: Sequence[str], order: Sequence[int]) -> Folder:
    """Return the tree of images with these names, in this order of their positions."""
    root = Folder("", "", names=("",))
    for position in order:
        folder = root
        for part in PurePosixPath(names[position]).parts[:-1]:
            name = shown(part)
            if name not in folder.below:
                path = f"{folder.path}/{part}" if folder.path else part
                folder.below[name] = Folder(name, path, names=(name,))
            folder = folder.below[name]
        folder.images.append(position)
    return root


def words(name: str) -> frozenset[str]:
    """Return the words of a name in small letters: trainingSet, seg_train and VAL2017 alike."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def role(folder: Folder) -> Role | None:
    """Return which split a folder's name, or that of the one folder in it, says it is."""
    return next(filter(None, map(role_of, folder.names)), None)


def role_of(path: str) -> Role | None:
    """Return which split the name of a folder or a table says it is of."""
    found = words(path)
    return next((one for one, own in _ROLES.items() if found & own), None)


def is_annotation(folder: Folder) -> bool:
    """Return whether a folder's name says that it holds masks or other annotations."""
    return bool(words(folder.name) & _ANNOTATIONS)


def holds_images(folder: Folder) -> bool:
    """Return whether a folder's name says that it holds images, of whatever class."""
    return bool(words(folder.name) & _IMAGES)


def share_folders(folders: Sequence[Folder]) -> bool:
    """Return whether any two hold largely the same folders, as splits do and classes do not."""
    nested = [set(folder.below) for folder in folders if len(folder.below) > 1]
    return any(
        len(one & other) >= max(2, min(len(one), len(other)) / 2)
        for i, one in enumerate(nested)
        for other in nested[i + 1 :]
    )


def mirror(one: Folder, other: Folder, names: Sequence[str]) -> bool:
    """Return whether most of one's images have the names of the other's, but for the suffix."""
    mine, theirs = (set(_stems(folder, names)) for folder in (one, other))
    return len(mine & theirs) >= 0.5 * len(mine)


def _stems(folder: Folder, names: Sequence[str]) -> Iterator[str]:
    for position in folder.all_images():
        yield PurePosixPath(names[position]).stem.removesuffix("_mask").removesuffix("_seg")
