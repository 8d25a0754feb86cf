"""Everything that the architecture page's URL says, checked on the way in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, get_args

from app.widgets.architecture.networks import spec_from, token
from resnet_core.anatomy import describe
from resnet_core.errors import InvalidSetting
from resnet_core.specs.names import Spec

View = Literal["networks", "steps", "cost", "field"]
Scope = Literal["family", "chosen"]
VIEWS: tuple[View, ...] = get_args(View)
SCOPES: tuple[Scope, ...] = get_args(Scope)
STEPS = (1, 2, 3)
MOST = 3  # networks side by side
PICTURES = 10  # embedded pictures, one a class
_STANDARD = ("imagenet/vgg-19", "imagenet/plain-34", "imagenet/resnet-34")

Value = TypeVar("Value")


@dataclass(frozen=True)
class State:
    """How the page is looked at.

    Attributes:
        networks: one to three, left to right.
        blocks: names of the blocks that are chosen, at most one a network; "" for none.
        opened: network and stage of what is not folded.
        step: of building ResNet-34 from VGG-19, from 1.
        scope: whether costs are shown of the whole family or of the chosen networks.
        look: position of the network whose receptive field is drawn.
        layer: the layer that looks; "" for the one in the middle.
        picture: number of the embedded picture.
        across, down: place of the unit that looks, percent of the map.
    """

    view: View = "networks"
    networks: tuple[Spec, ...] = tuple(map(spec_from, _STANDARD))
    blocks: tuple[str, ...] = ("", "", "")
    opened: frozenset[tuple[int, int]] = frozenset()
    step: int = 1
    scope: Scope = "family"
    look: int = 0
    layer: str = ""
    picture: int = 0
    across: int = 50
    down: int = 50

    def to_query(self) -> dict[str, str]:
        """What differs from the defaults."""
        usual, query = State(), {}
        for field in ("view", "step", "scope", "look", "layer", "picture", "across", "down"):
            if getattr(self, field) != getattr(usual, field):
                query[field] = str(getattr(self, field))
        if self.networks != usual.networks:
            query["networks"] = ",".join(map(token, self.networks))
        if any(self.blocks):
            query["blocks"] = ",".join(self.blocks)
        if self.opened:
            query["open"] = ",".join(f"{place}-{stage}" for place, stage in sorted(self.opened))
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[State, list[str]]:
        """The state, and the parameters that could not be used; each alone gives way."""
        found: dict[str, Any] = {}
        unusable = [name for name in query if name not in _READERS]
        for name, read in _READERS.items():
            if name in query:
                try:
                    found["opened" if name == "open" else name] = read(query[name])
                except (ValueError, InvalidSetting):
                    unusable.append(name)
        state = cls(**found)
        whole = state.settled()
        unusable += [name for name in ("blocks", "layer") if _lost(state, whole, name)]
        return whole, unusable

    def settled(self) -> State:
        """Without blocks, folds and layers that these networks do not have."""
        count = len(self.networks)
        known = [describe(spec).block_names for spec in self.networks]
        blocks = [*self.blocks, "", "", ""][:count]
        look = min(self.look, count - 1)
        names = {layer.name for layer in describe(self.networks[look]).layers}
        return replace(
            self,
            blocks=tuple(
                block if block in names_of else ""
                for block, names_of in zip(blocks, known, strict=True)
            ),
            opened=frozenset(pair for pair in self.opened if pair[0] < count),
            look=look,
            layer=self.layer if self.layer in names else "",
        )

    def changed(self, **values: Any) -> State:
        return replace(self, **values).settled()


def _lost(asked: State, whole: State, name: str) -> bool:
    before, after = getattr(asked, name), getattr(whole, name)
    return any(before) and list(filter(None, before)) != list(filter(None, after))


def _networks(text: str) -> tuple[Spec, ...]:
    found = tuple(spec_from(part) for part in text.split(",") if part)
    if not 1 <= len(found) <= MOST:
        raise ValueError(text)
    return found


def _opened(text: str) -> frozenset[tuple[int, int]]:
    pairs = [part.split("-") for part in text[:200].split(",") if part]
    found = frozenset((int(place), int(stage)) for place, stage in pairs)
    if any(not (0 <= place < MOST and 0 <= stage < 10) for place, stage in found):
        raise ValueError(text)
    return found


def _one_of(options: tuple[Value, ...]) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        for option in options:
            if str(option) == text:
                return option
        raise ValueError(text)

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "view": _one_of(VIEWS),
    "networks": _networks,
    "blocks": lambda text: tuple(text[:200].split(","))[:MOST],
    "open": _opened,
    "step": _one_of(STEPS),
    "scope": _one_of(SCOPES),
    "look": _one_of(tuple(range(MOST))),
    "layer": lambda text: text[:60],
    "picture": _one_of(tuple(range(PICTURES))),
    "across": _one_of(tuple(range(101))),
    "down": _one_of(tuple(range(101))),
}
