"""A picture's way through a network: x, F(x) and their sum at each block, any layer's maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from torch import Tensor
from torch.nn import functional

from resnet_core.attribution import activations as browser
from resnet_core.attribution.activations import Addition
from resnet_core.errors import InvalidSetting
from resnet_core.labs.activations import question as activations
from resnet_core.labs.activations.verdicts import verdict
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import columns, packed_arrays
from resnet_core.labs.tools.picture_input import seen
from resnet_core.labs.tools.trained_network import Subject

_SIDE = 32  # pixels of a kept map; larger ones are reduced by area averages


def run(settings: Settings, subjects: Sequence[Subject]) -> Iterator[Event]:
    """Block by block; then the names of all layers, and the one that was asked for.

    Raises:
        InvalidSetting, DataError: there is no such picture; no network has the layer.
    """
    asked = cast(activations.Settings, settings)
    found: dict[str, bool] = {}
    for done, subject in enumerate(subjects, start=1):
        model, x = subject.model(), seen(subject, asked.picture).x(subject)
        ratios = []
        additions = browser.additions(model, x)
        for place, one in enumerate(additions, start=1):
            yield Rows("additions", list(_parts(subject, place, one, asked.channels)))
            if one.shortcut is not None and (size := float(one.shortcut.norm())):
                ratios.append(float(one.branch.norm()) / size)
        layers = browser.layers(model, x)
        yield Rows("layers", list(_named(subject, layers)))
        found[subject.id] = asked.layer in layers
        if found[subject.id]:
            kept = _kept(layers[asked.layer], asked.channels)
            yield Rows("maps", [{**columns.of(subject), "layer": asked.layer, **kept}])
        yield verdict(subject.label, len(additions), ratios)
        yield Progress(done, len(subjects))
    if asked.layer and not any(found.values()):
        names = list(layers)
        raise InvalidSetting(
            "layer", f"no network here has {asked.layer}; use for example {names[len(names) // 2]}."
        )


def _parts(subject: Subject, place: int, one: Addition, channels: int) -> Iterator[Row]:
    for part, maps in one.parts().items():
        where: Row = {"block": one.block, "place": place, "part": part}
        yield {**columns.of(subject), **where, **_kept(maps, channels)}


def _named(subject: Subject, layers: dict[str, Tensor]) -> Iterator[Row]:
    for place, (name, maps) in enumerate(layers.items(), start=1):
        _, channels, height, width = maps.shape
        size = {"channels": channels, "height": height, "width": width}
        yield {**columns.of(subject), "layer": name, "place": place, **size}


def _kept(maps: Tensor, channels: int) -> Row:
    """The first channels' maps, small, and of all of them the standard deviation.

    1, C, H, W -> c, h, w.
    """
    shown = maps[0, :channels]
    if max(shown.shape[-2:]) > _SIDE:
        shown = functional.adaptive_avg_pool2d(shown, _SIDE)
    steps, low, high = packed_arrays.bytes_of(shown.cpu().numpy())
    said = {"channels": int(maps.shape[1]), "low": low, "high": high, "std": float(maps.std())}
    return {**packed_arrays.pack(steps), **said}
