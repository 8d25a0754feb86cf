"""Every data set by its name: its sizes, its images, and whether there is a copy.

Known names are `shapes` and `cifar10-sample`, which come with the package, and the public sets of
`sources`; anything else is the path of a folder of class folders, of a zip or tar of one, or of an
npz. A data set never stands in for another.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from resnet_core.data import sample, shapes
from resnet_core.data.dataset import DataFacts, Dataset, Selection, check_count, held_out_count
from resnet_core.data.imagenet import image_folder
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.data.own import reading
from resnet_core.data.own.archives import quoted
from resnet_core.data.own.files import title
from resnet_core.data.public import local_copy, sources
from resnet_core.data.public.sources import SOURCES, Source
from resnet_core.errors import DataError, InvalidSetting
from resnet_core.system.texts import Message

SHAPES = "shapes"
SAMPLE = sample.NAME
INCLUDED = (SHAPES, SAMPLE)  # with the package
NAMES = (*INCLUDED, *SOURCES)


@dataclass(frozen=True)
class Entry:
    """A data set that can be chosen.

    Attributes:
        name: for `Experiment.data`.
        title: as shown to people.
        present: whether it can be read without a download.
        where: the folder or file that holds it; None where it is not present or embedded.
        access: a sentence that says where it is, or which file to put where.
    """

    name: str
    title: str
    present: bool
    where: Path | None
    access: Message


def facts(selection: Selection) -> DataFacts:
    """Return the sizes of what `load` or `load_folder` gives, without loading it.

    A public set's facts are known whether or not there is a copy: see `require`. Folders
    and archives are read through once, headers only.

    Raises:
        InvalidSetting: the name is unknown, or there are fewer images than selected.
        DataError: what is wrong with the folder or file.
    """
    public_name = _known_name(selection.name)
    if selection.on_disk:
        full = image_folder.facts(_folder(selection.name), selection.image_size)
    elif public_name == SHAPES:
        full = _shapes_facts(selection)
    elif public_name == SAMPLE:
        full = sample.FACTS
    elif public_name is not None:
        full = SOURCES[public_name].facts
    else:
        full = reading.facts(_path(selection.name))
    if selection.validation and public_name != SHAPES:
        test_count = held_out_count(full.train_images)
        train_count = full.train_images - test_count
        full = replace(full, train_images=train_count, test_images=test_count)
        full = replace(full, most_train_images=train_count, most_test_images=test_count)
    train, test = selection.train_images, selection.test_images
    check_count("train_images", train, full.most_train_images, full.title)
    check_count("test_images", test, full.most_test_images, full.title)
    return replace(
        full,
        name=canonical(selection.name),
        train_images=train or full.train_images,
        test_images=test or full.test_images,
        image_size=selection.image_size or full.image_size,
    )


def load(
    selection: Selection | str,
    image_size: int | None = None,
    train_images: int | None = None,
    test_images: int | None = None,
) -> Dataset:
    """Return the selected images, resized by area averages.

    Args:
        selection: or a name or path, with the other arguments as in `Selection`.

    Raises:
        InvalidSetting: the name is unknown, or there are fewer images than selected.
        DataError: there is no copy, or what is wrong with it; says what to do.
    """
    if isinstance(selection, str):
        selection = Selection(selection, image_size, train_images, test_images)
    public_name = _known_name(selection.name)
    size = selection.image_size
    if public_name == SHAPES:
        data: Dataset = shapes.load(*_shapes_to_draw(selection))
    elif public_name == SAMPLE:
        data = sample.load()
    elif public_name is not None:
        data = local_copy.load(SOURCES[public_name])
    else:
        data = reading.load(_path(selection.name), size)
    if selection.validation:
        data = data.held_out()
    data = data.subset(selection.train_images, selection.test_images)
    return data.resized(size) if size else data


def load_folder(selection: Selection) -> ImageFolder:
    """Return the selected images of a folder, left on disk as ImageNet's networks need it.

    Raises:
        InvalidSetting: it is no folder, or there are fewer images than selected.
        DataError: what is wrong with the folder.
    """
    data = image_folder.load(_folder(selection.name), selection.image_size)
    if selection.validation:
        data = data.held_out()
    return data.subset(selection.train_images, selection.test_images)


def canonical(name: str) -> str:
    """Return the name that means the same data set in any process: a known name or a full path.

    Raises:
        InvalidSetting: the name is unknown.
    """
    return _known_name(name) or str(_path(name).resolve())


def require(name: str) -> None:
    """Make sure that `load` would find the data set.

    Raises:
        DataError: there is no copy; says which file to put where, and how to have it fetched.
        InvalidSetting: the name is unknown.
    """
    public_name = _known_name(name)
    if public_name is None:
        _path(name)
    elif public_name not in INCLUDED and not _is_present(SOURCES[public_name]):
        missing = sources.missing(SOURCES[public_name])
        if Path(name).is_dir():
            here = f"./{name}"
            raise DataError("data.name_or_folder", missing=missing, name=name, folder=here)
        raise DataError.of(missing)


def available() -> list[Entry]:
    """Return the known data sets, and the archives and folders in the data folders."""
    entries = [
        Entry(SHAPES, shapes.NAME, True, None, Message("form.data.embedded")),
        Entry(SAMPLE, sample.TITLE, True, sample.PATH, Message("form.data.sample")),
    ]
    for source in SOURCES.values():
        ready, packed = sources.find_ready(source), sources.find_packed(source)
        where = ready / source.folder if ready else packed[0].parent if packed else None
        access = Message("form.data.found", folder=where) if where else sources.missing(source)
        entries.append(Entry(source.name, source.title, where is not None, where, access))
    published = {download.file for source in SOURCES.values() for download in source.downloads}
    return entries + [
        Entry(str(path), title(path), True, path, Message("form.data.found", folder=place))
        for place in sources.own_places()
        if place.is_dir()
        for path in sorted(place.iterdir())
        if path.name not in published
        and (_has_class_folders(path) if path.is_dir() else reading.is_readable(path))
    ]


def _has_class_folders(folder: Path) -> bool:
    """Guess from the folders alone; `facts` reads the files."""
    return sum(path.is_dir() for path in folder.iterdir()) >= 2


def _is_present(source: Source) -> bool:
    return sources.find_ready(source) is not None or sources.find_packed(source) is not None


def _known_name(name: str) -> str | None:
    """Return the known name that is meant, whatever its case and hyphens, or None for a path."""
    return _NAME_BY_LETTERS.get(_letters(name))


def _letters(name: str) -> str:
    return name.strip().lower().replace("-", "").replace("_", "").replace(" ", "")


_NAME_BY_LETTERS = {_letters(name): name for name in NAMES}


def _folder(name: str) -> Path:
    public_name = _known_name(name)
    path = None if public_name else _path(name)
    if path is None or not path.is_dir():
        raise InvalidSetting("data", "data.no_image_folder", data=public_name or quoted(name))
    return path


def _path(name: str) -> Path:
    """Return the folder or file that a name leads to, here or in the data folders."""
    expanded = os.path.expanduser(name)  # noqa: PTH111
    for path in (place / expanded for place in (Path(), *sources.own_places())):
        # These two answer "no" to names that no file can have, where pathlib raises.
        if os.path.isdir(path) or (os.path.isfile(path) and reading.is_readable(path)):  # noqa: PTH112, PTH113
            return path
    if os.path.isfile(expanded):  # noqa: PTH113
        raise InvalidSetting("data", "data.not_readable", path=quoted(name))
    is_path = "/" in name or "\\" in name
    near = [] if is_path else difflib.get_close_matches(name.lower(), NAMES, n=1, cutoff=0.5)
    if near:
        raise InvalidSetting("data", "data.unknown_near", given=quoted(name), near=near[0])
    raise InvalidSetting("data", "data.unknown", given=quoted(name), options=NAMES)


def _shapes_facts(selection: Selection) -> DataFacts:
    train, test = _shapes_to_draw(selection)
    most_train = most_test = shapes.MOST_IMAGES
    if selection.validation:
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


def _shapes_to_draw(selection: Selection) -> tuple[int, int]:
    """Return how many to draw so that enough are left after the validation split."""
    needed = selection.train_images or 0
    total = max(shapes.TRAIN_IMAGES, needed)
    if not selection.validation:
        return total, max(shapes.TEST_IMAGES, selection.test_images or 0)
    while total - held_out_count(total) < needed:
        total += max(1, needed - total + held_out_count(total))
    return total, shapes.TEST_IMAGES
