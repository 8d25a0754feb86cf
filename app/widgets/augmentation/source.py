"""Which picture goes through a recipe, and the mean that is subtracted from it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.language.errors import explain
from app.language.markdown import escaped
from app.language.texts import t
from app.page_data import pictures
from app.page_data.pictures import Pixels, Sample
from app.page_state.controls import Control
from app.widgets.augmentation.own_picture import own_picture
from app.widgets.augmentation.state import WALL, AugmentationPage
from resnet_core.data import catalog
from resnet_core.data.selection import Selection
from resnet_core.errors import PlaygroundError

_EMBEDDED, _MOST = "shapes", 20  # images of a set that are offered
_PUBLIC = ("cifar10", "cifar100")


@dataclass(frozen=True)
class Source:
    """A picture and its data set.

    Attributes:
        pixels: of the whole picture.
        sample: of the data set whose mean CIFAR's recipe subtracts.
    """

    pixels: Pixels
    sample: Sample


def source(page: AugmentationPage) -> Source:
    """Show the choice of a picture, and return the one that is chosen."""
    choice, upload = st.columns(2, gap="medium")
    with choice:
        name = page.control(
            "picture",
            t("augmentation.picture"),
            Control("list", _options()),
            format_func=_title,
        )
    with upload:
        own = own_picture(page.key("own"))
    return _read(name, own)


def _options() -> tuple[str, ...]:
    """Embedded pictures, then those of the public sets that are on this machine."""
    present = {entry.name for entry in catalog.available() if entry.present}
    sets = [_EMBEDDED, *(name for name in _PUBLIC if name in present)]
    return (WALL, *(f"{name}-{number}" for name in sets for number in range(_MOST)))


def _title(option: str) -> str:
    if option == WALL:
        return t("augmentation.wall")
    name, _, number = option.partition("-")
    title = catalog.facts(Selection(name)).title
    return t("augmentation.image", data=title, number=int(number) + 1)


def _read(option: str, own: Pixels | None) -> Source:
    """The own picture where there is one; where a data set cannot be read, the embedded wall."""
    name, _, number = option.partition("-")
    try:
        sample = pictures.sample(_EMBEDDED if name == WALL else name)
    except PlaygroundError as error:
        st.error(escaped(explain(error)))
        name, sample = WALL, pictures.sample(_EMBEDDED)
    if own is not None:
        return Source(own, sample)
    return Source(pictures.wall() if name == WALL else sample.images[int(number)], sample)
