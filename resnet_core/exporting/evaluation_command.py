"""The command that measures an exported network's test error again."""

from __future__ import annotations

import shlex
from pathlib import Path

from resnet_core.data.own import arrays
from resnet_core.exporting.trained import Trained
from resnet_core.specs.names import Spec, is_imagenet


def arguments(trained: Trained, weights: str = "model.safetensors") -> list[str]:
    """After `python -m resnet_core`.

    Data that are a path are named by its last part, to be called where they lie.
    """
    e, spec = trained.run.experiment, trained.spec
    said = ["evaluate", "--weights", weights, *_network(spec), "--normalization", "per-pixel"]
    said += ["--data", trained.data_name]
    for field in ("image_size", "train_images", "test_images"):
        value = getattr(e, field)
        if value is not None:
            said += [f"--{field.replace('_', '-')}", str(value)]
    if is_imagenet(e.network):
        said += ["--views", "single"]
    if e.validation:
        said.append("--validation")
    if arrays.is_arrays(Path(trained.data_name)):
        said += ["--split", "test"]
    if trained.run.precision not in {"", "fp32"}:
        said += ["--precision", trained.run.precision]
    return said


def line(trained: Trained) -> str:
    """The command as it is typed into a shell."""
    return shlex.join(["python", "-m", "resnet_core", *arguments(trained)])


def _network(spec: Spec) -> list[str]:
    said = ["--network", spec.name]
    if spec.has_shortcuts:
        said += ["--shortcut", spec.shortcut]
        if spec.shortcut == "A":
            said += ["--option-a-padding", spec.option_a_padding]
    if spec.block == "bottleneck" and is_imagenet(spec.name):
        said += ["--stride-in", spec.stride_in]
    if spec.activation != "relu":
        said += ["--activation", spec.activation]
    return said
