"""Activations of a picture: x, F(x) and their sum at each block, and any layer's maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor
from torch.nn import functional

from resnet_core.attribution import activations
from resnet_core.errors import InvalidSetting
from resnet_core.labs.activations.question import Settings
from resnet_core.labs.activations.verdicts import verdict
from resnet_core.labs.attribution.run import load_picture
from resnet_core.labs.events import Event, Progress, Row, Rows, pack_steps
from resnet_core.labs.tools.trained_network import TrainedNetwork

_SIDE = 32  # pixels of a stored map; larger ones are reduced by area averages


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Pack the maps of every block, then the names of all layers, then the maps of the chosen one.

    Raises:
        InvalidSetting, DataError: there is no such picture; no network has the layer.
    """
    missing = bool(settings.layer)
    for number, network in enumerate(networks, start=1):
        model, x = network.model(), load_picture(network, settings.picture).x(network)
        ratios = []
        additions = activations.additions(model, x)
        for place, one in enumerate(additions, start=1):
            where = {**network.columns, "block": one.block, "place": place}
            parts = one.parts().items()
            rows = [{**where, "part": part, **_packed(maps, settings)} for part, maps in parts]
            yield Rows("additions", rows)
            if one.shortcut is not None and (size := float(one.shortcut.norm())):
                ratios.append(float(one.branch.norm()) / size)
        layers = activations.layers(model, x)
        yield Rows("layers", _named(network, layers))
        if settings.layer in layers:
            missing = False
            maps = _packed(layers[settings.layer], settings)
            yield Rows.one("maps", network.columns, maps, layer=settings.layer)
        yield verdict(network.label, len(additions), ratios)
        yield Progress(number, len(networks))
    if missing:
        names = list(layers)
        example = names[len(names) // 2]
        raise InvalidSetting("layer", "labs.no_such_layer", layer=settings.layer, example=example)


def _named(network: TrainedNetwork, layers: dict[str, Tensor]) -> list[Row]:
    sizes = ("channels", "height", "width")
    return [
        {
            **network.columns,
            "layer": name,
            "place": place,
            **dict(zip(sizes, maps.shape[1:], strict=True)),
        }
        for place, (name, maps) in enumerate(layers.items(), start=1)
    ]


def _packed(maps: Tensor, settings: Settings) -> Row:
    """The first channels' maps, small, and of all of them the standard deviation.

    1, C, H, W -> c, h, w.
    """
    first = maps[0, : settings.channels]
    if max(first.shape[-2:]) > _SIDE:
        first = functional.adaptive_avg_pool2d(first, _SIDE)
    sizes: Row = {"channels": int(maps.shape[1]), "std": float(maps.std())}
    return {**pack_steps(first.cpu().numpy()), **sizes}
