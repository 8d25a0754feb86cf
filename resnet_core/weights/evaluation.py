"""The error of a network from elsewhere, and whether what was asked fits its file."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from torch import Tensor

from resnet_core.errors import InvalidSetting
from resnet_core.specs.cifar import Activation, OptionAPadding, Shortcut, StrideIn
from resnet_core.specs.imagenet import check_choice
from resnet_core.specs.names import Spec
from resnet_core.system.texts import Message
from resnet_core.training import device
from resnet_core.training.device import Computed
from resnet_core.weights import images as test_images
from resnet_core.weights import loading
from resnet_core.weights.images import NORMALIZATIONS, WHOLE, Images, Normalization, Part, possible
from resnet_core.weights.reading import WeightsFile
from resnet_core.weights.recognition import Recognition, questions
from resnet_core.weights.trial import Tell, Trial, Way, mistakes, sample_size, try_all

_CHOICES = {
    "shortcut": get_args(Shortcut),
    "option_a_padding": get_args(OptionAPadding),
    "stride_in": get_args(StrideIn),
    "activation": get_args(Activation),
    "normalization": NORMALIZATIONS,
}
_NEAR_CHANCE = 0.9  # of the error that guessing makes

Progress = Callable[[int, int], None]  # images looked at, of how many


class OpenQuestions(InvalidSetting):
    """Something that the file does not say has yet to be asked.

    Attributes:
        trials: what each of the possible answers makes of the sample.
    """

    def __init__(self, field: str, key: str, /, trials: Sequence[Trial], **values: object) -> None:
        super().__init__(field, key, **values)
        self.trials = tuple(trials)


@dataclass(frozen=True)
class Asked:
    """What is said of a file that the file does not say itself; None: not said."""

    network: str | None = None
    shortcut: str | None = None
    option_a_padding: str | None = None
    stride_in: str | None = None
    normalization: str | None = None
    activation: str | None = None  # leaves no trace in a file; ReLU where it is not said

    def check(self) -> None:
        """Refuse what no file can be.

        Raises:
            InvalidSetting: names the choices.
        """
        for field, choices in _CHOICES.items():
            if getattr(self, field) is not None:
                check_choice(field, getattr(self, field), choices)

    def settle(self, recognition: Recognition) -> tuple[Spec, ...]:
        """The networks that are left after what is said.

        Raises:
            InvalidSetting: none is.
        """
        name = None if self.network is None else self.network.strip().lower()
        return self.with_activation(recognition).settled(
            name=name,
            shortcut=self.shortcut,
            option_a_padding=self.option_a_padding,
            stride_in=self.stride_in,
        )

    def with_activation(self, recognition: Recognition) -> Recognition:
        """What was recognised, with this nonlinearity.

        Raises:
            InvalidSetting: it is of networks that have ReLU only.
        """
        if self.activation is None:
            return recognition
        given: Any = self.activation
        return Recognition(
            tuple(replace(spec, activation=given) for spec in recognition.candidates)
        )


@dataclass(frozen=True)
class Evaluated:
    """The outcome.

    Attributes:
        result: over all images.
        sample: every network and preparation that the file may be for, on the same few images.
        warning: where what was asked does not fit, or nothing does.
        tensors: the file's, by our names.
    """

    result: Trial
    images: Images
    file: WeightsFile
    sample: tuple[Trial, ...]
    warning: Message | None
    tensors: Mapping[str, Tensor] = dataclasses.field(repr=False)

    @property
    def error(self) -> float:
        """Percent, first choice."""
        return self.result.error

    @property
    def n(self) -> int:
        return len(self.images)

    @property
    def way(self) -> Way:
        return self.result.way


def evaluate(
    path: Path,
    data: str,
    asked: Asked,
    image_size: int | None = None,
    *,
    part: Part = WHOLE,
    precision: Computed = "fp32",
    on_progress: Progress = lambda done, total: None,
) -> Evaluated:
    """Test the network of a file on a data set's test images, or on all those of an npz.

    Args:
        part: which of these images; see there.
        precision: of the result; the sample is tried in fp32.

    Raises:
        CheckpointError: the file cannot be used.
        DataError: nor can the images, or they do not fit the network.
        InvalidSetting: what was asked contradicts the file.
        OpenQuestions: something has yet to be asked.
    """
    asked.check()
    file, tensors, recognition = loading.load(path)
    specs = asked.settle(recognition)
    images = test_images.load(data, image_size, part)
    test_images.check_fit(images, specs[0].channels, specs[0].classes)
    replace(specs[0], image_size=images.size)  # refused where the network needs larger ones
    ways = possible(images.channels)
    chosen = [way for way in ways if asked.normalization in (None, way)]
    if not chosen:
        raise InvalidSetting("normalization", "weights.grey", options=ways)

    execution = device.choose("auto", precision)
    candidates = asked.with_activation(recognition).candidates
    few = images.sample(sample_size(candidates, len(candidates) * len(ways), images.size))
    total = len(few) * len(candidates) * len(ways) + len(images)
    tell = _counting(total, on_progress)
    trials = tuple(try_all(candidates, ways, tensors, few, execution.device, tell))
    if len(specs) > 1 or len(chosen) > 1:
        raise _open(specs, chosen, trials)
    way = Way(specs[0], chosen[0])
    model = execution.place(loading.network(way.spec, tensors))
    result = Trial(way, mistakes(model, way.normalization, images, execution, tell))
    return Evaluated(result, images, file, trials, _warning(result, trials), tensors)


def _counting(total: int, on_progress: Progress) -> Tell:
    done = 0

    def tell(images: int) -> None:
        nonlocal done
        done += images
        on_progress(done, total)

    on_progress(0, total)
    return tell


def _open(
    specs: Sequence[Spec], normalizations: Sequence[Normalization], trials: Sequence[Trial]
) -> OpenQuestions:
    """What has to be asked, with the evidence of the sample."""
    asked = questions(tuple(specs))
    if len(normalizations) > 1:
        asked["normalization"] = tuple(normalizations)
    names = {"name": "network"}
    listed = [f"{names.get(field, field)} ({', '.join(v)})" for field, v in asked.items()]
    open_ways = [t for t in trials if t.way.spec in specs and t.way.normalization in normalizations]
    best = min(open_ways, key=lambda trial: trial.error)
    first = next(iter(asked))
    return OpenQuestions(
        names.get(first, first),
        "weights.open",
        trials=open_ways,
        choices=listed,
        images=len(best.wrong),
        least=best.error,
        best=best.way.message(),
    )


def _warning(result: Trial, trials: Sequence[Trial]) -> Message | None:
    """A sentence where another way is clearly better on the sample, or all are near guessing."""
    asked = next(trial for trial in trials if trial.way == result.way)
    best = min(trials, key=lambda trial: trial.error)
    if best.clearly_better_than(asked):
        return Message(
            "errors.weights.misfit",
            images=len(asked.wrong),
            chosen=asked.way.message(),
            error=asked.error,
            best=best.way.message(),
            least=best.error,
        )
    chance = 100 * (1 - 1 / result.way.spec.classes)
    if result.error >= _NEAR_CHANCE * chance and not math.isclose(chance, 0):
        return Message("errors.weights.guessing", chance=chance)
    return None
