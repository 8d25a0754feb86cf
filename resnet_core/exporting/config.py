"""`config.json` of a model folder: the network, so that it can be built again, and its origin."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from resnet_core.exporting import preparation, torchvision_names
from resnet_core.exporting.preparation import Preparation
from resnet_core.exporting.trained import Trained
from resnet_core.specs.names import Spec

FORMAT = "residual-playground/1"
# Said by the name already.
_IN_THE_NAME = {"architecture", "family", "depth"}


def network(spec: Spec) -> dict[str, Any]:
    """What `specs.spec_of(**...)` makes the same description from."""
    settings = {k: v for k, v in asdict(spec).items() if k not in _IN_THE_NAME}
    return {"name": spec.name, **settings}


def config(trained: Trained, prepared: Preparation | None, sha256: str) -> dict[str, Any]:
    """All of it, ready for JSON.

    Args:
        sha256: of the file of weights beside it.
    """
    run, spec = trained.run, trained.spec
    return {
        "format": FORMAT,
        "model_type": "residual-playground",
        "architectures": [spec.name.partition("/")[2]],
        "network": network(spec),
        "torchvision": torchvision_names.call(spec, trained.tensor_names),
        "parameters": trained.anatomy.parameters,
        "weights": {
            "file": "model.safetensors",
            "sha256": sha256,
            "iteration": trained.weights.iteration,
        },
        "input": {
            "image_size": spec.image_size,
            "channels": spec.channels,
            "normalization": "per-pixel",
            "mean": preparation.FILE if prepared else None,
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
