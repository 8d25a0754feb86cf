"""A network with the weights of a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from resnet_core.errors import CheckpointError
from resnet_core.networks.catalog import architecture
from resnet_core.specs.names import Spec
from resnet_core.weights.naming import renamed
from resnet_core.weights.reading import WeightsFile, read
from resnet_core.weights.recognition import Recognition, recognise


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
