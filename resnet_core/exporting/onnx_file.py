"""A run's network as an ONNX file, in evaluation mode; needs torch and the extra's packages."""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from resnet_core.errors import PlaygroundError
from resnet_core.exporting import formats
from resnet_core.exporting.hub import model_config
from resnet_core.exporting.trained import MEAN_FILE, load_trained, preparation_of
from resnet_core.specs.names import Spec
from resnet_core.weights import loading

FILE = "model.onnx"
TOLERANCE = 1e-4  # of scores, relative to the largest where that is above 1
_IMAGES = 2  # exported with two and checked with three: any number must do


def write(run_id: str, folder: Path) -> None:
    """Write `model.onnx`, which takes prepared images (float32, B, C, H, W) and gives scores,
    and beside it `config.json` and, where there is a copy of the images, their mean.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it has no weights.
        CheckpointError: they cannot be read.
        MissingExtra: packages are not installed.
        PlaygroundError: the file does not compute what the network does.
        OSError: the folder cannot be written to.
    """
    formats.require("onnx")
    subject = load_trained(run_id)
    weights = safetensors.torch.load(subject.weights.path.read_bytes())
    network = loading.network(subject.spec, weights)
    convert(network, subject.spec, folder / FILE)
    prepared = preparation_of(subject.run)
    if prepared is not None:
        (folder / MEAN_FILE).write_bytes(prepared.to_bytes())
    described = model_config(subject, prepared, subject.weights.sha256)
    described["weights"]["file"] = FILE
    described["weights"]["sha256_of"] = "model.safetensors, from which it was converted"
    text = json.dumps(described, indent=2, ensure_ascii=False)
    (folder / "config.json").write_text(text, encoding="utf-8")


def convert(network: nn.Module, spec: Spec, path: Path) -> float:
    """Write the network and compare the file with it; gives the largest relative difference.

    Raises:
        PlaygroundError: that is more than `TOLERANCE`.
    """
    network.eval()
    draw = torch.Generator().manual_seed(0)
    shape = (_IMAGES, spec.channels, spec.image_size, spec.image_size)
    images = torch.randn(shape, generator=draw)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own parts, about each other
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program: Any = torch.onnx.export(
            network,
            (images,),
            dynamo=True,
            input_names=["images"],
            output_names=["scores"],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
            verbose=False,
        )
    program.save(path)
    found = difference(network, path, torch.cat([images, -images[:1]]))
    if found > TOLERANCE:
        raise PlaygroundError("export.onnx_differs", difference=f"{found:.1e}")
    return found


def difference(network: nn.Module, path: Path, images: Tensor) -> float:
    """The largest difference between the network's scores and the file's, relative to the
    largest score where that is above 1."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (theirs,) = session.run(["scores"], {"images": images.numpy()})
    with torch.inference_mode():
        ours = network(images).numpy()
    return float(np.abs(theirs - ours).max() / max(1.0, np.abs(ours).max()))
