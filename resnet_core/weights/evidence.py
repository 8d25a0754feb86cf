"""Evidence from a network's answers that its images, their size and the order of the classes are
those that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor, nn

from resnet_core.data import wordnet
from resnet_core.data.dataset import ImageSet
from resnet_core.errors import InvalidSetting
from resnet_core.specs.names import Spec
from resnet_core.system.texts import Message
from resnet_core.training.device import Execution
from resnet_core.weights.images import Images
from resnet_core.weights.trial import Interpretation, Trial, misclassified

_NEAR_CHANCE = 0.9  # of the error that guessing makes
_SIZES = (16, 28, 32, 64, 96, 224)  # pixels, that people train on
_MOST_TRIED = 60  # images at another size
_MOST_PIXELS = 2_500_000  # of them: about ten seconds of a small network
_IMAGENET_CLASSES = 1000
_EXAMPLES = 3


@dataclass(frozen=True)
class Evidence:
    """A network with its answers to the images.

    Attributes:
        answers: int64, N: the class that it gives to each image.
    """

    model: nn.Module
    interpretation: Interpretation
    images: Images
    answers: Tensor
    execution: Execution


def is_guessing(trial: Trial) -> bool:
    """Return whether an error is near that of guessing."""
    chance = chance_of(trial.interpretation.spec)
    return chance > 0 and trial.error >= _NEAR_CHANCE * chance


def chance_of(spec: Spec) -> float:
    """Return the error of guessing, percent."""
    return 100 * (1 - 1 / spec.classes)


def warning(
    result: Trial, trials: Sequence[Trial], evidence: Callable[[], Evidence]
) -> Message | None:
    """Return a sentence where another reading is clearly better, or all are near guessing.

    No reading is advised that is near guessing itself.
    """
    answered = next(t for t in trials if t.interpretation == result.interpretation)
    best = min(trials, key=lambda trial: trial.error)
    if best.clearly_better_than(answered) and not is_guessing(best):
        return Message(
            "errors.weights.misfit",
            images=len(answered.wrong),
            chosen=answered.interpretation.message(),
            error=answered.error,
            best=best.interpretation.message(),
            least=best.error,
        )
    order = _other_order(evidence(), result)
    if order is not None or not is_guessing(result):
        return order
    size = _other_size(evidence(), result)
    return size or Message("errors.weights.guessing", chance=chance_of(result.interpretation.spec))


def by_wordnet(images: Images, classes: int) -> tuple[Images, tuple[Message, ...]]:
    """Return the images with the labels that a network of ImageNet's 1000 classes gives.

    Folders named by WordNet ids say which outputs they mean; others stay as they are.
    """
    outputs = wordnet.outputs(images.classes) if classes == _IMAGENET_CLASSES else None
    if outputs is None or outputs == tuple(range(len(outputs))):
        return images, ()
    labels = np.array(outputs, np.int64)[images.images.labels]
    relabelled = ImageSet(images.images.images, labels)
    examples = [
        f"{n} = {o}" for n, o in list(zip(images.classes, outputs, strict=True))[:_EXAMPLES]
    ]
    note = Message("errors.weights.wordnet", examples=examples)
    return replace(images, images=relabelled), (note,)


def _other_order(evidence: Evidence, result: Trial) -> Message | None:
    """Return a sentence where the network gives each class the name of another."""
    labels = evidence.images.tensors()[1]
    classes = labels.unique().tolist()
    if len(classes) < 2:
        return None
    meant = {c: int(evidence.answers[labels == c].bincount().argmax()) for c in classes}
    moved = [c for c, other in meant.items() if c != other]
    if not moved or len(set(meant.values())) < len(classes):
        return None
    wrong = evidence.answers != labels.clone().apply_(lambda label: meant[label])
    permuted = Trial(result.interpretation, wrong)
    if is_guessing(permuted) or not permuted.clearly_better_than(result):
        return None
    names = evidence.images.classes
    name = lambda c: names[c] if c < len(names) else str(c)  # noqa: E731
    return Message(
        "errors.weights.other_order",
        error=result.error,
        least=permuted.error,
        classes=[name(c) for c in classes[:6]],
        examples=[f"{name(c)} → {name(meant[c])}" for c in moved[:_EXAMPLES]],
    )


def _other_size(evidence: Evidence, result: Trial) -> Message | None:
    """Return a sentence where the network does much better on images of another size."""
    sample = evidence.images.sample(_MOST_TRIED)
    sizes = {*_SIZES, evidence.images.size // 2, evidence.images.size * 2}
    fitting = [s for s in sorted(sizes) if s != evidence.images.size and _is_possible(s, evidence)]
    trials = {size: _at_size(size, sample, evidence) for size in fitting}
    if not trials:
        return None
    size, best = min(trials.items(), key=lambda item: item[1].error)
    if is_guessing(best):
        return None
    error = _at_size(evidence.images.size, sample, evidence).error
    return Message(
        "errors.weights.other_size",
        images=len(sample),
        size=evidence.images.size,
        error=error,
        other=size,
        least=best.error,
    )


def _is_possible(size: int, evidence: Evidence) -> bool:
    if not 4 <= size <= 256 or size**2 * _MOST_TRIED > _MOST_PIXELS:
        return False
    try:
        replace(evidence.interpretation.spec, image_size=size)
    except InvalidSetting:
        return False
    return True


def _at_size(size: int, sample: Images, evidence: Evidence) -> Trial:
    resized = sample.images.resized(size)
    mean = evidence.images.mean[None]
    if mean.shape[-1] != size:
        mean = nn.functional.interpolate(mean, (size, size), mode="area")
    images = replace(sample, images=resized, mean=mean[0])
    interpretation = evidence.interpretation
    wrong = misclassified(evidence.model, interpretation.normalization, images, evidence.execution)
    return Trial(interpretation, wrong)
