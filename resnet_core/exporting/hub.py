"""A model folder as hubs want it: config.json, model.safetensors, README.md. No torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from resnet_core.exporting.model_card import check_license, model_card
from resnet_core.exporting.trained import (
    MEAN_FILE,
    Preparation,
    Trained,
    load_trained,
    preparation_of,
    torchvision_call,
)
from resnet_core.specs.names import Spec, settings_of
from resnet_core.system.disk import file_checksum

FORMAT = "residual-playground/1"
_ALIGNMENT = 8  # readers map tensors into memory at multiples of this


def write(run_id: str, folder: Path, license: str | None = None) -> None:
    """Write the run's newest weights, their configuration and their model card into this folder.

    `preprocessing.safetensors`, the mean that is subtracted from an image, is there where a copy
    of the images is.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it has no weights.
        CheckpointError: they cannot be read.
        InvalidSetting: the licence is not an identifier.
        OSError: the folder cannot be written to.
    """
    if license is not None:
        check_license(license)
    subject = load_trained(run_id)
    metadata = {
        "format": "pt",  # what libraries look for before they load
        "residual-playground": json.dumps(network_config(subject.spec)),
    }
    # Before anything that takes long: a run that goes on may discard this checkpoint.
    sha256 = copy_weights(subject.weights.path, folder / "model.safetensors", metadata)
    prepared = write_config(folder, subject, {"file": "model.safetensors", "sha256": sha256})
    card = model_card(subject, prepared, sha256, license)
    (folder / "README.md").write_text(card, encoding="utf-8")


def network_config(spec: Spec) -> dict[str, Any]:
    """Return the arguments from which `specs.spec_of` makes the same spec."""
    decided = settings_of(spec.name)
    return {"name": spec.name, **{k: v for k, v in asdict(spec).items() if k in decided}}


def write_config(folder: Path, trained: Trained, weights: Mapping[str, str]) -> Preparation | None:
    """Write `config.json` and, where there is a copy of the images, their mean.

    Args:
        weights: the entries on the file of weights, its name and SHA-256 among them.

    Returns:
        The preparation of the images; None where there is no copy of them.
    """
    prepared = preparation_of(trained.run)
    if prepared is not None:
        (folder / MEAN_FILE).write_bytes(prepared.to_bytes())
    config = json.dumps(_config(trained, prepared, weights), indent=2, ensure_ascii=False)
    (folder / "config.json").write_text(config, encoding="utf-8")
    return prepared


def _config(
    trained: Trained, prepared: Preparation | None, weights: Mapping[str, str]
) -> dict[str, Any]:
    run, spec = trained.run, trained.spec
    return {
        "format": FORMAT,
        "model_type": "residual-playground",
        "architectures": [spec.name.partition("/")[2]],
        "network": network_config(spec),
        "torchvision": torchvision_call(spec, trained.tensor_names),
        "parameters": trained.anatomy.parameters,
        "weights": {**weights, "iteration": trained.weights.iteration},
        "input": {
            "image_size": spec.image_size,
            "channels": spec.channels,
            "normalization": "per-pixel",
            "mean": MEAN_FILE if prepared else None,
            "formula": "(pixels - mean) / 255, pixels from 0 to 255, B, C, H, W",
        },
        "id2label": {str(n): name for n, name in enumerate(prepared.classes)} if prepared else None,
        "data": {
            "name": trained.data_name,
            "title": trained.data_title,
            "fingerprint": prepared.fingerprint if prepared else None,
            "train_images": trained.facts.train_images if trained.facts else None,
            "test_images": trained.test_images,
        },
        "errors": {
            "train": trained.errors.train,
            "train_images": trained.evaluated_train_images,
            "test": trained.errors.test,
            "test_images": trained.test_images,
        },
        "run": {
            "id": run.id,
            "state": run.state,
            "seconds": run.seconds,
            "hardware": run.hardware,
            "device": run.device,
            "precision": run.precision,
            "software": run.software,
        },
        "experiment": run.experiment.model_dump() | {"data": trained.data_name},
    }


def copy_weights(source: Path, target: Path, metadata: Mapping[str, str]) -> str:
    """Copy the file with this metadata in its header; return the SHA-256 of the new file.

    Raises:
        OSError: one of the two cannot be read or written.
    """
    with source.open("rb") as old, target.open("wb") as new:
        length = int.from_bytes(old.read(8), "little")
        header = json.loads(old.read(length))
        text = json.dumps({**header, "__metadata__": dict(metadata)}, separators=(",", ":"))
        encoded = text.encode()
        encoded += b" " * (-len(encoded) % _ALIGNMENT)
        new.write(len(encoded).to_bytes(8, "little") + encoded)
        shutil.copyfileobj(old, new, 2**20)
    return file_checksum(target)
