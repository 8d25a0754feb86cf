"""Our names for the tensors of a network that other code names differently, by shapes and order.

Names differ from code to code; the shapes of the layers and their order do not. A match is accepted
when it is the only one: every layer of a network of ours is one of the file's, of the same shape
and in the same order, projections on shortcuts apart. No torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from resnet_core.anatomy.describe import describe
from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import STAGES
from resnet_core.specs.imagenet import ARCHITECTURES, ImageNetSpec
from resnet_core.specs.names import Spec, spec_of

Shape = tuple[int, ...]
Kind = str  # "conv", "bn" or "linear"

_BATCH_NORM = ("weight", "bias", "running_mean", "running_var")
_BESIDE = re.compile(r"short_?cut|down_?sample|skip|proj|identity|match", re.IGNORECASE)
_OPTIONS: list[dict[str, Any]] = [{"shortcut": "A"}, {"shortcut": "B"}, {"shortcut": "C"}]


@dataclass(frozen=True)
class Module:
    """A layer with its tensors.

    Attributes:
        path: its name, or ours.
        shape: of its weight.
        beside: whether it is on a shortcut.
        has_bias: of a convolution.
        block: of ours, the block that it is in; "" outside of all.
    """

    path: str
    kind: Kind
    shape: Shape
    beside: bool
    has_bias: bool = False
    block: str = ""


@dataclass(frozen=True)
class Match:
    """Our path of each of the file's layers, and what is no layer.

    Attributes:
        paths: by the file's.
        rest: names of tensors that belong to no layer.
    """

    paths: Mapping[str, str]
    rest: tuple[str, ...]

    def names(self, shapes: Mapping[str, Shape]) -> dict[str, str]:
        """Return our name of each tensor, by the file's name of it."""
        ours = {}
        for name in shapes:
            path, _, part = name.rpartition(".")
            if path in self.paths:
                ours[name] = f"{self.paths[path]}.{part}"
        return ours


def match(shapes: Mapping[str, Shape]) -> Match | None:
    """Return the only match of a file's tensors with a network of ours, or None.

    Args:
        shapes: by name, in the order in which the file's network has its layers.
    """
    modules, rest = _modules(shapes)
    stem = next((m for m in modules if m.kind == "conv"), None)
    if stem is None or sum(m.kind == "linear" for m in modules) != 1:
        return None
    known = any(m.beside for m in modules)
    found: dict[tuple[tuple[str, str], ...], Match] = {}
    for spec in _proposed(modules, stem):
        if _is_preactivation(modules, stem) is not (spec.name.startswith("cifar/preresnet")):
            continue
        for ours in _orders(spec, known):
            paths = _paired(modules, ours, known)
            if paths is not None and _keeps_blocks(paths, ours):
                found[tuple(sorted(paths.items()))] = Match(paths, rest)
    return next(iter(found.values())) if len(found) == 1 else None


def four_stages(shapes: Mapping[str, Shape]) -> tuple[int, ...] | None:
    """Return the channels of the stages if there are four behind a 3x3 stem, as in public code
    for CIFAR; else None."""
    convolutions = [s for s in shapes.values() if len(s) == 4 and s[2:] == (3, 3)]
    if not convolutions or convolutions[0][1] not in {1, 3}:
        return None
    widths = sorted({shape[0] for shape in convolutions})
    doubled = [widths[0] * 2**stage for stage in range(4)]
    return tuple(widths) if widths == doubled else None


def _modules(shapes: Mapping[str, Shape]) -> tuple[list[Module], tuple[str, ...]]:
    """Return the layers in the file's order, and the names of the tensors that are of none."""
    parts: dict[str, dict[str, Shape]] = {}
    for name, shape in shapes.items():
        path, _, part = name.rpartition(".")
        parts.setdefault(path, {})[part] = shape
    modules, rest = [], []
    for path, own in parts.items():
        weight = own.get("weight", ())
        kind = {4: "conv", 2: "linear"}.get(len(weight), "")
        if all(part in own for part in _BATCH_NORM) and len(weight) == 1:
            kind = "bn"
        if kind:
            beside = kind != "linear" and _BESIDE.search(path) is not None
            modules.append(Module(path, kind, weight, beside, kind == "conv" and "bias" in own))
        else:
            rest += [f"{path}.{part}" if path else part for part in own]
    return modules, tuple(rest)


def _is_preactivation(modules: list[Module], stem: Module) -> bool:
    """Return whether the BN beside the stem is the last one, before the classifier."""
    parent = stem.path.rpartition(".")[0]
    beside = [m.shape[0] for m in modules if m.kind == "bn" and m.path.rpartition(".")[0] == parent]
    return bool(beside) and stem.shape[0] not in beside


def _proposed(modules: list[Module], stem: Module) -> Iterator[Spec]:
    """Yield the networks that have as many convolutions as the file."""
    linear = next(m for m in modules if m.kind == "linear")
    count = sum(m.kind == "conv" for m in modules)
    sizes = {"classes": linear.shape[0], "channels": stem.shape[1]}
    if stem.shape[2:] == (7, 7):
        for name in ARCHITECTURES:
            if name.startswith(("plain", "resnet")):
                for option in _OPTIONS if name.startswith("resnet") else [{}]:
                    yield spec_of(ImageNetSpec(name).name, **option, **sizes)
        return
    batch_norm = any(m.kind == "bn" for m in modules)
    for family in ("plain", "resnet", "preresnet"):
        for option in _OPTIONS if family != "plain" else [{}]:
            for block, layers in (("basic", 2), ("bottleneck", 3), ("basic", 1), ("basic", 3)):
                settings = {"block": block, "layers_per_block": layers, "batch_norm": batch_norm}
                blocks = _blocks(count, layers, option.get("shortcut", "A"), block == "bottleneck")
                if blocks:
                    depth = STAGES * blocks * layers + 2
                    yield from _one(
                        f"cifar/{family}-{depth}",
                        {**settings, **option, **sizes, "width": stem.shape[0]},
                    )


def _one(name: str, settings: dict[str, Any]) -> Iterator[Spec]:
    try:
        yield spec_of(name, **settings)
    except InvalidSetting:
        return


def _blocks(count: int, layers: int, shortcut: str, bottleneck: bool) -> int:
    """Return the blocks of a stage that make so many convolutions, or 0."""
    projections = {"A": 0, "B": 3 if bottleneck else 2, "C": 0}[shortcut]
    each = STAGES * (layers + (shortcut == "C"))
    blocks, left = divmod(count - 1 - projections, each)
    return blocks if left == 0 and blocks > 0 else 0


def _orders(spec: Spec, known: bool) -> list[list[Module]]:
    """Return our layers, with the projections behind their blocks' layers and before them.

    Where the file's names tell which layers are projections, one order will do.
    """
    layers = []
    for layer in describe(spec).layers:
        weight = layer.shapes.get(f"{layer.name}.weight", ())
        kind = {4: "conv", 2: "linear"}.get(len(weight), "")
        if layer.kind == "batch-norm":
            kind, weight = "bn", (layer.out_channels,)
        if kind:
            beside = ".downsample" in layer.name
            module = Module(layer.name, kind, tuple(weight), beside, block=layer.block)
            layers.append((layer.block, module))
    if known or not any(module.beside for _, module in layers):
        return [[module for _, module in layers]]
    places = {block: place for place, block in reversed(list(enumerate(b for b, _ in layers)))}
    orders = []
    for first in (False, True):
        key = [(places[block], module.beside is not first) for block, module in layers]
        order = sorted(range(len(layers)), key=key.__getitem__)
        orders.append([layers[i][1] for i in order])
    return orders


def _keeps_blocks(paths: Mapping[str, str], ours: list[Module]) -> bool:
    """Return whether the layers of each of our blocks lie together in the file, and alone."""
    block_of = {module.path: module.block for module in ours}
    members: dict[str, list[list[str]]] = {}
    for path, own in paths.items():
        members.setdefault(block_of[own], []).append(path.split("."))
    for block, inside in members.items():
        if not block:
            continue
        columns = takewhile(lambda parts: len(set(parts)) == 1, zip(*inside, strict=False))
        shared = [parts[0] for parts in columns]
        others = (p for other, names in members.items() if other != block for p in names)
        if any(parts[: len(shared)] == shared for parts in others):
            return False
    return True


def _paired(theirs: list[Module], ours: list[Module], known: bool) -> dict[str, str] | None:
    """Return our path by the file's, if all layers of each kind agree in shape and order."""
    paths: dict[str, str] = {}
    for kind in ("conv", "bn", "linear"):
        for beside in (False, True) if known else (None,):
            mine = [m for m in ours if m.kind == kind and beside in (None, m.beside)]
            other = [m for m in theirs if m.kind == kind and beside in (None, m.beside)]
            if [m.shape for m in mine] != [m.shape for m in other]:
                return None
            paths |= {o.path: m.path for o, m in zip(other, mine, strict=True)}
    return paths
