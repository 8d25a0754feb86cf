"""A network with the weights of a file, whose names are translated into ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from resnet_core.errors import CheckpointError
from resnet_core.networks.catalog import architecture
from resnet_core.specs.names import Spec
from resnet_core.weights.reading import WeightsFile, read
from resnet_core.weights.renaming import Translation, translate


def load(path: Path) -> tuple[WeightsFile, Translation]:
    """Return the file, and its tensors by our names with the networks that they may be of.

    Raises:
        CheckpointError: the file cannot be used; says why.
    """
    file = read(path)
    translation = translate(file)
    for name, tensor in translation.tensors.items():
        if name.endswith("running_var") and (tensor < 0).any():
            raise CheckpointError("weights.variances", path=path, name=name[:80])
    return file, translation


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
