"""The architecture page's state, the networks in its URL, and the controls that choose them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

import streamlit as st
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
)

from app.language.errors import explain
from app.language.texts import fault, t
from app.page_state.controls import Control
from app.page_state.page import Page
from app.page_state.query import PageState
from resnet_core.anatomy.describe import describe
from resnet_core.errors import InvalidSetting, InvalidValue
from resnet_core.specs.cifar import (
    DEEPEST,
    FAMILIES,
    STAGES,
    Block,
    NetworkSpec,
    Shortcut,
    StrideIn,
)
from resnet_core.specs.imagenet import ARCHITECTURES, ImageNetSpec
from resnet_core.specs.names import Spec, is_imagenet, spec_of

View = Literal["networks", "steps", "cost", "field"]
Scope = Literal["family", "chosen"]
MOST = 3  # networks side by side
STEPS = (1, 2, 3)
PICTURES = 10  # embedded pictures, one a class
_STANDARD = ("imagenet/vgg-19", "imagenet/plain-34", "imagenet/resnet-34")

# What can stand behind a network's name in a URL, and the setting that it is a value of.
_WORDS: dict[str, str] = {
    **dict.fromkeys(get_args(Shortcut), "shortcut"),
    **dict.fromkeys(get_args(StrideIn), "stride_in"),
    **dict.fromkeys(get_args(Block), "block"),
}
_NAMES = {"resnet": "ResNet", "vgg": "VGG", "googlenet": "GoogLeNet", "preresnet": "preResNet"}
_SEPARATOR = "."
# The kinds that are offered: every network for ImageNet, and a family of any depth for CIFAR.
KINDS = (
    *(f"imagenet/{name}" for name in ARCHITECTURES),
    *(f"cifar/{name}" for name in FAMILIES),
)


def token(spec: Spec) -> str:
    """Return the network for a URL: its name, and settings other than the defaults."""
    usual = spec_of(spec.name, **({"block": spec.block} if _has_block(spec) else {}))
    words = [
        str(getattr(spec, field))
        for field in ("shortcut", "stride_in")
        if getattr(spec, field) != getattr(usual, field)
    ]
    if _has_block(spec) and spec.block == "bottleneck":
        words.append("bottleneck")
    return _SEPARATOR.join([spec.name, *words])


def spec_from(text: str) -> Spec:
    """Return the network that `token` wrote.

    Raises:
        InvalidSetting: the name or one of the words is unknown.
    """
    name, *words = text[:80].split(_SEPARATOR)
    settings: dict[str, Any] = {}
    for word in words:
        if word not in _WORDS:
            raise InvalidSetting(
                "network", "setting.part_of_network", given=word[:20], options=_WORDS
            )
        settings[_WORDS[word]] = word
    return spec_of(name, **settings)


def kind(spec: Spec) -> str:
    """Return its kind, one of `KINDS`."""
    return spec.name if is_imagenet(spec.name) else f"cifar/{spec.family}"


def title(spec: Spec) -> str:
    """Return the paper's name, "ResNet-50", and settings other than the defaults."""
    family, _, depth = spec.name.rpartition("/")[2].partition("-")
    named = "-".join(filter(None, [_NAMES.get(family, family), depth]))
    words = token(spec).split(_SEPARATOR)[1:]
    return " ".join([named, *words])


def described(spec: Spec) -> str:
    """Return the title, with "CIFAR" for networks of section 4.2."""
    return title(spec) if isinstance(spec, ImageNetSpec) else f"{title(spec)} · CIFAR"


def _has_block(spec: Spec) -> bool:
    """Return True where the block is a setting; on ImageNet the depth decides."""
    return isinstance(spec, NetworkSpec)


def _network(value: Any) -> Spec:
    """Return a network, which may be given by its token.

    Raises:
        InvalidValue: with the sentence that the reader is shown.
    """
    try:
        spec: Spec = spec_from(value) if isinstance(value, str) else value
    except InvalidSetting as error:
        raise InvalidValue.of(error.message) from error
    return spec


def _three(names: Any) -> tuple[Any, ...]:
    """Return the blocks with "" for the networks after the last one that has a chosen block."""
    return (*names, *[""] * (MOST - len(names)))


Network = Annotated[Any, BeforeValidator(_network), PlainSerializer(token, return_type=str)]
Blocks = Annotated[tuple[str, str, str], BeforeValidator(_three)]
Stages = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[0-2]-[0-9]$")], ...],
    AfterValidator(lambda stages: tuple(sorted(set(stages)))),
]
Percent = Annotated[int, Field(ge=0, le=100)]


class ArchitectureState(PageState):
    """State of the page.

    Attributes:
        networks: one to three, left to right.
        blocks: names of the chosen blocks, one a network; "" for none.
        open: "NETWORK-STAGE" for each stage that is not folded.
        step: of building ResNet-34 from VGG-19, from 1.
        scope: the networks whose cost is shown: the paper's, or the chosen ones.
        look: position of the network whose receptive field is drawn.
        layer: whose receptive field is drawn; "" for the one in the middle.
        picture: number of the embedded picture.
        across, down: position of the unit on the layer's map, percent.
    """

    view: View = "networks"
    networks: Annotated[tuple[Network, ...], Field(min_length=1, max_length=MOST)] = tuple(
        map(spec_from, _STANDARD)
    )
    blocks: Blocks = ("", "", "")
    open: Stages = ()
    step: Annotated[int, Field(ge=1, le=STEPS[-1])] = 1
    scope: Scope = "family"
    look: Annotated[int, Field(ge=0, lt=MOST)] = 0
    layer: str = ""
    picture: Annotated[int, Field(ge=0, lt=PICTURES)] = 0
    across: Percent = 50
    down: Percent = 50

    @field_validator("blocks")
    @classmethod
    def _check_blocks(cls, blocks: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for spec, block in zip(info.data.get("networks", ()), blocks, strict=False):
            if block and block not in describe(spec).block_names:
                raise InvalidValue("setting.no_block", network=title(spec), block=block[:40])
        return blocks

    @field_validator("look")
    @classmethod
    def _limit_look(cls, look: int, info: ValidationInfo) -> int:
        return min(look, len(info.data.get("networks", (None,))) - 1)

    @field_validator("layer")
    @classmethod
    def _check_layer(cls, layer: str, info: ValidationInfo) -> str:
        networks = info.data.get("networks", ())
        if layer and networks:
            spec = networks[info.data.get("look", 0)]
            if layer not in _layer_names(spec):
                raise InvalidValue("setting.no_layer", network=title(spec), layer=layer[:40])
        return layer

    def changed(self, **values: Any) -> Self:
        """Return a copy with other values; blocks and layers of other networks are left out."""
        if values.get("networks", self.networks) != self.networks:
            values = {"blocks": (), "open": (), **values}
        networks = values.get("networks", self.networks)
        look = min(values.get("look", self.look), len(networks) - 1)
        if self.layer not in _layer_names(networks[look]):
            values = {"layer": "", **values}
        return super().changed(**values)

    def open_stages(self, place: int) -> set[int]:
        """Return the stages of a network that are not folded."""
        return {int(name[2:]) for name in self.open if int(name[0]) == place}


ArchitecturePage = Page[ArchitectureState]


def _layer_names(spec: Spec) -> set[str]:
    return {layer.name for layer in describe(spec).layers}


NONE = ""
_DEPTH = 20  # of a CIFAR network that has just been selected


def picker(page: ArchitecturePage) -> None:
    """Show the choices, and store their values in the state."""
    specs: list[Spec] = []
    for place, column in enumerate(st.columns(MOST, gap="medium")):
        with column:
            current = page.state.networks[place] if place < len(page.state.networks) else None
            spec = _pick(page, place, current)
        if spec is not None:
            specs.append(spec)
    page.change(networks=tuple(specs))


def _pick(page: ArchitecturePage, place: int, current: Spec | None) -> Spec | None:
    options = list(KINDS) if place == 0 else [NONE, *KINDS]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name: str = page.show(
            f"kind.{place}",
            t("architecture.network", number=place + 1),
            Control("list", tuple(options)),
            kind(current) if current else NONE,
            format_func=_kind_title,
        )
        if name == NONE:
            return None
        usual = current if current is not None and kind(current) == name else None
        if name.startswith("imagenet/"):
            return _imagenet(page, place, name, usual)
        return _cifar(page, place, name.removeprefix("cifar/"), usual)


def _imagenet(page: ArchitecturePage, place: int, name: str, current: Spec | None) -> Spec:
    spec = current if isinstance(current, ImageNetSpec) else spec_of(name)
    assert isinstance(spec, ImageNetSpec)
    settings: dict[str, Any] = {}
    if spec.has_shortcuts:
        with st.popover(t("architecture.options")):
            settings["shortcut"] = _option(page, place, spec)
            if spec.block == "bottleneck":
                settings["stride_in"] = _choice(
                    page, f"stride.{place}.{name}", "stride_in", get_args(StrideIn), spec.stride_in
                )
    return spec_of(name, **settings)


def _cifar(page: ArchitecturePage, place: int, family: str, current: Spec | None) -> Spec:
    """Show the depth and return its network, or an error and the network of a valid depth."""
    spec = current if isinstance(current, NetworkSpec) else spec_of(f"cifar/{family}-{_DEPTH}")
    assert isinstance(spec, NetworkSpec)
    step = STAGES * spec.layers_per_block
    control = Control("number", low=STAGES * 2 + 2, high=DEEPEST, step=step)
    label = t("architecture.depth")
    depth = page.show(f"depth.{place}.{family}", label, control, spec.depth, width=130)
    settings: dict[str, Any] = {}
    with st.popover(t("architecture.options")):
        if spec.has_shortcuts:
            settings["shortcut"] = _option(page, place, spec)
        settings["block"] = _choice(
            page, f"block.{place}.{family}", "block", ("basic", "bottleneck"), spec.block
        )
    try:
        return spec_of(f"cifar/{family}-{int(depth)}", **settings)
    except InvalidSetting as error:
        st.markdown(fault(explain(error)))
    step = STAGES * (3 if settings["block"] == "bottleneck" else 2)
    nearest = max(step + 2, int(depth) - (int(depth) - 2) % step)
    return spec_of(f"cifar/{family}-{nearest}", **settings)


def _option(page: ArchitecturePage, place: int, spec: Spec) -> str:
    """Show options A, B and C; the key has the kind, as each kind has its own initial value."""
    name = f"shortcut.{place}.{kind(spec)}"
    return _choice(page, name, "shortcut", get_args(Shortcut), spec.shortcut)


def _choice(
    page: ArchitecturePage, name: str, field: str, options: tuple[str, ...], now: str
) -> str:
    label, advice = (t(f"architecture.option.{key}") for key in (field, f"{field}_help"))
    option: str = page.show(name, label, Control("buttons", options), now, help=advice)
    return option


def _kind_title(name: str) -> str:
    if name == NONE:
        return t("architecture.none")
    if name.startswith("imagenet/"):
        return title(spec_of(name))
    return t("architecture.of_cifar", family=_family(name.removeprefix("cifar/")))


def _family(name: str) -> str:
    return t(f"architecture.family.{name}")
