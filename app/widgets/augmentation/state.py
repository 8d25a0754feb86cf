"""The augmentation page's state, and its button for another draw."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import streamlit as st
from pydantic import Field, StringConstraints

from app.language.texts import t
from app.page_state.page import Page
from app.page_state.query import PageState

Recipe = Literal["imagenet", "cifar"]
RECIPES: tuple[Recipe, ...] = get_args(Recipe)
WALL = "wall"
LAST_SEED = 9999
SEEDS = ("size", "place", "mirror", "colour")

Seed = Annotated[int, Field(ge=0, le=LAST_SEED)]


class AugmentationState(PageState):
    """What is drawn on the page.

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
