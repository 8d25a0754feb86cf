"""Files of small networks from elsewhere, and networks that are on record as imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from resnet_core.networks.catalog import build
from resnet_core.runs.record import RunRecord
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.names import Spec
from resnet_core.weights.answers import Answers
from resnet_core.weights.importing import ImportedNetwork, import_weights

SPEC = NetworkSpec(depth=8, width=4, classes=4)  # resnet-8, option A
ANSWERS = {
    "network": "cifar/resnet-8",
    "shortcut": "A",
    "option_a_padding": "end",
    "normalization": "imagenet",
}


def weights(spec: Spec = SPEC, seed: int = 3) -> dict[str, Tensor]:
    """As initialised, but with statistics, scales and shifts of BN as after a training."""
    model = build(spec, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.running_var, module.weight):
                    tensor.uniform_(0.5, 1.5, generator=generator)
                for tensor in (module.running_mean, module.bias):
                    tensor.uniform_(-0.3, 0.3, generator=generator)
    return dict(model.state_dict())


def saved(path: Path, state: dict[str, Tensor]) -> Path:
    """As training scripts do, with more in it than the weights."""
    torch.save({"state_dict": state, "best_prec1": 91.7}, path)
    return path


def imported(folder: Path, data: Path, name: str = "", **answers: Any) -> ImportedNetwork:
    """A small network, imported into the home folder as the answers say."""
    path = saved(folder / "net.th", weights())
    return import_weights(path, str(data), Answers(**{**ANSWERS, **answers}), name=name)


def imported_run(folder: Path, data: Path, **answers: Any) -> RunRecord:
    return imported(folder, data, **answers).run
