"""The time of a run on this machine, estimated from a short measurement."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np

from resnet_core.anatomy.describe import describe
from resnet_core.data.dataset import DataFacts, Dataset, ImageSet
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.data.imagenet.views import View, training_view
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import is_imagenet
from resnet_core.training import device
from resnet_core.training.images import load
from resnet_core.training.session import NotFinite, Session

# Updates that are not counted, because the first ones prepare the kernels, and that are.
_UPDATES, _RECORDED_UPDATES = (2, 5), (1, 2)
_MAX_SECONDS = 3.0
# A CPU's time is proportional to the batch once it is busy, so a long update is measured on
# fewer images: as many as make about a second, at some 5e10 multiply-adds a second.
_MULTIPLY_ADDS = 2e10
_EVALUATED = 250  # images
_MAX_DECODED, _MAX_DECODING_SECONDS = 256, 1.0  # pictures
_NEVER = 10_000_000  # iterations


@dataclass(frozen=True)
class Timing:
    """Measured in a process that had the machine's free cores to itself.

    Attributes:
        seconds_per_iteration: of training, without records and evaluations.
        seconds_per_record: that a record adds to its iteration.
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


def estimate_run_time(experiment: Experiment, facts: DataFacts) -> Timing:
    """Train some updates on noise of the data's size and shape, and evaluate once. Where pictures
    are decoded beside training, decode some of them, too.

    Args:
        facts: of the data as the experiment uses them, subsets and resizing included.

    Raises:
        InvalidSetting: this machine lacks the device.
        PlaygroundError: the loss is not finite from the beginning; says what to change.
    """
    affordable = _affordable(experiment, facts)
    batch = min(experiment.batch_size, affordable)
    images = max(batch, min(_EVALUATED, 2 * affordable))
    noise = _noise(facts, images)
    session = Session(_only_training(experiment, batch), noise)
    try:
        update, record = _update_and_record(session)
    except NotFinite as failure:
        raise PlaygroundError.of(session.diverged(failure).advice) from failure
    evaluated = min(experiment.evaluation_images, len(noise.train)) + len(noise.test)
    to_evaluate = min(experiment.evaluation_images, facts.train_images) + facts.test_images
    evaluation = _seconds(session.evaluate) * to_evaluate / evaluated
    scale = experiment.batch_size / batch
    update, record = update * scale, record * scale
    decoding = _decoding(experiment)
    update = max(update, decoding * experiment.batch_size)
    evaluation = max(evaluation, decoding * to_evaluate)
    records = experiment.iterations // experiment.record_every + 1
    evaluations = math.ceil(experiment.iterations / experiment.evaluate_every)
    execution = session.state.execution
    return Timing(
        seconds_per_iteration=update,
        seconds_per_record=record,
        seconds_per_evaluation=evaluation,
        seconds=update * experiment.iterations + record * records + evaluation * evaluations,
        device=str(execution.device),
        hardware=execution.hardware,
        precision=execution.precision,
        threads=execution.threads,
    )


def _decoding(experiment: Experiment) -> float:
    """Return the seconds a picture where pictures are decoded beside training, else 0: a run takes
    as long as the slower of the two."""
    if not is_imagenet(experiment.network):
        return 0.0
    data = load(experiment)
    assert isinstance(data, ImageFolder)
    with closing(Decoders()) as decoders:
        return seconds_per_picture(data, decoders)


def seconds_per_picture(folder: ImageFolder, decoders: Decoders) -> float:
    """Return the time of a training view, decoded by all threads together, over pictures from the
    whole folder.

    Raises:
        DataError: a picture cannot be used; names it.
    """
    places = range(0, len(folder.train), max(1, len(folder.train) // _MAX_DECODED))
    start = time.perf_counter()
    decoded = 0
    for _ in decoders.map(partial(_view, folder), places):
        decoded += 1
        if time.perf_counter() - start > _MAX_DECODING_SECONDS:
            break
    return (time.perf_counter() - start) / decoded


def _view(folder: ImageFolder, place: int) -> View:
    return training_view(folder.train, place, folder.image_size, (0, 0, place))


def _update_and_record(session: Session) -> tuple[float, float]:
    """Return the seconds of an update, and those that a record adds (0 where it would take long).

    Both are measured on updates as the run makes them: a recorded one of a CUDA graph takes much
    less than the eager pass with which a session measures its initial network.
    """
    update = _median_update(session, *_UPDATES)
    if update > _MAX_SECONDS:
        return update, 0.0
    while not session.in_sync:  # what was launched together was launched without records
        session.step()
    session.state.experiment = session.state.experiment.changed(record_every=1)
    return update, max(0.0, _median_update(session, *_RECORDED_UPDATES) - update)


def _median_update(session: Session, warm_ups: int, count: int) -> float:
    """Return the seconds of an update; where warm-ups take too long, of the last of them."""
    start, seconds = time.perf_counter(), []
    for _ in range(warm_ups + count):
        before = session.state.seconds
        session.step()
        seconds.append(session.state.seconds - before)
        if time.perf_counter() - start > _MAX_SECONDS:
            break
    return statistics.median(seconds[warm_ups:] or seconds[-1:])


def _only_training(experiment: Experiment, batch: int) -> Experiment:
    """Return the experiment without records, at a rate at which noise does not diverge."""
    return experiment.changed(
        batch_size=batch,
        train_images=None,
        test_images=None,
        learning_rate=1e-6,
        iterations=_NEVER,
        milestones=None,
        record_every=_NEVER,
        evaluate_every=_NEVER,
        audit_every=0,
    )


def _affordable(experiment: Experiment, facts: DataFacts) -> int:
    """Return how many images are measured together at most: at least 2."""
    if device.choose(experiment.device, experiment.precision).device.type != "cpu":
        return max(experiment.batch_size, _EVALUATED)
    return max(2, int(_MULTIPLY_ADDS / describe(experiment.spec_for(facts)).multiply_adds))


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
