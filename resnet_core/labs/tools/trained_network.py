"""The trained networks that laboratories look at, with the images they were trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import cast

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from resnet_core.data import augment, catalog
from resnet_core.data.dataset import Dataset, ImageSet, class_order
from resnet_core.data.selection import Selection
from resnet_core.errors import CheckpointError
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.tools import centre_views
from resnet_core.networks.catalog import architecture
from resnet_core.runs import find_weights as weights_on_disk
from resnet_core.runs import imported
from resnet_core.runs.imported import Imported
from resnet_core.runs.record import RunRecord
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.training import device
from resnet_core.weights.images import PER_PIXEL, THESE_IMAGES, Normalization, normalized


@dataclass(frozen=True, eq=False)
class Subject:
    """A trained network.

    Attributes:
        id: the run's.
        label: what people call it, seed included; different for each of the subjects that
            were loaded together.
        family: plain, resnet, highway or preresnet.
        depth: weighted layers.
        experiment: how it was trained.
        weights: its state dict, on the CPU; not to be changed.
        source: where the weights are from, if they were trained elsewhere.
    """

    id: str
    label: str
    family: str
    depth: int
    experiment: Experiment
    weights: dict[str, Tensor]
    source: Imported | None = None

    @cached_property
    def dataset(self) -> Dataset:
        """The images as the run used them: its size, subsets and split. Those of an import have
        as many classes as its network, with or without images.

        Raises:
            InvalidSetting, DataError: they are not on this machine.
        """
        e = self.experiment
        found = _dataset(Selection.of(e))
        return found if self.source is None else found.with_classes(self.source.classes)

    @cached_property
    def device(self) -> torch.device:
        """The first CUDA GPU, or else the CPU."""
        return device.choose("auto", "fp32").device

    def model(self) -> nn.Module:
        """A fresh copy of the network, float32, in evaluation mode, on `device`.

        Raises:
            CheckpointError: the weights are not this network's.
        """
        data = self.dataset
        spec = self.experiment.spec_for(data)
        with torch.device("meta"):
            model = architecture(spec)
        model.to_empty(device="cpu")
        try:
            model.load_state_dict(self.weights)
        except RuntimeError as error:
            raise CheckpointError(
                f"The weights of {self.label} are not those of {self.experiment.network}: "
                f"its folder was changed; train it again."
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
        return self._some(self.dataset.train, count)

    def test_images(self, count: int | None = None) -> tuple[Tensor, Tensor]:
        """Test images, prepared by the training images' mean; as `train_images`."""
        return self._some(self.dataset.test, count)

    def _some(self, images: ImageSet, count: int | None) -> tuple[Tensor, Tensor]:
        if count is not None:
            images = images.take(class_order(images.labels, equal=True)[:count])
        return self.prepared(images)

    def prepared(self, images: ImageSet) -> tuple[Tensor, Tensor]:
        """Any images of the network's size, as it takes them; as `train_images`."""
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
        """How its images are prepared."""
        return PER_PIXEL if self.source is None else cast(Normalization, self.source.normalization)

    @cached_property
    def mean(self) -> Tensor:
        """Per-pixel mean of the training images, or of those that an import says. C, H, W."""
        images = augment.as_tensors(self.dataset.train)[0]
        if self.source is not None and self.source.mean_of == THESE_IMAGES:
            images = torch.cat([images, augment.as_tensors(self.dataset.test)[0]])
        return augment.per_pixel_mean(images)


class PictureSubject(Subject):
    """A network that was trained here on a folder of pictures; see `centre_views`."""

    @cached_property
    def dataset(self) -> Dataset:
        return centre_views.dataset(self.experiment)

    @cached_property
    def mean(self) -> Tensor:
        return centre_views.mean(self.experiment)


def load(run_id: str) -> Subject:
    """The network of a run as it was last saved, or of a recording.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it has no weights.
        CheckpointError: they are damaged.
    """
    run = weights_on_disk.described(run_id)
    file = weights_on_disk.find(run)
    try:
        weights = safetensors.torch.load(file.path.read_bytes())
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(f"The weights {file.path} cannot be read ({error}).") from error
    spec, source = run.experiment.network_spec(), imported.of(run)
    # An import is tested on images of one size, whatever its network was made for.
    pictures = isinstance(spec, ImageNetSpec) and source is None
    kind = PictureSubject if pictures else Subject
    return kind(run.id, label(run), spec.family, spec.depth, run.experiment, weights, source)


def load_all(ids: Sequence[str]) -> tuple[Subject, ...]:
    """Several networks, each with a label of its own.

    Raises:
        RunNotFound, WrongState, CheckpointError: as `load`.
    """
    loaded = [load(run_id) for run_id in ids]
    labels = [subject.label for subject in loaded]
    return tuple(
        replace(subject, label=f"{subject.label} · {subject.id}")
        if labels.count(subject.label) > 1
        else subject
        for subject in loaded
    )


def label(run: RunRecord) -> str:
    """For example "resnet-20 · seed 0", or "resnet-20 · imported"."""
    if run.imported:
        return run.title if run.title.endswith("imported") else f"{run.title} · imported"
    seed = f"seed {run.experiment.seed}"
    return run.title if run.title.endswith(seed) else f"{run.title} · {seed}"


@lru_cache(maxsize=4)
def _dataset(selection: Selection) -> Dataset:
    """Shared by the subjects that were trained on the same images."""
    return catalog.load(selection)
