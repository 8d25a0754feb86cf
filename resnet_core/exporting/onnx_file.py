"""A run's network as an ONNX file, in evaluation mode; needs torch and the extra's packages."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from resnet_core.errors import PlaygroundError
from resnet_core.exporting.hub import write_config
from resnet_core.exporting.trained import load_trained
from resnet_core.specs.names import Spec
from resnet_core.weights import loading

FILE = "model.onnx"
TOLERANCE = 1e-4  # of logits, relative to the largest where that is above 1
_IMAGES = 2  # exported with two and checked with three: any number must do


def write(run_id: str, folder: Path) -> None:
    """Write `model.onnx`, which takes prepared images (float32, B, C, H, W) and gives logits,
    and beside it `config.json` and, where there is a copy of the images, their mean.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it has no weights.
        CheckpointError: they cannot be read.
        PlaygroundError: the file does not compute what the network does.
        OSError: the folder cannot be written to.
    """
    subject = load_trained(run_id)
    weights = safetensors.torch.load(subject.weights.path.read_bytes())
    network = loading.network(subject.spec, weights)
    convert(network, subject.spec, folder / FILE)
    source = "model.safetensors, from which it was converted"
    weights_file = {"file": FILE, "sha256": subject.weights.sha256, "sha256_of": source}
    write_config(folder, subject, weights_file)


def convert(network: nn.Module, spec: Spec, path: Path) -> float:
    """Write the network and compare the file with it; return the largest relative difference.

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
    largest = difference(network, path, torch.cat([images, -images[:1]]))
    if largest > TOLERANCE:
        raise PlaygroundError("export.onnx_differs", difference=f"{largest:.1e}")
    return largest


def difference(network: nn.Module, path: Path, images: Tensor) -> float:
    """Return the largest difference between the network's logits and the file's, relative to the
    largest logit where that is above 1."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (output,) = session.run(["scores"], {"images": images.numpy()})
    with torch.inference_mode():
        expected = network(images).numpy()
    return float(np.abs(output - expected).max() / max(1.0, np.abs(expected).max()))
