"""A network with the weights of a file, whose names are translated into ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
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


def renamed(names: Iterable[str], path: Path) -> dict[str, str]:
    """Our name of each tensor, by the file's name of it; those without use are left out.

    Raises:
        CheckpointError: two of them would have the same name.
    """
    given = list(names)
    prefix = common_prefix(given)
    found = {name: _ours(name.removeprefix(prefix)) for name in given}
    found = {name: ours for name, ours in found.items() if not _AUXILIARY.fullmatch(ours)}
    name, times = max(Counter(found.values()).items(), key=lambda item: item[1], default=("", 0))
    if times > 1:
        raise CheckpointError("weights.two_names", path=path, name=name[:80])
    return found


def common_prefix(names: list[str]) -> str:
    """What a wrapper has put before every name, such as "module." or "module.model."."""
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
    """The file, its tensors by our names, and the networks that they may be of.

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
    """The network in evaluation mode, on the CPU; `tensors` have been recognised as its own."""
    with torch.device("meta"):
        model = architecture(spec)
    model.to_empty(device="cpu")
    state = dict(model.state_dict())
    for name, value in state.items():
        # Counters of batches are all that a file may lack; no output depends on them.
        state[name] = tensors.get(name, torch.zeros_like(value))
    model.load_state_dict(state)
    return model.eval()
