"""How long a run will take on this machine, from a short measurement of the real thing."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from resnet_core.anatomy import describe
from resnet_core.data.dataset import Dataset, ImageSet
from resnet_core.data.facts import DataFacts
from resnet_core.data.pictures.decoders import Decoders
from resnet_core.data.pictures.picture_folder import PictureFolder
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import is_imagenet
from resnet_core.training import device
from resnet_core.training.decoding_cost import seconds_per_picture
from resnet_core.training.images import load
from resnet_core.training.session import NotFinite, Session

_WARM_UPS = 2  # updates; the first of them prepares the kernels
_MOST_UPDATES, _PATIENCE = 5, 3.0  # seconds
# A CPU's time is proportional to the batch once it is busy, so a long update is measured on
# fewer images: as many as make about a second, at some 5e10 multiply-adds a second.
_MULTIPLY_ADDS = 2e10
_EVALUATED = 250  # images


@dataclass(frozen=True)
class Timing:
    """Measured on one process that had the machine's free cores to itself.

    Attributes:
        seconds_per_iteration: of training, records and evaluations left out.
        seconds_per_record: what a record adds to its iteration.
        seconds_per_evaluation: training subset and test images.
        seconds: the whole experiment.
        device: as in `Started`; `hardware` is the processor or GPU by its maker's name.
    """

    seconds_per_iteration: float
    seconds_per_record: float
    seconds_per_evaluation: float
    seconds: float
    device: str
    hardware: str
    precision: str
    threads: int


def seconds_per_iteration(experiment: Experiment, facts: DataFacts) -> Timing:
    """Train some updates on noise of the data's size and shape, and evaluate once. Where pictures
    are to be decoded beside training, some of them are, too.

    facts: of the data as the experiment uses them, subsets and resizing included.

    Raises:
        InvalidSetting: this machine lacks the device.
        PlaygroundError: the loss is not finite from the beginning; says what to change.
    """
    affordable = _affordable(experiment, facts)
    batch = min(experiment.batch_size, affordable)
    images = max(batch, min(_EVALUATED, 2 * affordable))
    session = Session(_only_training(experiment, batch), _noise(facts, images))
    try:
        update, record = _update_and_record(session)
    except NotFinite as failure:
        raise PlaygroundError.of(session.diverged(failure).advice) from failure
    evaluated = min(experiment.evaluation_images, len(session.dataset.train))
    evaluated += len(session.dataset.test)
    to_evaluate = min(experiment.evaluation_images, facts.train_images) + facts.test_images
    evaluation = _seconds(session.evaluate) * to_evaluate / evaluated
    scale = experiment.batch_size / batch
    update, record = update * scale, record * scale
    decoding = _decoding(experiment)
    update = max(update, decoding * experiment.batch_size)
    evaluation = max(evaluation, decoding * to_evaluate)
    records = experiment.iterations // experiment.record_every + 1
    evaluations = math.ceil(experiment.iterations / experiment.evaluate_every)
    return Timing(
        seconds_per_iteration=update,
        seconds_per_record=record,
        seconds_per_evaluation=evaluation,
        seconds=update * experiment.iterations + record * records + evaluation * evaluations,
        device=str(session.execution.device),
        hardware=session.execution.hardware,
        precision=session.execution.precision,
        threads=session.execution.threads,
    )


def _decoding(experiment: Experiment) -> float:
    """Seconds a picture, where pictures are decoded beside training; whichever takes longer,
    decoding or training, is what a run takes."""
    if not is_imagenet(experiment.network):
        return 0.0
    data = load(experiment)
    assert isinstance(data, PictureFolder)
    with closing(Decoders()) as decoders:
        return seconds_per_picture(data, decoders)


def _update_and_record(session: Session) -> tuple[float, float]:
    """Seconds of an update, and what a record would add to it (0 where that would take long)."""
    start = time.perf_counter()
    taken: list[float] = []
    for _ in range(_WARM_UPS + _MOST_UPDATES):
        taken.append(-session.seconds)
        session.step()
        taken[-1] += session.seconds
        if time.perf_counter() - start > _PATIENCE:
            break
    update = statistics.median(taken[_WARM_UPS:] or taken[-1:])
    if update > _PATIENCE:
        return update, 0.0
    return update, max(0.0, _seconds(session.look) - update)


def _only_training(experiment: Experiment, batch: int) -> Experiment:
    """Nothing recorded, and no rate at which noise would diverge."""
    never = 10_000_000
    return experiment.changed(
        batch_size=batch,
        train_images=None,
        test_images=None,
        learning_rate=1e-6,
        iterations=never,
        milestones=None,
        record_every=never,
        evaluate_every=never,
        audit_every=0,
    )


def _affordable(experiment: Experiment, facts: DataFacts) -> int:
    """Images that are measured together at most, at least 2."""
    if device.choose(experiment.device, experiment.precision).device.type != "cpu":
        return max(experiment.batch_size, _EVALUATED)
    spec = experiment.network_spec(facts.image_size, facts.channels, facts.classes)
    return max(2, int(_MULTIPLY_ADDS / describe(spec).multiply_adds))


def _noise(facts: DataFacts, images: int) -> Dataset:
    random = np.random.default_rng(0)
    shape = (images, facts.image_size, facts.image_size, facts.channels)
    labels = np.arange(images) % facts.classes
    noise = ImageSet(random.integers(0, 256, shape, np.uint8), labels.astype(np.int64))
    return Dataset("noise", tuple(map(str, range(facts.classes))), noise, noise)


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
