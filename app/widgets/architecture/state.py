"""The architecture page's state, checked on the way in from its URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator

from app.page_state.page import Page
from app.page_state.query import Errors, PageState
from app.widgets.architecture.networks import spec_from, token
from resnet_core.anatomy import describe
from resnet_core.errors import InvalidSetting
from resnet_core.specs.names import Spec

View = Literal["networks", "steps", "cost", "field"]
Scope = Literal["family", "chosen"]
VIEWS: tuple[View, ...] = get_args(View)
STEPS = (1, 2, 3)
MOST = 3  # networks side by side
PICTURES = 10  # embedded pictures, one a class
_STANDARD = ("imagenet/vgg-19", "imagenet/plain-34", "imagenet/resnet-34")

_NO_BLOCKS = ("",) * MOST


def _spec(value: Any) -> Spec:
    try:
        return spec_from(value) if isinstance(value, str) else value
    except InvalidSetting as error:
        error.field = "networks"  # as the URL calls them
        raise


def _padded(blocks: Any) -> Any:
    return (*blocks, *_NO_BLOCKS)[:MOST]


def _without_last_empty(blocks: tuple[str, ...]) -> list[str]:
    return ",".join(blocks).rstrip(",").split(",")


def _pair(value: Any) -> Any:
    return value.split("-") if isinstance(value, str) else value


_Network = Annotated[Spec, PlainValidator(_spec), PlainSerializer(token)]
_Block = Annotated[str, Field(max_length=60)]
_Stage = Annotated[
    tuple[Annotated[int, Field(ge=0, lt=MOST)], Annotated[int, Field(ge=0, lt=10)]],
    BeforeValidator(_pair),
]
_Percent = Annotated[int, Field(ge=0, le=100)]


class ArchitectureState(PageState):
    """How the page is looked at.

    Attributes:
        networks: one to three, left to right.
        blocks: names of the blocks that are chosen, at most one a network; "" for none.
        open: network and stage of what is not folded.
        step: of building ResNet-34 from VGG-19, from 1.
        scope: whether costs are shown of the whole family or of the chosen networks.
        look: position of the network whose receptive field is drawn.
        layer: the layer whose receptive field is drawn; "" for the one in the middle.
        picture: number of the embedded picture.
        across, down: place of the unit on the layer's map, percent.
    """

    view: View = "networks"
    networks: Annotated[tuple[_Network, ...], Field(min_length=1, max_length=MOST)] = tuple(
        map(spec_from, _STANDARD)
    )
    blocks: Annotated[
        tuple[_Block, _Block, _Block],
        BeforeValidator(_padded),
        PlainSerializer(_without_last_empty),
    ] = ("", "", "")
    open: Annotated[
        frozenset[_Stage],
        PlainSerializer(lambda pairs: [f"{place}-{stage}" for place, stage in sorted(pairs)]),
    ] = frozenset()
    step: Literal[1, 2, 3] = 1
    scope: Scope = "family"
    look: Annotated[int, Field(ge=0, lt=MOST)] = 0
    layer: Annotated[str, Field(max_length=60)] = ""
    picture: Annotated[int, Field(ge=0, lt=PICTURES)] = 0
    across: _Percent = 50
    down: _Percent = 50

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, Errors]:
        """Return the state in a URL, without blocks and layers that its networks do not have."""
        state, errors = super().from_query(query)
        settled = state.settled()
        if [*filter(None, state.blocks)] != [*filter(None, settled.blocks)]:
            errors["blocks"] = InvalidSetting("blocks", "page.block")
        if state.layer != settled.layer:
            errors["layer"] = InvalidSetting("layer", "page.layer")
        return settled, errors

    def changed(self, **values: Any) -> Self:
        return super().changed(**values).settled()

    def settled(self) -> Self:
        """Return a copy without blocks, folds and layers that these networks do not have."""
        count = len(self.networks)
        anatomies = [describe(spec) for spec in self.networks]
        look = min(self.look, count - 1)
        names = {layer.name for layer in anatomies[look].layers}
        blocks = (
            block if block in anatomy.block_names else ""
            for block, anatomy in zip(self.blocks, anatomies, strict=False)
        )
        return super().changed(
            blocks=tuple(blocks),
            open=frozenset(pair for pair in self.open if pair[0] < count),
            look=look,
            layer=self.layer if self.layer in names else "",
        )


ArchitecturePage = Page[ArchitectureState]
