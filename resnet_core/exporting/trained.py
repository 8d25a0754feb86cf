"""A trained network: its weights, errors, data and preparation of images. No torch."""

from __future__ import annotations

import math
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from resnet_core.anatomy.describe import describe
from resnet_core.anatomy.facts import Anatomy
from resnet_core.data import catalog
from resnet_core.data.dataset import DataFacts, Dataset, Selection
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet import views
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.errors import CheckpointError, PlaygroundError, WrongState
from resnet_core.runs import queries
from resnet_core.runs.queries import Weights
from resnet_core.runs.record import RunRecord
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec, is_imagenet
from resnet_core.weights.recognition import channels_of, classes_of

_USUAL_SIZES = {True: 224, False: 32}  # pixels, of the paper's networks for ImageNet, for CIFAR


@dataclass(frozen=True)
class Errors:
    """Percent, first choice, in evaluation mode; None where it was not evaluated."""

    train: float | None = None
    test: float | None = None


@dataclass(frozen=True)
class Trained:
    """A network at one moment of its run.

    Attributes:
        tensor_names: of the state dict.
        facts: of the run's data; None where there is no copy any more.
        errors: as measured after exactly as many updates as the weights have seen.
    """

    run: RunRecord
    weights: Weights
    tensor_names: frozenset[str]
    spec: Spec
    facts: DataFacts | None
    errors: Errors

    @cached_property
    def anatomy(self) -> Anatomy:
        return describe(self.spec)

    @property
    def data_name(self) -> str:
        """Return the data set's name, or the last part of its path, which may be private."""
        return Path(self.run.experiment.data).name

    @property
    def data_title(self) -> str:
        return self.facts.title if self.facts else self.run.data_title or self.data_name

    @property
    def test_images(self) -> int | None:
        """Return the number of images of the test error."""
        return self.facts.test_images if self.facts else self.run.experiment.test_images

    @property
    def evaluated_train_images(self) -> int:
        """Return the number of images of the training error."""
        subset = self.run.experiment.evaluation_images
        return min(subset, self.facts.train_images) if self.facts else subset


def load_trained(run_id: str) -> Trained:
    """Return the run's newest verified weights with their network, data and errors.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it has no weights, or they were trained elsewhere.
        CheckpointError: its weights cannot be read.
    """
    run = queries.run(run_id)
    if run.imported:
        raise WrongState("export.imported", title=run.title)
    facts = _facts(run)  # which may take long, and checkpoints of a run that goes on come and go
    weights = queries.weights(run)
    shapes = _shapes(weights.path)
    size = facts.image_size if facts else _USUAL_SIZES[is_imagenet(run.experiment.network)]
    spec = run.experiment.network_spec(size, channels_of(shapes), classes_of(shapes))
    return Trained(run, weights, frozenset(shapes), spec, facts, _errors(run, weights.iteration))


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118, not a dict
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError("weights.unreadable", path=path, reason=error) from error


def _facts(run: RunRecord) -> DataFacts | None:
    try:
        return catalog.facts(Selection.of(run.experiment))
    except PlaygroundError:
        return None  # the copy has gone, or never was on this machine


def _errors(run: RunRecord, iteration: int) -> Errors:
    if run.state == "finished" and run.iteration == iteration:
        return Errors(run.train_error, run.test_error)
    frame = queries.telemetry(run.id).frame
    rows = frame[frame["iteration"] == iteration]
    return Errors(_last(rows["train_error"]), _last(rows["test_error"]))


def _last(column: object) -> float | None:
    values = [float(v) for v in column if v is not None and not math.isnan(v)]  # type: ignore[attr-defined]
    return values[-1] if values else None


def torchvision_function(spec: Spec) -> str | None:
    """Return the name in `torchvision.models`, or None where torchvision has no such network.

    Its residual networks have projections (option B), and in bottlenecks the stride in the 3x3
    layer; with the paper's, in the first 1x1, the tensors fit but mean something else.
    """
    if not isinstance(spec, ImageNetSpec) or spec.channels != 3 or spec.activation != "relu":
        return None
    if spec.is_reference:
        return spec.architecture.replace("-", "")
    bottleneck = spec.block == "bottleneck"
    projections = spec.family == "resnet" and spec.shortcut == "B"
    if projections and (not bottleneck or spec.stride_in == "3x3"):
        return spec.architecture.replace("-", "")
    return None


def torchvision_call(spec: Spec, tensor_names: Collection[str]) -> str | None:
    """Return Python code that makes torchvision's network for these tensors, or None.

    For example "torchvision.models.resnet18(num_classes=10)".
    """
    name = torchvision_function(spec)
    if name is None:
        return None
    options = f"num_classes={spec.classes}"
    if name == "googlenet":
        auxiliary = any(tensor.startswith("aux1.") for tensor in tensor_names)
        options += f", aux_logits={auxiliary}, init_weights=False"
    return f"torchvision.models.{name}({options})"


MEAN_FILE = "preprocessing.safetensors"


@dataclass(frozen=True)
class Preparation:
    """The preparation of the images, for which the images themselves are needed.

    Attributes:
        mean: float32, C, H, W: the training images' per-pixel mean, of values from 0 to 255; of
            pictures on disk that of a sample's centre views.
        classes: names, in the order of the network's outputs.
        fingerprint: of all pixels and labels, of pictures on disk of names and labels.
    """

    mean: NDArray[np.float32]
    classes: tuple[str, ...]
    fingerprint: str

    def to_bytes(self) -> bytes:
        """Return a safetensors file with the tensor `mean`."""
        return safetensors.numpy.save({"mean": self.mean}, {"unit": "0 to 255", "axes": "C, H, W"})


def preparation_of(run: RunRecord) -> Preparation | None:
    """Return the preparation, or None where this machine has no copy of the run's data."""
    selection = Selection.of(run.experiment)
    try:
        if is_imagenet(run.experiment.network):
            return _of_pictures(catalog.load_folder(selection))
        return _of_images(catalog.load(selection))
    except PlaygroundError:
        return None


def _of_images(data: Dataset) -> Preparation:
    images = data.train.images  # N, H, W, C
    # A sum of whole numbers has no rounding: this is the mean that training subtracted.
    mean = images.sum(axis=0, dtype=np.int64).astype(np.float32) / np.float32(len(images))
    mean = np.ascontiguousarray(mean.transpose(2, 0, 1))
    return Preparation(mean, data.classes, data.fingerprint)


def _of_pictures(data: ImageFolder) -> Preparation:
    """Return the preparation with the mean of the sample that training took, from the cache."""
    with closing(Decoders()) as decoders:
        mean = views.per_pixel_mean(data.train, data.image_size, decoders)
    return Preparation(mean, data.classes, data.fingerprint)
