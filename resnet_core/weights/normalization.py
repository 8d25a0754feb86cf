"""Preparation of images for a network that was trained elsewhere.

A preparation is named, or written as its numbers, "0.5,0.5,0.5/0.25,0.25,0.25": the mean and the
standard deviation of each colour, of values from 0 to 1.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import torch
from torch import Tensor

from resnet_core.data import augment
from resnet_core.errors import InvalidSetting
from resnet_core.system.texts import Message

Normalization: TypeAlias = str

PER_PIXEL: Normalization = "per-pixel"  # the paper's (section 4.2)
# CIFAR's deviations under "cifar" are those that most public code has; they are means of the
# images' own deviations, a fifth below that of all pixels together, which "cifar10" has.
STATISTICS: dict[Normalization, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "cifar": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "cifar100": ((0.5071, 0.4866, 0.4409), (0.2673, 0.2564, 0.2762)),
    "half": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "none": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
NORMALIZATIONS: tuple[Normalization, ...] = (*STATISTICS, PER_PIXEL)
_OF_ANY_COLOUR = ("half", "none")


def parsed(text: str) -> Normalization:
    """Return a preparation that a person has written: a name, or numbers.

    Raises:
        InvalidSetting: it is neither; names the choices.
    """
    name = text.strip().lower()
    if name in NORMALIZATIONS:
        return name
    try:
        mean, deviation = (
            tuple(float(number) for number in part.split(",")) for part in name.split("/")
        )
        return of_numbers(mean, deviation)
    except ValueError:
        raise InvalidSetting(
            "normalization", "weights.normalization", given=text[:60], options=NORMALIZATIONS
        ) from None


def of_numbers(mean: tuple[float, ...], deviation: tuple[float, ...]) -> Normalization:
    """Return the preparation with this mean and deviation, one number a colour or one for all.

    Raises:
        ValueError: there are other than 1 or 3 numbers, or they cannot be such.
    """
    for numbers in (mean, deviation):
        if len(numbers) not in {1, 3} or not all(map(math.isfinite, numbers)):
            raise ValueError("1 or 3 finite numbers")
    if min(deviation) <= 0:
        raise ValueError("a deviation is above 0")
    return "/".join(",".join(f"{n:.6g}" for n in numbers) for numbers in (mean, deviation))


def is_named(normalization: Normalization) -> bool:
    return normalization in NORMALIZATIONS


def message(normalization: Normalization) -> Message:
    """Return "imagenet normalisation", or the numbers in words."""
    if is_named(normalization):
        return Message("errors.weights.interpretation.normalization", name=normalization)
    mean, deviation = normalization.split("/")
    return Message(
        "errors.weights.interpretation.numbers",
        mean=mean.replace(",", ", "),
        deviation=deviation.replace(",", ", "),
    )


def possible(channels: int, *others: Normalization | None) -> tuple[Normalization, ...]:
    """Return the preparations for images of so many channels, and `others` where they are given.

    The statistics are of colour images; grey ones have what was asked for besides.
    """
    named = NORMALIZATIONS if channels == 3 else (PER_PIXEL,)
    asked = [o for o in others if o and (channels == 3 or not is_named(o) or o in _OF_ANY_COLOUR)]
    return tuple(dict.fromkeys((*named, *asked)))


def normalized(images: Tensor, normalization: Normalization, mean: Tensor) -> Tensor:
    """Return prepared images, float32.

    Args:
        images: uint8, B, C, H, W.
        mean: float32, C, H, W, of the training images; used by `per-pixel` (section 4.2).
    """
    if normalization == PER_PIXEL:
        return augment.centred(images, mean)
    centre, deviation = (
        torch.tensor(numbers[: images.shape[1]], device=images.device).reshape(1, -1, 1, 1)
        for numbers in _numbers(normalization)
    )
    return (images.to(torch.float32) / 255 - centre) / deviation


def _numbers(normalization: Normalization) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if is_named(normalization):
        return STATISTICS[normalization]
    mean, deviation = normalization.split("/")
    return tuple(map(float, mean.split(","))), tuple(map(float, deviation.split(",")))
