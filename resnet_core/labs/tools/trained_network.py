"""Trained networks with the images they were trained on, and their errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import cast

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from resnet_core.data import augment, catalog
from resnet_core.data.dataset import Dataset, ImageSet, Selection, class_order
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.views import centre_views, per_pixel_mean
from resnet_core.errors import CheckpointError, InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import RUN, Value
from resnet_core.networks.catalog import architecture
from resnet_core.runs import imported, queries
from resnet_core.runs.imported import Imported
from resnet_core.runs.record import RunRecord
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec
from resnet_core.training import device, images
from resnet_core.weights.images import THESE_IMAGES
from resnet_core.weights.normalization import PER_PIXEL, Normalization, normalized

# Pictures for training, and as many for testing; 150 MB together at 224 pixels.
MOST_PICTURES = 500
_IMAGES_AT_ONCE = 250


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """The weights of a run and what they were trained on.

    Attributes:
        id: the run's.
        label: for people, seed included; unique among the networks that were loaded together.
        family: plain, resnet, highway or preresnet.
        depth: weighted layers.
        experiment: how it was trained.
        weights: its state dict, on the CPU; read only.
        source: where the weights are from, if they were trained elsewhere.
        iteration: updates after which they were saved.
    """

    id: str
    label: str
    family: str
    depth: int
    experiment: Experiment
    weights: dict[str, Tensor]
    source: Imported | None = None
    iteration: int = 0

    @property
    def columns(self) -> dict[str, Value]:
        """The network's values of the columns `RUN`."""
        identity = (self.id, self.label, self.family, self.depth)
        return dict(zip(RUN, identity, strict=True))

    @cached_property
    def dataset(self) -> Dataset:
        """The images as the run used them: its size, subsets and split. Those of an import have
        as many classes as its network, with or without images.

        Raises:
            InvalidSetting, DataError: they are not on this machine.
        """
        dataset = dataset_of(self.experiment)
        return dataset if self.source is None else dataset.with_classes(self.source.classes)

    @property
    def spec(self) -> Spec:
        """The architecture, for the size, channels and classes of its images."""
        return self.spec_of(self.experiment)

    @property
    def cifar_spec(self) -> NetworkSpec:
        """The architecture, for laboratories that accept networks of the CIFAR family only."""
        return cast(NetworkSpec, self.spec)

    def spec_of(self, experiment: Experiment) -> Spec:
        """The architecture of another experiment on the same images."""
        return experiment.spec_for(self.dataset)

    @cached_property
    def device(self) -> torch.device:
        """The first CUDA GPU, or else the CPU."""
        return device.choose("auto", "fp32").device

    def model(self) -> nn.Module:
        """A new copy of the network, float32, in evaluation mode, on `device`.

        Raises:
            CheckpointError: the weights are not this network's.
        """
        with torch.device("meta"):
            model = architecture(self.spec)
        model.to_empty(device="cpu")
        try:
            model.load_state_dict(self.weights)
        except RuntimeError as error:
            raise CheckpointError(
                "labs.weights_do_not_fit", label=self.label, network=self.experiment.network
            ) from error
        return model.to(self.device).eval()

    def train_images(self, count: int | None = None) -> tuple[Tensor, Tensor]:
        """Training images without augmentation, prepared as the network was trained: their
        per-pixel mean subtracted, but see `normalised`.

        Args:
            count: of a fixed subset with as many of each class; None, or more than there
                are: all of them.

        Returns:
            float32 N, C, H, W and int64 N, on `device`.
        """
        return self._subset(self.dataset.train, count)

    def test_images(self, count: int | None = None) -> tuple[Tensor, Tensor]:
        """Test images, prepared by the training images' mean; as `train_images`."""
        return self._subset(self.dataset.test, count)

    def errors(self, model: nn.Module, count: int) -> tuple[float, float]:
        """The model's errors, percent, on so many of the network's training and test images."""
        parts = self.train_images(count), self.test_images(count)
        train, test = (percent_wrong(logits(model, x), y) for x, y in parts)
        return train, test

    def _subset(self, images: ImageSet, count: int | None) -> tuple[Tensor, Tensor]:
        if count is not None:
            images = images.take(class_order(images.labels, equal=True)[:count])
        return self.prepared(images)

    def prepared(self, images: ImageSet) -> tuple[Tensor, Tensor]:
        """Images of the network's size, as it takes them; as `train_images`."""
        pixels, labels = augment.as_tensors(images, self.device)
        return self.normalised(pixels, self.mean.to(self.device)), labels

    def normalised(self, pixels: Tensor, mean: Tensor) -> Tensor:
        """Images as the network was trained to take them. uint8 B, C, H, W -> float32.

        Args:
            mean: float32, C, H, W or C, 1, 1, on the images' device; without effect on an
                import whose images have a mean and deviation of each colour.
        """
        return normalized(pixels, self.normalization, mean)

    @property
    def normalization(self) -> Normalization:
        """The preparation of its images."""
        return PER_PIXEL if self.source is None else self.source.normalization

    @cached_property
    def mean(self) -> Tensor:
        """Per-pixel mean of the training images, or of those that an import names. C, H, W."""
        images = augment.as_tensors(self.dataset.train)[0]
        if self.source is not None and self.source.mean_of == THESE_IMAGES:
            images = torch.cat([images, augment.as_tensors(self.dataset.test)[0]])
        return augment.per_pixel_mean(images)


class PictureNetwork(TrainedNetwork):
    """A network that was trained here on a folder of pictures.

    The pictures stay on disk, more of them than memory holds. Laboratories look at images again
    and again, so they get the single view of testing (section 3.4), the centre crop, of some
    hundred pictures of all classes.
    """

    @cached_property
    def dataset(self) -> Dataset:
        """Centre crops of at most `MOST_PICTURES` pictures; its name gives their number.

        Raises:
            InvalidSetting, DataError: they are not on this machine, or one cannot be read.
        """
        return centre_crops(Selection.of(self.experiment))

    @cached_property
    def mean(self) -> Tensor:
        """The per-pixel mean that training subtracts: float32, C, S, S."""
        folder = catalog.load_folder(Selection.of(self.experiment))
        with closing(Decoders()) as decoders:
            return torch.from_numpy(per_pixel_mean(folder.train, folder.image_size, decoders))


def load(run_id: str) -> TrainedNetwork:
    """The network of a run as it was last saved, or of a recording.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it has no weights.
        CheckpointError: they are damaged.
    """
    run = queries.described(run_id)
    file = queries.weights(run)
    weights = read_weights(file.path)
    spec, source = run.experiment.network_spec(), imported.of(run)
    # An import is tested on images of one size, whatever its network was made for.
    pictures = isinstance(spec, ImageNetSpec) and source is None
    kind = PictureNetwork if pictures else TrainedNetwork
    identity = (run.id, label(run), spec.family, spec.depth)
    return kind(*identity, run.experiment, weights, source, file.iteration)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file.

    Raises:
        CheckpointError: it cannot be read.
    """
    try:
        return safetensors.torch.load(path.read_bytes())
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError("labs.weights_unreadable", path=path, reason=error) from error


def load_all(ids: Sequence[str]) -> tuple[TrainedNetwork, ...]:
    """Several networks, each with a unique label.

    Raises:
        RunNotFound, WrongState, CheckpointError: as `load`.
    """
    networks = [load(run_id) for run_id in ids]
    labels = [network.label for network in networks]
    return tuple(
        replace(network, label=f"{network.label} · {network.id}")
        if labels.count(network.label) > 1
        else network
        for network in networks
    )


def check_same_data(networks: Sequence[TrainedNetwork]) -> None:
    """Compare the images themselves, which the experiments do not determine.

    Raises:
        InvalidSetting: two were trained on different images.
    """
    first = networks[0]
    for other in networks[1:]:
        if other.dataset.fingerprint != first.dataset.fingerprint:
            raise InvalidSetting("runs", "labs.different_data")


def label(run: RunRecord) -> str:
    """The run's name for people, for example "resnet-20 · seed 0" or "resnet-20 · imported"."""
    if run.imported:
        return run.title if run.title.endswith("imported") else f"{run.title} · imported"
    seed = f"seed {run.experiment.seed}"
    return run.title if run.title.endswith(seed) else f"{run.title} · {seed}"


@torch.no_grad()
def logits(
    model: Callable[[Tensor], Tensor], images: Tensor, at_once: int = _IMAGES_AT_ONCE
) -> Tensor:
    """The network's outputs before the softmax. N, C, H, W -> N, classes."""
    return torch.cat([model(part) for part in images.split(at_once)])


def standard_error(values: Tensor) -> float:
    """Standard error of the mean of the finite values; nan for fewer than two."""
    finite = values[values.isfinite()].double()
    return float(finite.std()) / math.sqrt(len(finite)) if len(finite) > 1 else math.nan


def percent_wrong(outputs: Tensor, labels: Tensor) -> float:
    """The share of images whose largest logit is not their class's. N, classes and N."""
    return images.percent_wrong([(outputs, labels)])


def dataset_of(experiment: Experiment) -> Dataset:
    """The experiment's images, shared by all that use the same ones."""
    return _dataset(Selection.of(experiment))


@lru_cache(maxsize=4)
def _dataset(selection: Selection) -> Dataset:
    return catalog.load(selection)


@lru_cache(maxsize=2)
def centre_crops(selection: Selection) -> Dataset:
    """The centre crops of a folder of pictures, see `PictureNetwork`."""
    folder = catalog.load_folder(selection)
    with closing(Decoders()) as decoders:
        train, test = (
            centre_views(part, folder.image_size, MOST_PICTURES, decoders)
            for part in (folder.train, folder.test)
        )
    name = f"{folder.name} (centre views of {len(train)} + {len(test)} pictures)"
    return Dataset(name, folder.classes, train, test)
