"""The page's state, its picture, and the data set whose mean is subtracted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

import streamlit as st
from pydantic import Field, StringConstraints

from app.language.errors import explain
from app.language.texts import escaped, fault, t
from app.page_data import pictures
from app.page_data.pictures import Pixels, Sample
from app.page_state.controls import Control
from app.page_state.page import Page
from app.page_state.query import PageState
from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
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
    """Show the choice of a picture, and return the selected one."""
    return _read(*picture_choice(page, t("augmentation.picture"), _options(), _title))


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


Recipe = Literal["imagenet", "cifar"]
RECIPES: tuple[Recipe, ...] = get_args(Recipe)
WALL = "wall"
LAST_SEED = 9999
SEEDS = ("size", "place", "mirror", "colour")

Seed = Annotated[int, Field(ge=0, le=LAST_SEED)]


class AugmentationState(PageState):
    """State of the page.

    Attributes:
        picture: "wall", or a data set's name and the position of one of its images.
        size, place, mirror, colour: the seed of each random draw.
    """

    recipe: Recipe = "imagenet"
    picture: Annotated[
        str, StringConstraints(pattern=r"^(wall|(shapes|cifar10|cifar100)-[0-9]{1,2})$")
    ] = WALL
    size: Seed = 0
    place: Seed = 0
    mirror: Seed = 0
    colour: Seed = 0


AugmentationPage = Page[AugmentationState]


def draw_again(page: AugmentationPage, *names: str) -> None:
    """Take the next seed for these draws; the last is followed by the first."""
    page.change(**{name: (page.state.value(name) + 1) % (LAST_SEED + 1) for name in names})


def draw_button(page: AugmentationPage, name: str) -> None:
    """Show a button that draws one thing again, with its seed."""
    st.button(
        t("augmentation.again", seed=page.state.value(name)),
        icon=":material/casino:",
        key=page.key(f"again.{name}"),
        help=t("augmentation.again_help"),
        on_click=draw_again,
        args=(page, name),
    )


def picture_choice(
    page: Page[Any], label: str, options: tuple[Any, ...], title: Callable[[Any], str]
) -> tuple[Any, Pixels | None]:
    """Show the control of the page's field `picture`, and an upload; return what both hold."""
    choice, upload = st.columns(2, gap="medium")
    with choice:
        value = page.control("picture", label, Control("list", options), format_func=title)
    with upload:
        return value, _own_picture(page.key("own"))


def _own_picture(key: str) -> Pixels | None:
    """Return the uploaded picture, or None; an error is shown below it.

    The picture stays in this session's memory and is not stored.
    """
    upload = st.file_uploader(
        t("architecture.own.label"),
        type=list(pictures.SUFFIXES),
        max_upload_size=pictures.MEGABYTES,
        help=t("architecture.own.help", megabytes=pictures.MEGABYTES),
        key=key,
    )
    if upload is None:
        return None
    try:
        return pictures.read(upload.name, upload.getvalue())
    except PlaygroundError as error:
        st.markdown(fault(explain(error)))
        return None
