"""A network with the weights of a file, whose names are translated into ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from resnet_core.errors import CheckpointError
from resnet_core.networks.catalog import architecture
from resnet_core.specs.names import Spec
from resnet_core.weights.reading import WeightsFile, read
from resnet_core.weights.recognition import Recognition, recognise

_CLASSIFIER = re.compile(r"(linear|classifier)\.(weight|bias)")
_PROJECTION = re.compile(r"(layer\d+\.\d+)\.shortcut\.(\d+\..+)")
# torchvision's GoogLeNet has two more classifiers, for training only.
_AUXILIARY = re.compile(r"aux[12]\..+")


def renamed(names: Collection[str], path: Path) -> dict[str, str]:
    """Return our name of each tensor, by the file's name of it; the useless are left out.

    Public re-implementations of the CIFAR networks differ in three things only: a prefix that a
    wrapper has put before every name ("module."), the classifier's name (linear) and that of the
    projections (shortcut).

    Raises:
        CheckpointError: two of them would have the same name.
    """
    prefix = common_prefix(names)
    ours = {name: _ours(name.removeprefix(prefix)) for name in names}
    ours = {name: own for name, own in ours.items() if not _AUXILIARY.fullmatch(own)}
    name, times = max(Counter(ours.values()).items(), key=lambda item: item[1], default=("", 0))
    if times > 1:
        raise CheckpointError("weights.two_names", path=path, name=name[:80])
    return ours


def common_prefix(names: Collection[str]) -> str:
    """Return the prefix of every name, such as "module." or "module.model."."""
    prefix = ""
    while names and all("." in name[len(prefix) :] for name in names):
        firsts = {name[len(prefix) :].partition(".")[0] for name in names}
        if len(firsts) > 1:
            break
        prefix += f"{firsts.pop()}."
    return prefix


def _ours(name: str) -> str:
    classifier, projection = _CLASSIFIER.fullmatch(name), _PROJECTION.fullmatch(name)
    if classifier:
        return f"fc.{classifier[2]}"
    return f"{projection[1]}.downsample.{projection[2]}" if projection else name


def load(path: Path) -> tuple[WeightsFile, dict[str, Tensor], Recognition]:
    """Return the file, its tensors by our names, and the networks that they may be of.

    Raises:
        CheckpointError: the file cannot be used; says why.
    """
    file = read(path)
    names = renamed(file.tensors, path)
    tensors = {ours: file.tensors[name] for name, ours in names.items()}
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        if name.endswith("running_var") and (tensor < 0).any():
            raise CheckpointError("weights.variances", path=path, name=name[:80])
    return file, tensors, recognise(shapes)


def network(spec: Spec, tensors: Mapping[str, Tensor]) -> nn.Module:
    """Return the network in evaluation mode, on the CPU; `tensors` are recognised as its own."""
    with torch.device("meta"):
        model = architecture(spec)
    model.to_empty(device="cpu")
    state = dict(model.state_dict())
    for name, value in state.items():
        # Counters of batches are all that a file may lack; no output depends on them.
        state[name] = tensors.get(name, torch.zeros_like(value))
    model.load_state_dict(state)
    return model.eval()
