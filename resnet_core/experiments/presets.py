"""Experiments with a name: the demo of one minute and the paper's figures.

The numbers of the short ones are chosen so that the degradation problem shows on two CPU
cores within the time that their names say; they stand in one table each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.imagenet import check_choice

_FAMILIES = ("plain", "resnet")


def four(deep: int) -> tuple[str, str, str, str]:
    """Return the four networks of the puzzle, in the order in which they start."""
    return ("cifar/plain-20", "cifar/resnet-20", f"cifar/plain-{deep}", f"cifar/resnet-{deep}")


FOUR = four(56)
# Of photographs a plain network of 56 layers learns nothing in two minutes, one of 44 too little.
DEEP_ON_PHOTOGRAPHS = 44

ONE_MINUTE: Mapping[str, Any] = MappingProxyType(
    {
        "data": "shapes",
        "image_size": 16,
        "width": 8,
        # A short run has to fit the training images; no crop, small batches, many updates.
        "crop_padding": 0,
        "batch_size": 32,
        "iterations": 1060,
        "learning_rate": 0.2,
        "warmup": "linear",
        "warmup_iterations": 500,
        "milestones": (940, 1020),
        "record_every": 20,
        "evaluate_every": 212,
        "audit_every": 530,
        "keep_checkpoints": 4,
    }
)

# Chosen on five seeds, see docs/decisions/0013.
PHOTOGRAPHS: Mapping[str, Any] = MappingProxyType(
    {
        **ONE_MINUTE,
        "data": "cifar10-sample",
        # So few that 25 epochs fit into the time.
        "train_images": 2000,
        "iterations": 1590,
        "learning_rate": 0.05,
        "warmup_iterations": 375,
        "milestones": (1410, 1530),
        "record_every": 30,
        "evaluate_every": 318,
        "audit_every": 795,
    }
)

# Section 4.2 as it stands: every other setting's default is the paper's.
PAPER: Mapping[str, Any] = MappingProxyType({"data": "cifar10", "iterations": 64_000})

# Section 3.4; the networks of Fig. 4 and Table 2, which have option A.
IMAGENET: Mapping[str, Any] = MappingProxyType(
    {
        "data": "imagenet",
        "batch_size": 256,
        "iterations": 600_000,
        "schedule": "plateau",
        # A pass over the 1.28 million training images is 5,005 updates.
        "evaluate_every": 5000,
    }
)


@dataclass(frozen=True)
class Preset:
    """Experiments that are started together.

    Attributes:
        name: as on the command line and in a URL.
        title: a few words.
        description: a sentence or two on the result and the duration.
        build: makes the experiments from a seed.
    """

    name: str
    title: str
    description: str
    build: Callable[[int], tuple[Experiment, ...]]


def one_minute(seed: int = 0) -> tuple[Experiment, ...]:
    """Plain and residual networks of 20 and 56 layers on the embedded shapes."""
    return _each(FOUR, ONE_MINUTE, seed)


def photographs(seed: int = 0, data: str = "cifar10-sample") -> tuple[Experiment, ...]:
    """Plain and residual networks of 20 and 44 layers on 2,000 CIFAR-10 photographs at 16x16.

    Args:
        data: another copy of CIFAR-10: a name or a path, as in `Experiment.data`.
    """
    return _each(four(DEEP_ON_PHOTOGRAPHS), {**PHOTOGRAPHS, "data": data}, seed)


def cifar_two_minutes(seed: int = 0, data: str = "cifar10") -> tuple[Experiment, ...]:
    """`photographs` on CIFAR-10 itself; a name from before the sample came with the package."""
    return photographs(seed, data)


def figure6(seed: int = 0) -> tuple[Experiment, ...]:
    """The networks of Fig. 6 with the paper's recipe: 64k iterations each."""
    plain = [f"cifar/plain-{depth}" for depth in (20, 32, 44, 56)]
    residual = [f"cifar/resnet-{depth}" for depth in (20, 32, 44, 56, 110)]
    return _each((*plain, *residual), PAPER, seed)


def figure7(seed: int = 0) -> tuple[Experiment, ...]:
    """The networks of Fig. 7 with the paper's recipe."""
    return _each((*FOUR, "cifar/resnet-110"), PAPER, seed)


def depth_1202(seed: int = 0) -> tuple[Experiment, ...]:
    """The deepest network of Table 6."""
    return _each(("cifar/resnet-1202",), PAPER, seed)


def imagenet(seed: int = 0, data: str = "imagenet") -> tuple[Experiment, ...]:
    """Fig. 4 and Table 2: plain and residual networks of 18 and 34 layers on ImageNet.

    Args:
        data: a folder with train/CLASS and val/CLASS, as in `Experiment.data`.
    """
    networks = [f"imagenet/{family}-{depth}" for depth in (18, 34) for family in _FAMILIES]
    return _each(tuple(networks), {**IMAGENET, "data": data}, seed)


def preset(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        InvalidSetting: there is none; names those there are.
    """
    check_choice("preset", name, tuple(PRESETS))
    return PRESETS[name]


def _each(
    networks: tuple[str, ...], settings: Mapping[str, Any], seed: int
) -> tuple[Experiment, ...]:
    return tuple(
        Experiment.create(**settings, network=network, name=network.partition("/")[2], seed=seed)
        for network in networks
    )


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset(
                "one-minute",
                "The puzzle in a minute",
                "Plain and residual networks of 20 and 56 layers, small, on the embedded shapes: "
                "the deep plain one stays above the shallow one. About a minute on two CPU cores.",
                one_minute,
            ),
            Preset(
                "photographs",
                "The puzzle on photographs",
                "Plain and residual networks of 20 and 44 layers on 2,000 photographs of CIFAR-10 "
                "that come with the package, at 16x16. Under two minutes on two CPU cores.",
                photographs,
            ),
            Preset(
                "cifar-two-minutes",
                "The puzzle on CIFAR-10",
                "The puzzle on photographs, with 2,000 images of CIFAR-10 itself, or of another "
                "copy with --data. Under two minutes on two CPU cores.",
                cifar_two_minutes,
            ),
            Preset(
                "figure-6",
                "Figure 6, the paper's recipe",
                "Plain 20, 32, 44, 56 and residual 20, 32, 44, 56, 110 on CIFAR-10, 64k "
                "iterations each: hours on a GPU.",
                figure6,
            ),
            Preset(
                "figure-7",
                "Figure 7, the paper's recipe",
                "Plain 20, 56 and residual 20, 56, 110 on CIFAR-10, for the standard deviation "
                "of every layer's response: hours on a GPU.",
                figure7,
            ),
            Preset(
                "depth-1202",
                "1202 layers",
                "The deepest network of Table 6 on CIFAR-10, 19.4 million parameters: days on a "
                "GPU.",
                depth_1202,
            ),
            Preset(
                "imagenet",
                "ImageNet, the paper's recipe",
                "Plain and residual networks of 18 and 34 layers from a folder in ImageNet's "
                "layout, up to 600k iterations each: weeks on a GPU. Give the folder with --data.",
                imagenet,
            ),
        )
    }
)
