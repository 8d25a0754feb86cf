"""Trials of a file: the same images, in every preparation, through every network it may be of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_core.anatomy.describe import describe
from resnet_core.specs.names import Spec
from resnet_core.system.texts import Message
from resnet_core.training.device import Execution
from resnet_core.training.images import images_per_pass
from resnet_core.weights import normalization as preparation
from resnet_core.weights.images import Images
from resnet_core.weights.loading import network
from resnet_core.weights.normalization import Normalization, normalized

# A sample is to tell 10 % from 70 %: 250 images do. Large networks get as many as take about a
# minute on one core, of 2 x 10^10 multiply-adds a second.
_SAMPLE, _LEAST, _MULTIPLY_ADDS = 250, 40, 1.2e12


Report = Callable[[int], None]  # takes the number of images since the last call


def ignore_progress(images: int) -> None:
    pass


@dataclass(frozen=True)
class Interpretation:
    """A network that a file may be of, and how its images are prepared."""

    spec: Spec
    normalization: Normalization

    def __str__(self) -> str:
        """Return "cifar/resnet-20, option A with zeros at the end, imagenet normalisation"."""
        return str(self.message())

    def message(self) -> Message:
        """Return the description, in no language yet."""
        spec = self.spec
        parts: list[str | Message] = [spec.name]
        if spec.has_shortcuts and spec.shortcut == "A":
            parts.append(Message(f"errors.weights.interpretation.option_a_{spec.option_a_padding}"))
        elif spec.has_shortcuts:
            parts.append(Message("errors.weights.interpretation.option", option=spec.shortcut))
        if spec.block == "bottleneck":
            parts.append(Message("errors.weights.interpretation.stride", layer=spec.stride_in))
        parts.append(preparation.message(self.normalization))
        return Message("errors.weights.interpretation.whole", parts=parts)


@dataclass(frozen=True)
class Trial:
    """An interpretation's result on some images.

    Attributes:
        wrong: bool, N: which images were misclassified.
    """

    interpretation: Interpretation
    wrong: Tensor

    @property
    def error(self) -> float:
        """Percent, first choice."""
        return 100 * self.wrong.double().mean().item()

    def clearly_better_than(self, other: Trial) -> bool:
        """Return whether it is right where the other is wrong too often to be chance.

        That is by three standard deviations of the difference, and by 2 % of the images.
        """
        gained = int((other.wrong & ~self.wrong).sum())
        lost = int((self.wrong & ~other.wrong).sum())
        return gained - lost > max(3 * math.sqrt(gained + lost), 0.02 * len(self.wrong))


def sample_size(specs: Sequence[Spec], tries: int, image_size: int) -> int:
    """Return how many images to try every interpretation on."""
    scale = (image_size / specs[0].image_size) ** 2
    work = describe(specs[0]).multiply_adds * scale * tries
    return max(_LEAST, min(_SAMPLE, int(_MULTIPLY_ADDS / max(1.0, work))))


def try_all(
    specs: Sequence[Spec],
    normalizations: Sequence[Normalization],
    tensors: Mapping[str, Tensor],
    images: Images,
    device: torch.device,
    report: Report = ignore_progress,
) -> list[Trial]:
    """Test every network with every preparation on the same images."""
    trials, execution = [], Execution(device, "fp32")
    for spec in specs:
        model = execution.place(network(spec, tensors))
        trials += [
            Trial(Interpretation(spec, one), misclassified(model, one, images, execution, report))
            for one in normalizations
        ]
    return trials


def misclassified(
    model: nn.Module,
    normalization: Normalization,
    images: Images,
    execution: Execution,
    report: Report = ignore_progress,
) -> Tensor:
    """Return which images are misclassified: bool, N, on the CPU. The model is placed already."""
    labels = images.tensors()[1]
    return predicted(model, normalization, images, execution, report) != labels


@torch.inference_mode()
def predicted(
    model: nn.Module,
    normalization: Normalization,
    images: Images,
    execution: Execution,
    report: Report = ignore_progress,
) -> Tensor:
    """Return the network's answers: int64, N, on the CPU. The model is placed already."""
    pixels, _ = images.tensors()
    mean = images.mean.to(execution.device)
    size = images_per_pass(pixels[0, 0].numel())
    answers = []
    with execution.autocast():
        for part in pixels.split(size):
            x = normalized(part.to(execution.device), normalization, mean).to(execution.dtype)
            logits = model(x.contiguous(memory_format=execution.memory_format))
            answers.append(logits.argmax(1).cpu())
            report(len(part))
    return torch.cat(answers)
