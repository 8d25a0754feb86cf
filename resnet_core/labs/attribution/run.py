"""Maps of one picture, by every method, of every network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.attribution import scores
from resnet_core.attribution.deep_lift import NotPossible
from resnet_core.attribution.explanation import Explanation, Options
from resnet_core.attribution.methods import explain
from resnet_core.data.dataset import ImageSet, area_average
from resnet_core.data.own import uploaded_image
from resnet_core.errors import InvalidSetting
from resnet_core.labs.attribution.question import Settings, image_place, upload_id
from resnet_core.labs.attribution.verdicts import Sum, verdict
from resnet_core.labs.events import (
    NOTHING,
    Event,
    Progress,
    Row,
    Rows,
    finite,
    pack,
    pack_map,
)
from resnet_core.labs.tools.derived_networks import at_iteration, saved_iterations
from resnet_core.labs.tools.trained_network import TrainedNetwork

_GREY = np.array([0.299, 0.587, 0.114])  # of red, green and blue in luminance (ITU-R BT.601)


@dataclass(frozen=True)
class PictureInput:
    """One picture.

    Attributes:
        pixels: uint8, H, W, C, of the network's size.
        mask: bool, H, W, where the shape is; None where that is not known.
        label: its class; None for an uploaded picture.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    label: int | None

    def x(self, network: TrainedNetwork) -> Tensor:
        """The picture as the network takes it: 1, C, H, W, on its device."""
        images = ImageSet(self.pixels[None], np.zeros(1, np.int64))
        return network.prepared(images)[0]


@dataclass(frozen=True)
class Case:
    """One network, at one iteration, and one picture.

    Attributes:
        x: 1, C, H, W.
        target: the class that is explained.
    """

    network: TrainedNetwork
    model: nn.Module
    x: Tensor
    target: int
    mask: Tensor | None


def run(settings: Settings, networks: Sequence[TrainedNetwork]) -> Iterator[Event]:
    """Map by every method and network; then, with `through_training`, with earlier weights.

    Earlier maps explain the class that the last ones do, whatever was predicted then.

    Raises:
        InvalidSetting: a network has no such picture, class or stage.
        DataError: the picture is missing.
    """
    pictures = [load_picture(network, settings.picture) for network in networks]
    moments = [_iterations(network, settings) for network in networks]
    progress = Progress.each(len(settings.methods) * sum(map(len, moments)))
    cases = []
    for network, picture, iterations in zip(networks, pictures, moments, strict=True):
        yield _picture(network, picture, iterations)
        cases.append(case(network, picture, settings.target))
        yield Rows("scores", [_scored(cases[-1])])
    sums: dict[str, list[Sum]] = {network.id: [] for network in networks}
    for method in settings.methods:
        for one in cases:
            row, completeness = mapped(one, method, options(settings))
            sums[one.network.id] += completeness
            yield Rows("maps", [row])
            yield next(progress)
    for one in cases:
        yield verdict(_scored(one), sums[one.network.id])
    for last, picture, iterations in zip(cases, pictures, moments, strict=True):
        for iteration in reversed(iterations[:-1]):
            before = case(at_iteration(last.network, iteration), picture, last.target)
            yield Rows("scores", [_scored(before)])
            for method in settings.methods:
                yield Rows("maps", [mapped(before, method, options(settings))[0]])
                yield next(progress)


def load_picture(network: TrainedNetwork, name: str) -> PictureInput:
    """The picture of this name for a network.

    Raises:
        InvalidSetting: the network's data have no such test image.
        DataError: there is no such uploaded picture.
    """
    place = image_place(name)
    data = network.dataset
    if place is None:
        pixels = uploaded_image.load(upload_id(name))
        return PictureInput(fitted(pixels, data.image_size, data.channels), None, None)
    if place >= len(data.test):
        most = len(data.test) - 1
        raise InvalidSetting(
            "picture", "labs.no_such_image", data=data.name, count=most + 1, last=most
        )
    mask = None if data.test.masks is None else data.test.masks[place]
    return PictureInput(data.test.images[place], mask, int(data.test.labels[place]))


def fitted(pixels: NDArray[np.uint8], size: int, channels: int) -> NDArray[np.uint8]:
    """A square RGB picture by area averages, in grey for a network of one channel.

    S, S, 3 -> size, size, C.
    """
    small = area_average(pixels[None], size)[0]
    if channels == 3:
        return small
    return np.rint(small @ _GREY).astype(np.uint8)[..., None]


def options(settings: Settings) -> Options:
    fields = ("stage", "steps", "samples", "noise", "patches", "seed")
    return Options(**settings.model_dump(include=set(fields)))


def case(network: TrainedNetwork, picture: PictureInput, target: int) -> Case:
    """The network and the picture; target -1 stands for the class that it predicts."""
    model, x = network.model().requires_grad_(False), picture.x(network)
    classes = network.dataset.classes
    if target >= len(classes):
        counts = {"count": len(classes), "last": len(classes) - 1}
        raise InvalidSetting("target", "labs.no_such_class", label=network.label, **counts)
    if target < 0:
        with torch.no_grad():
            target = int(model(x).argmax())
    mask = None if picture.mask is None else torch.tensor(picture.mask)[None].to(x.device)
    return Case(network, model, x, target, mask)


def mapped(one: Case, method: str, options: Options) -> tuple[Row, list[Sum]]:
    """A row of `maps`, and the sum of its parts for methods with a completeness property."""
    row = {**_EMPTY, **one.network.columns, "iteration": one.network.iteration, "method": method}
    target = torch.tensor([one.target], device=one.x.device)
    try:
        explanation = explain(method, one.model, one.x, target, options)
    except NotPossible as error:
        return {**row, "reason": error.reason}, []
    row |= {**pack_map(explanation.values[0].cpu().numpy()), **_inside(explanation, one.mask)}
    row |= {"signed": explanation.signed, "layer": explanation.layer}
    completeness = explanation.completeness
    if completeness is None:
        return row, []
    percent = float(completeness.percent[0])
    row |= {"percent": finite(percent), "delta": float(completeness.delta[0])}
    return {**row, "steps": completeness.steps}, [Sum(method, percent)]


_EMPTY: Row = {
    **NOTHING,
    **dict.fromkeys(("largest", "percent", "delta", "steps", "inside", "points", "area")),
    **{"signed": False, "layer": "", "reason": ""},
}


def _inside(explanation: Explanation, mask: Tensor | None) -> Row:
    if mask is None:
        return {}
    return {
        "inside": finite(float(scores.share_inside(explanation.values, mask)[0])),
        "points": bool(scores.points_inside(explanation.values, mask)[0]),
        "area": float(scores.area(mask)[0]),
    }


def _iterations(network: TrainedNetwork, settings: Settings) -> list[int]:
    """Iterations whose maps are made, rising; the last is that of the network's own weights."""
    saved = saved_iterations(network) if settings.through_training else []
    return [i for i in saved if i < network.iteration] + [network.iteration]


def _picture(network: TrainedNetwork, picture: PictureInput, iterations: Sequence[int]) -> Rows:
    mask = NOTHING if picture.mask is None else pack(picture.mask)
    mask = {f"mask_{name}": value for name, value in mask.items()}
    truth = None if picture.label is None else network.dataset.classes[picture.label]
    parts = (network.columns, pack(picture.pixels), mask)
    return Rows.one("pictures", *parts, truth=truth, checkpoints=len(iterations))


@torch.no_grad()
def _scored(one: Case) -> Row:
    probabilities = one.model(one.x).softmax(1)[0]
    classes, best = one.network.dataset.classes, int(probabilities.argmax())
    return {
        **one.network.columns,
        "iteration": one.network.iteration,
        "predicted": classes[best],
        "probability": 100 * float(probabilities[best]),
        "target": one.target,
        "target_class": classes[one.target],
        "target_probability": 100 * float(probabilities[one.target]),
    }
