"""An import: the network of a file tested, measured and kept beside the runs."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from resnet_core.data import augment, catalog
from resnet_core.data.dataset import Dataset, class_order
from resnet_core.data.selection import Selection
from resnet_core.errors import CheckpointError
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import imported, staging, store
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.imported import Imported
from resnet_core.runs.record import RunRecord
from resnet_core.specs.names import Spec, is_imagenet
from resnet_core.system import disk
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Measurement, Started
from resnet_core.telemetry.probes import Probes
from resnet_core.training import device
from resnet_core.training.checkpoint.files import weights_sha256
from resnet_core.training.device import Execution
from resnet_core.training.step.backpropagation import Backpropagation
from resnet_core.weights import images as test_images
from resnet_core.weights import loading
from resnet_core.weights.evaluation import Asked, Evaluated, Progress, evaluate
from resnet_core.weights.images import normalized

# What a file's shapes, or their owner, say of a network of either kind.
_OF_BLOCKS = ("shortcut", "option_a_padding", "activation")
_OF_CIFAR = ("block", "layers_per_block", "width", "batch_norm")


@dataclass(frozen=True)
class Kept:
    """What came of an import."""

    run: RunRecord
    source: Imported
    evaluated: Evaluated


def bring_in(
    path: Path,
    data: str,
    asked: Asked,
    *,
    name: str = "",
    image_size: int | None = None,
    file_name: str = "",
    on_progress: Progress = lambda done, total: None,
) -> Kept:
    """Read, recognise, test and keep the network of a file; all or nothing is kept.

    Args:
        data: what it is tested on, and what laboratories will show it.
        name: what people call it; by default its network.
        file_name: the file's own, where `path` is only where it waits.

    Raises:
        CheckpointError: the file cannot be used.
        DataError: nor can the images, or they do not fit the network.
        InvalidSetting: what was asked contradicts the file.
        OpenQuestions: something has yet to be asked.
        PlaygroundError: nothing could be written.
    """
    Experiment.create(name=name)  # refused before minutes are spent on the rest
    found = evaluate(path, data, asked, image_size, on_progress=on_progress)
    spec = found.way.spec
    dataset = catalog.load(Selection(data, image_size))
    for part in (dataset.train, dataset.test):
        labelled = test_images.Images(dataset.name, part, found.images.mean, "")
        test_images.check_fit(labelled, spec.channels, spec.classes)
    experiment = described(spec, dataset, catalog.canonical(data), image_size)
    source = Imported(
        file=file_name or path.name,
        sha256=found.file.sha256,
        form=found.file.form,
        normalization=found.way.normalization,
        mean_of=found.images.mean_of if found.way.normalization == "per-pixel" else "",
        classes=spec.classes,
        images=found.n,
        warning=found.warning.dumps() if found.warning else "",
    )
    run = _keep(experiment.changed(name=name), source, found, dataset)
    return Kept(run, source, found)


def described(spec: Spec, dataset: Dataset, data: str, image_size: int | None) -> Experiment:
    """The network, the data and the image size; what an import says nothing of has defaults.

    Raises:
        InvalidSetting: no experiment can have such a network.
    """
    settings: dict[str, Any] = {field: getattr(spec, field) for field in _settings(spec)}
    usual: int = Experiment.model_fields["batch_size"].default
    return Experiment.create(
        network=spec.name,
        **settings,
        data=data,
        # An ImageNet network's experiment has a size of its own where it says none.
        image_size=dataset.image_size if is_imagenet(spec.name) else image_size,
        batch_size=max(2, min(usual, len(dataset.train))),
    )


def _settings(spec: Spec) -> tuple[str, ...]:
    """The settings that an experiment with such a network has."""
    if not is_imagenet(spec.name):
        return (*_OF_BLOCKS, *_OF_CIFAR)
    if not spec.stage_blocks:  # VGG and GoogLeNet are as torchvision has them
        return ()
    return (*_OF_BLOCKS, "stride_in") if spec.block == "bottleneck" else _OF_BLOCKS


def _keep(
    experiment: Experiment, source: Imported, found: Evaluated, dataset: Dataset
) -> RunRecord:
    execution = device.choose("auto", "fp32")
    model = loading.network(found.way.spec, found.tensors)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    probes = Probes(model)
    seen = look(model.to(execution.device), *_batch(found, dataset, execution.device))
    started = Started(
        iteration=0,
        layers=probes.layers,
        blocks=probes.blocks,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        data=dataset.name,
        train_images=len(dataset.train),
        test_images=len(dataset.test),
        device=str(execution.device),
        precision=execution.precision,
        backend="eager",
        threads=execution.threads,
    )
    now = time.time()
    with staging.staged() as folder:
        run = RunRecord(
            id=folder.name,
            experiment=experiment,
            state="imported",
            created=now,
            ended=now,
            test_error=found.error,
            weights_sha256=weights_sha256(weights),
            data_title=found.images.title,
            parameters=started.parameters,
            device=started.device,
            precision=started.precision,
            threads=started.threads,
            hardware=execution.hardware,
        )
        with disk.full_disk_explained(folder):
            _write(RunFolder(folder), source, weights, started, seen)
        store.of_home().adopt(run, folder)
    return run


def _batch(found: Evaluated, dataset: Dataset, target: torch.device) -> tuple[Tensor, Tensor]:
    """Training images, as many of each class, as the network takes them."""
    order = class_order(dataset.train.labels, equal=True)
    chosen = dataset.train.take(order[: batch_size(dataset.image_size)])
    pixels, labels = augment.as_tensors(chosen, target)
    mean = found.images.mean.to(target)
    return normalized(pixels, found.way.normalization, mean), labels


def _write(
    folder: RunFolder,
    source: Imported,
    weights: Mapping[str, Tensor],
    started: Started,
    seen: Measurement,
) -> None:
    disk.write_synced(folder.weights, safetensors.torch.save(dict(weights)))
    imported.write(folder.path, source)
    with stream.StreamWriter(folder.stream, started) as writer:
        writer.append(seen)
    stream.compact(folder.stream, folder.compacted)
    folder.stream.unlink()


_CPU = torch.device("cpu")
MOST_IMAGES, _MOST_PIXELS = 128, 2**19  # of the mini-batch; 128 is the paper's (section 4.2)


def batch_size(image_size: int) -> int:
    """The paper's, or as many large images as a small machine's memory has room for."""
    return max(2, min(MOST_IMAGES, _MOST_PIXELS // image_size**2))


def look(model: nn.Module, images: Tensor, labels: Tensor) -> Measurement:
    """Responses and gradients in training mode on one mini-batch, as at a run's iteration 0.

    No update is made; BN's statistics move, so the model is not to be used afterwards.

    Args:
        images: float32, B, C, H, W, prepared for the network, without augmentation.
        labels: int64, B.

    Raises:
        CheckpointError: the network's answers are not finite numbers.
    """
    backpropagation = Backpropagation(model, Probes(model.train()), Execution(_CPU, "fp32"))
    with torch.random.fork_rng():
        torch.manual_seed(0)  # VGG and GoogLeNet drop units
        passed = backpropagation(images, labels, record=True).fetch()
    if not math.isfinite(passed.loss):
        raise CheckpointError("weights.answers_not_finite")
    readings = passed.readings
    assert readings is not None
    return Measurement(
        iteration=0,
        epoch=0.0,
        seconds=0.0,
        loss=passed.loss,
        running_error=None,  # evaluated on its test images only; there is no training to follow
        train_error=None,
        test_error=None,
        learning_rate=0.0,
        images_per_second=0.0,
        response_std=readings.response_std,
        gradient_norm=readings.gradient_norm,
        branch_ratio=readings.branch_ratio,
        audit_error=None,
    )
