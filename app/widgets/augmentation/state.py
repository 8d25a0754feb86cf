"""Everything that the augmentation page's URL says, checked on the way in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

Recipe = Literal["imagenet", "cifar"]
RECIPES: tuple[Recipe, ...] = get_args(Recipe)
WALL = "wall"
LAST_SEED = 9999
SEEDS = ("size", "place", "mirror", "colour")

_PICTURE = re.compile(r"wall|(shapes|cifar10|cifar100)-\d{1,2}", re.ASCII)


@dataclass(frozen=True)
class State:
    """What is drawn on the page.

    Attributes:
        picture: "wall", or a data set's name and the position of one of its images.
        size, place, mirror, colour: the seed of each random draw.
    """

    recipe: Recipe = "imagenet"
    picture: str = WALL
    size: int = 0
    place: int = 0
    mirror: int = 0
    colour: int = 0

    def to_query(self) -> dict[str, str]:
        """What differs from the defaults."""
        return {
            field.name: str(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[State, list[str]]:
        """The state, and the parameters that could not be used; each alone gives way."""
        found: dict[str, Any] = {}
        unusable = []
        for name, text in query.items():
            if name in SEEDS and text.isascii() and text.isdigit() and int(text) <= LAST_SEED:
                found[name] = int(text)
            elif (name == "recipe" and text in RECIPES) or (
                name == "picture" and _PICTURE.fullmatch(text)
            ):
                found[name] = text
            else:
                unusable.append(name)
        return cls(**found), unusable

    def changed(self, **values: Any) -> State:
        return replace(self, **values)

    def drawn_again(self, *names: str) -> State:
        """With the next seed for these draws."""
        return self.changed(**{name: (getattr(self, name) + 1) % (LAST_SEED + 1) for name in names})
