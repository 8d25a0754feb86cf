"""Every data set by its name: what it is, whether it is there, and its images.

Known names are `shapes` (embedded) and the public sets of `sources`; anything else is the
path of a folder of class folders, of a zip or tar of one, or of an npz. A data set never
stands in for another.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from resnet_core.data.dataset import Dataset, held_out_count
from resnet_core.data.facts import DataFacts
from resnet_core.data.own import arrays, collection
from resnet_core.data.own.member import shown
from resnet_core.data.pictures import picture_folder
from resnet_core.data.pictures.picture_folder import PictureFolder
from resnet_core.data.public import sources, standard
from resnet_core.data.public.sources import SOURCES, Source
from resnet_core.data.shapes import shapes
from resnet_core.errors import DataError, InvalidSetting
from resnet_core.system.texts import Message

SHAPES = "shapes"
NAMES = (SHAPES, *SOURCES)


@dataclass(frozen=True)
class Entry:
    """A data set that can be chosen.

    Attributes:
        name: for `Experiment.data`.
        title: as shown to people.
        present: whether it can be read without a download.
        where: the folder or file that holds it; None where it is not present or embedded.
        how: a sentence that says where it is or how to get it.
    """

    name: str
    title: str
    present: bool
    where: Path | None
    how: Message


def facts(
    name: str,
    image_size: int | None = None,
    train_images: int | None = None,
    test_images: int | None = None,
    validation: bool = False,
) -> DataFacts:
    """What `load` with the same arguments gives, without loading it.

    A public set's facts are known whether or not there is a copy: see `require`. Folders
    and archives are read through once, headers only.

    Raises:
        InvalidSetting: the name is unknown, or there are fewer images than asked for.
        DataError: what is wrong with the folder or file.
    """
    known = _known(name)
    if known == SHAPES:
        found = _shapes_facts(train_images, test_images, validation)
    elif known is not None:
        found = _source_facts(SOURCES[known])
    else:
        path = _path(name)
        found = arrays.facts(path) if arrays.is_arrays(path) else collection.facts(path)
    if known != SHAPES:
        found = _held_out(found, validation)
    return replace(
        _reduced(found, train_images, test_images),
        name=canonical(name),
        image_size=image_size or found.image_size,
    )


def picture_facts(
    name: str,
    image_size: int | None = None,
    train_images: int | None = None,
    test_images: int | None = None,
    validation: bool = False,
) -> DataFacts:
    """What `pictures` with the same arguments gives; no picture is opened.

    Raises:
        InvalidSetting: it is no folder, or there are fewer pictures than asked for.
        DataError: what is wrong with the folder.
    """
    found = picture_folder.facts(_folder(name), image_size)
    found = _reduced(_held_out(found, validation), train_images, test_images)
    return replace(found, name=canonical(name))


def pictures(
    name: str,
    image_size: int | None = None,
    train_images: int | None = None,
    test_images: int | None = None,
    validation: bool = False,
) -> PictureFolder:
    """A folder's pictures, left on disk: what ImageNet's networks are trained on.

    Raises:
        InvalidSetting: it is no folder, or there are fewer pictures than asked for.
        DataError: what is wrong with the folder.
    """
    found = picture_folder.load(_folder(name), image_size)
    if validation:
        found = found.held_out()
    return found.subset(train_images, test_images)


def _folder(name: str) -> Path:
    known = _known(name)
    path = None if known else _path(name)
    if path is None or not path.is_dir():
        raise InvalidSetting("data", "data.no_picture_folder", data=known or shown(name))
    return path


def _held_out(found: DataFacts, validation: bool) -> DataFacts:
    if not validation:
        return found
    held = held_out_count(found.train_images)
    kept = found.train_images - held
    found = replace(found, train_images=kept, test_images=held)
    return replace(found, most_train_images=kept, most_test_images=held)


def _reduced(found: DataFacts, train_images: int | None, test_images: int | None) -> DataFacts:
    most_train, most_test = found.most_train_images, found.most_test_images
    return replace(
        found,
        train_images=_checked("train_images", train_images, most_train, found.title)
        or found.train_images,
        test_images=_checked("test_images", test_images, most_test, found.title)
        or found.test_images,
    )


def load(
    name: str,
    image_size: int | None = None,
    train_images: int | None = None,
    test_images: int | None = None,
    validation: bool = False,
) -> Dataset:
    """The images, resized by area averages and reduced to balanced subsets where asked for.

    With `validation` a tenth of the training images takes the place of the test images
    (the paper's 45k/5k split, section 4.2).

    Raises:
        InvalidSetting: the name is unknown, or there are fewer images than asked for.
        DataError: there is no copy, or what is wrong with it; says what to do.
    """
    known = _known(name)
    if known == SHAPES:
        data: Dataset = shapes.load(*_shapes_to_draw(train_images, test_images, validation))
    elif known is not None:
        data = standard.load(SOURCES[known])
    else:
        path = _path(name)
        data = arrays.load(path) if arrays.is_arrays(path) else collection.load(path, image_size)
    if validation:
        data = data.held_out()
    data = data.subset(train_images, test_images)
    return data.resized(image_size) if image_size else data


def canonical(name: str) -> str:
    """The name that means the same data set in any process: a known name or a full path.

    Raises:
        InvalidSetting: the name is unknown.
    """
    return _known(name) or str(_path(name).resolve())


def require(name: str) -> None:
    """Make sure that `load` would find the data set.

    Raises:
        DataError: there is no copy; says which file to put where, and how to have it fetched.
        InvalidSetting: the name is unknown.
    """
    known = _known(name)
    if known is None:
        _path(name)
    elif known != SHAPES and not _is_present(SOURCES[known]):
        raise DataError.of(standard.missing(SOURCES[known]))


def available() -> list[Entry]:
    """The known data sets, and the archives and folders in the data folders."""
    entries = [Entry(SHAPES, shapes.NAME, True, None, Message("form.data.embedded"))]
    for source in SOURCES.values():
        ready, packed = sources.find_ready(source), sources.find_packed(source)
        where = ready / source.folder if ready else packed[0].parent if packed else None
        how = Message("form.data.found", folder=where) if where else standard.missing(source)
        entries.append(Entry(source.name, source.title, where is not None, where, how))
    return entries + _own_entries()


def _own_entries() -> list[Entry]:
    published = {download.file for source in SOURCES.values() for download in source.downloads}
    return [
        Entry(
            str(path),
            collection.plain_title(path),
            True,
            path,
            Message("form.data.found", folder=place),
        )
        for place in sources.own_places()
        if place.is_dir()
        for path in sorted(place.iterdir())
        if path.name not in published
        and (_has_class_folders(path) if path.is_dir() else _is_readable(path))
    ]


def _has_class_folders(folder: Path) -> bool:
    """A guess from the folders alone; `facts` looks closer."""
    return sum(path.is_dir() for path in folder.iterdir()) >= 2


def _is_readable(path: Path) -> bool:
    return arrays.is_arrays(path) or collection.is_collection(path)


def _is_present(source: Source) -> bool:
    return sources.find_ready(source) is not None or sources.find_packed(source) is not None


def _known(name: str) -> str | None:
    """The known name that is meant, whatever its case and hyphens, or None for a path."""
    plain = name.strip().lower().replace("-", "").replace("_", "").replace(" ", "")
    return plain if plain in NAMES else None


def _path(name: str) -> Path:
    """The folder or file that a name leads to, here or in the data folders."""
    given = os.path.expanduser(name)  # noqa: PTH111
    for path in (place / given for place in (Path(), *sources.own_places())):
        # These two answer "no" to names that no file can have, where pathlib raises.
        if os.path.isdir(path) or (os.path.isfile(path) and _is_readable(path)):  # noqa: PTH112, PTH113
            return path
    if os.path.isfile(given):  # noqa: PTH113
        raise InvalidSetting("data", "data.not_readable", path=shown(name))
    is_path = "/" in name or "\\" in name
    near = [] if is_path else difflib.get_close_matches(name.lower(), NAMES, n=1, cutoff=0.5)
    if near:
        raise InvalidSetting("data", "data.unknown_near", given=shown(name), near=near[0])
    raise InvalidSetting("data", "data.unknown", given=shown(name), options=NAMES)


def _source_facts(source: Source) -> DataFacts:
    return DataFacts(
        name=source.name,
        title=source.title,
        train_images=source.train_images,
        test_images=source.test_images,
        image_size=source.image_size,
        channels=source.channels,
        classes=source.classes,
        most_train_images=source.train_images,
        most_test_images=source.test_images,
    )


def _shapes_facts(train_images: int | None, test_images: int | None, validation: bool) -> DataFacts:
    train, test = _shapes_to_draw(train_images, test_images, validation)
    most_train = most_test = shapes.MOST_IMAGES
    if validation:
        most_train -= held_out_count(most_train)
        test = most_test = held_out_count(train)
        train -= test
    return DataFacts(
        name=SHAPES,
        title=shapes.NAME,
        train_images=train,
        test_images=test,
        image_size=shapes.SIZE,
        channels=3,
        classes=len(shapes.CLASSES),
        most_train_images=most_train,
        most_test_images=most_test,
    )


def _shapes_to_draw(
    train_images: int | None, test_images: int | None, validation: bool
) -> tuple[int, int]:
    """How many to draw so that enough are left after the validation split."""
    wanted = train_images or 0
    if not validation:
        return max(shapes.TRAIN_IMAGES, wanted), max(shapes.TEST_IMAGES, test_images or 0)
    drawn = max(shapes.TRAIN_IMAGES, wanted)
    while drawn - held_out_count(drawn) < wanted:
        drawn += max(1, (wanted - drawn + held_out_count(drawn)))
    return drawn, shapes.TEST_IMAGES


def _checked(field: str, asked: int | None, most: int, title: str) -> int | None:
    if asked is not None and not 1 <= asked <= most:
        raise InvalidSetting(field, "data.too_few_images_of", count=asked, title=title, most=most)
    return asked
