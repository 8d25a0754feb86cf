"""The errors of an imported network, and whether the answers about it fit its file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.views import per_pixel_mean
from resnet_core.errors import InvalidSetting
from resnet_core.specs.names import Spec, is_imagenet
from resnet_core.system.texts import Message
from resnet_core.training import device, multi_crop
from resnet_core.training.device import ComputedPrecision
from resnet_core.training.multi_crop import Errors, Views
from resnet_core.weights import evidence, hub_folder, loading
from resnet_core.weights import images as test_images
from resnet_core.weights import normalization as preparation
from resnet_core.weights.answers import Answers
from resnet_core.weights.images import WHOLE, Images, Part
from resnet_core.weights.normalization import PER_PIXEL, Normalization
from resnet_core.weights.reading import WeightsFile
from resnet_core.weights.recognition import questions
from resnet_core.weights.trial import (
    Interpretation,
    Report,
    Trial,
    predicted,
    sample_size,
    try_all,
)

Progress = Callable[[int, int], None]  # images tested, of how many


class OpenQuestions(InvalidSetting):
    """The file leaves something open, and no answer is given.

    Attributes:
        trials: what each of the possible answers makes of the sample.
    """

    def __init__(self, field: str, key: str, /, trials: Sequence[Trial], **values: object) -> None:
        super().__init__(field, key, **values)
        self.trials = tuple(trials)


@dataclass(frozen=True)
class EvaluatedFile:
    """The error of a file's network.

    Attributes:
        result: over all images.
        sample: every network and preparation that the file may be for, on the same few images.
        warning: where the answers do not fit, or nothing does.
        notes: how the file and the images were read.
        tensors: the file's, by our names.
    """

    result: Trial
    images: Images
    file: WeightsFile
    sample: tuple[Trial, ...]
    warning: Message | None
    tensors: Mapping[str, Tensor] = dataclasses.field(repr=False)
    notes: tuple[Message, ...] = ()

    @property
    def error(self) -> float:
        """Percent, first choice."""
        return self.result.error

    @property
    def n(self) -> int:
        return len(self.images)

    @property
    def interpretation(self) -> Interpretation:
        return self.result.interpretation


def evaluate(
    path: Path,
    data: str,
    answers: Answers,
    image_size: int | None = None,
    *,
    part: Part = WHOLE,
    precision: ComputedPrecision = "fp32",
    on_progress: Progress = lambda tested, total: None,
) -> EvaluatedFile:
    """Test the network of a file on a data set's test images, or on all those of an npz.

    Args:
        part: which of these images; see there.
        precision: of the result; the sample is tried in fp32.

    Raises:
        CheckpointError: the file cannot be used.
        DataError: nor can the images, or they do not fit the network.
        InvalidSetting: an answer contradicts the file.
        OpenQuestions: an answer is missing.
    """
    path, answers, image_size = hub_folder.answered(path, answers, image_size)
    answers.check()
    asked = preparation.parsed(answers.normalization) if answers.normalization else None
    file, translation = loading.load(path)
    tensors, recognition = translation.tensors, translation.recognition
    specs = answers.matching(recognition)
    images, mapped = evidence.by_wordnet(test_images.load(data, image_size, part), specs[0].classes)
    test_images.check_fit(images, specs[0].channels, specs[0].classes)
    replace(specs[0], image_size=images.size)  # refused where the network needs larger ones
    of_file = translation.statistics and preparation.of_numbers(*translation.statistics)
    possible = preparation.possible(images.channels, asked, of_file)
    accepted = [name for name in possible if (asked or of_file) in (None, name)]
    if images.channels == 1 and asked is None:
        accepted = [PER_PIXEL]
    if not accepted:
        raise InvalidSetting("normalization", "weights.grey", options=possible)

    execution = device.choose("auto", precision)
    candidates = answers.with_activation(recognition).candidates
    tries = len(candidates) * len(possible)
    sample = images.sample(sample_size(candidates, tries, images.size))
    report = _counter(len(sample) * tries + len(images), on_progress)
    trials = tuple(try_all(candidates, possible, tensors, sample, execution.device, report))
    if len(specs) > 1 or len(accepted) > 1:
        raise _open(specs, accepted, trials)
    interpretation = Interpretation(specs[0], accepted[0])
    model = execution.place(loading.network(specs[0], tensors))
    answered = predicted(model, accepted[0], images, execution, report)
    result = Trial(interpretation, answered != images.tensors()[1])
    warning = evidence.warning(
        result,
        trials,
        lambda: evidence.Evidence(model, interpretation, images, answered, execution),
    )
    notes = (*translation.notes, *images.notes, *mapped)
    return EvaluatedFile(result, images, file, trials, warning, tensors, notes)


def _counter(total: int, on_progress: Progress) -> Report:
    tested = 0

    def report(images: int) -> None:
        nonlocal tested
        tested += images
        on_progress(tested, total)

    on_progress(0, total)
    return report


def _open(
    specs: Sequence[Spec], normalizations: Sequence[Normalization], trials: Sequence[Trial]
) -> OpenQuestions:
    """Return the questions that are left, with the evidence of the sample."""
    fields = questions(tuple(specs))
    if len(normalizations) > 1:
        fields["normalization"] = tuple(normalizations)
    names = {"name": "network"}
    choices = [f"{names.get(field, field)} ({', '.join(v)})" for field, v in fields.items()]
    possible = [
        trial
        for trial in trials
        if trial.interpretation.spec in specs
        and trial.interpretation.normalization in normalizations
    ]
    best = min(possible, key=lambda trial: trial.error)
    first = next(iter(fields))
    guessed = evidence.is_guessing(best)
    return OpenQuestions(
        names.get(first, first),
        "weights.open_guessing" if guessed else "weights.open",
        trials=possible,
        choices=choices,
        images=len(best.wrong),
        least=best.error,
        best=best.interpretation.message(),
    )


def evaluate_views(
    path: Path,
    data: str,
    answers: Answers,
    views: Views,
    image_size: int | None = None,
    *,
    part: Part = WHOLE,
    precision: ComputedPrecision = "fp32",
) -> tuple[Errors, Spec]:
    """Test the network of a file on a folder's test images, decoded one after another.

    The per-pixel mean that training takes is subtracted.

    Args:
        image_size: the crops' height and width, pixels; by default 224.

    Raises:
        CheckpointError: the file cannot be used.
        DataError: an image or the folder cannot be used, or does not fit the network.
        InvalidSetting: an answer contradicts the file or is missing.
    """
    path, answers, image_size = hub_folder.answered(path, answers, image_size)
    answers.check()
    _, translation = loading.load(path)
    tensors = translation.tensors
    spec = _views_spec(answers.matching(translation.recognition), answers)
    images = catalog.load_folder(
        Selection(data, image_size, part.train_images, part.test_images, part.validation)
    )
    if len(images.classes) > spec.classes:
        raise InvalidSetting(
            "data",
            "weights.classes",
            title=images.name,
            count=len(images.classes),
            classes=spec.classes,
        )
    execution = device.choose("auto", precision)
    model = execution.place(loading.network(spec, tensors))
    with closing(Decoders()) as decoders:
        mean = per_pixel_mean(images.train, images.image_size, decoders)
        on_device = torch.from_numpy(mean).to(execution.device)
        errors = multi_crop.errors(model, images.test, on_device, views, execution, decoders)
    return errors, spec


def _views_spec(specs: tuple[Spec, ...], answers: Answers) -> Spec:
    if not is_imagenet(specs[0].name):
        raise InvalidSetting("views", "weights.single_view", network=specs[0].name)
    if answers.normalization != PER_PIXEL:
        raise InvalidSetting("normalization", "weights.views_per_pixel")
    if len(specs) > 1:
        field, choices = next(iter(questions(specs).items()))
        raise InvalidSetting(
            "network" if field == "name" else field, "weights.open_choice", options=choices
        )
    return specs[0]
