"""An import: the network of a file, tested, measured and stored beside the runs."""

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
from resnet_core.data.dataset import Dataset, Selection, class_order
from resnet_core.errors import CheckpointError
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.network_settings import NetworkSettings, lacking
from resnet_core.runs import imported, store
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.imported import Imported
from resnet_core.runs.record import RunRecord
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec, is_imagenet, settings_of
from resnet_core.system import disk
from resnet_core.telemetry import stream
from resnet_core.telemetry.events import Measurement, Started
from resnet_core.telemetry.probes import Probes
from resnet_core.training import device
from resnet_core.training.checkpoint.files import weights_sha256
from resnet_core.training.device import Execution
from resnet_core.training.session import started
from resnet_core.training.step.backpropagation import Backpropagation
from resnet_core.weights import images as test_images
from resnet_core.weights import loading
from resnet_core.weights.answers import Answers
from resnet_core.weights.evaluation import EvaluatedFile, Progress, evaluate
from resnet_core.weights.normalization import PER_PIXEL, normalized

_CPU = torch.device("cpu")
_MOST_IMAGES, _MOST_PIXELS = 128, 2**19  # of the mini-batch; 128 is the paper's (section 4.2)


@dataclass(frozen=True)
class ImportedNetwork:
    """The record of an import, and the evaluation that it rests on."""

    run: RunRecord
    source: Imported
    evaluated: EvaluatedFile


def import_weights(
    path: Path,
    data: str,
    answers: Answers,
    *,
    name: str = "",
    image_size: int | None = None,
    file_name: str = "",
    on_progress: Progress = lambda tested, total: None,
) -> ImportedNetwork:
    """Read, recognise, test and store the network of a file; all or nothing is stored.

    Args:
        data: what it is tested on, and what laboratories will show it.
        name: what people call it; by default its network.
        file_name: the file's own, where `path` is a temporary copy.

    Raises:
        CheckpointError: the file cannot be used.
        DataError: nor can the images, or they do not fit the network.
        InvalidSetting: an answer contradicts the file.
        OpenQuestions: an answer is missing.
        PlaygroundError: nothing could be written.
    """
    Experiment.create(name=name)  # refused before minutes are spent on the rest
    evaluated = evaluate(path, data, answers, image_size, on_progress=on_progress)
    spec, normalization = evaluated.interpretation.spec, evaluated.interpretation.normalization
    dataset = catalog.load(Selection(data, image_size))
    for part in (dataset.train, dataset.test):
        labelled = test_images.Images(dataset.name, part, evaluated.images.mean, "")
        test_images.check_fit(labelled, spec.channels, spec.classes)
    experiment = described(spec, dataset, catalog.canonical(data), image_size)
    source = Imported(
        file=file_name or path.name,
        sha256=evaluated.file.sha256,
        form=evaluated.file.form,
        normalization=normalization,
        mean_of=evaluated.images.mean_of if normalization == PER_PIXEL else "",
        classes=spec.classes,
        images=evaluated.n,
        warning=evaluated.warning.dumps() if evaluated.warning else "",
    )
    run = _store(experiment.changed(name=name), source, evaluated, dataset)
    return ImportedNetwork(run, source, evaluated)


def described(spec: Spec, dataset: Dataset, data: str, image_size: int | None) -> Experiment:
    """Return the experiment of a network, its data and image size; the rest has defaults.

    Raises:
        InvalidSetting: no experiment can have such a network.
    """
    fields = settings_of(spec.name) & NetworkSettings.model_fields.keys()
    if isinstance(spec, ImageNetSpec):
        fields -= set(lacking(spec.family))
    settings: dict[str, Any] = {field: getattr(spec, field) for field in fields}
    default: int = Experiment.model_fields["batch_size"].default
    return Experiment.create(
        network=spec.name,
        **settings,
        data=data,
        # An ImageNet network's experiment has a size of its own where it says none.
        image_size=dataset.image_size if is_imagenet(spec.name) else image_size,
        batch_size=max(2, min(default, len(dataset.train))),
    )


def _store(
    experiment: Experiment, source: Imported, evaluated: EvaluatedFile, dataset: Dataset
) -> RunRecord:
    execution = device.choose("auto", "fp32")
    model = loading.network(evaluated.interpretation.spec, evaluated.tensors)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    probes = Probes(model)
    measurement = measure(model.to(execution.device), *_batch(evaluated, dataset, execution.device))
    start = started(probes, dataset, execution, "eager")
    now = time.time()
    with imported.staged() as folder:
        run = RunRecord(
            id=folder.name,
            experiment=experiment,
            state="imported",
            created=now,
            ended=now,
            test_error=evaluated.error,
            weights_sha256=weights_sha256(weights),
            data_title=evaluated.images.title,
            parameters=start.parameters,
            device=start.device,
            precision=start.precision,
            threads=start.threads,
            hardware=execution.hardware,
        )
        with disk.full_disk_explained(folder):
            _write(RunFolder(folder), source, weights, start, measurement)
        store.of_home().adopt(run, folder)
    return run


def _batch(
    evaluated: EvaluatedFile, dataset: Dataset, target: torch.device
) -> tuple[Tensor, Tensor]:
    """Return training images, as many of each class, as the network takes them."""
    # 128, or as many large images as a small machine's memory has room for.
    size = max(2, min(_MOST_IMAGES, _MOST_PIXELS // dataset.image_size**2))
    batch = dataset.train.take(class_order(dataset.train.labels, equal=True)[:size])
    pixels, labels = augment.as_tensors(batch, target)
    mean = evaluated.images.mean.to(target)
    return normalized(pixels, evaluated.interpretation.normalization, mean), labels


def _write(
    folder: RunFolder,
    source: Imported,
    weights: Mapping[str, Tensor],
    start: Started,
    measurement: Measurement,
) -> None:
    disk.write_synced(folder.weights, safetensors.torch.save(dict(weights)))
    imported.write(folder.path, source)
    with stream.StreamWriter(folder.stream, start) as writer:
        writer.append(measurement)
    stream.compact(folder.stream, folder.compacted)
    folder.stream.unlink()


def measure(model: nn.Module, images: Tensor, labels: Tensor) -> Measurement:
    """Measure responses and gradients in training mode on one mini-batch, as at iteration 0.

    No update is made; BN's statistics move, so the model is not to be used afterwards.

    Args:
        images: float32, B, C, H, W, prepared for the network, without augmentation.
        labels: int64, B.

    Raises:
        CheckpointError: the network's logits are not finite numbers.
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
        **vars(readings),
    )
