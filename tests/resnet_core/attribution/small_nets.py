"""Networks of 8 layers and 4 filters on 8x8 pixels, with BN as after training."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from resnet_core.networks.catalog import build
from resnet_core.specs.names import spec_of

FAMILIES = ("plain", "resnet", "preresnet", "highway")


def network(family: str, seed: int = 0, **settings: Any) -> nn.Module:
    spec = spec_of(f"cifar/{family}-8", width=4, image_size=8, classes=5, **settings)
    return used(build(spec, seed), seed)


def used(model: nn.Module, seed: int = 0) -> nn.Module:
    """Give BN other scales, shifts and means than the initial ones."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.uniform_(-0.3, 0.3, generator=generator)
                module.running_mean.uniform_(-0.3, 0.3, generator=generator)
    return model.requires_grad_(False).eval()


def hook_count(model: nn.Module) -> int:
    """The number of hooks on the network's modules."""
    tables = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, table)) for module in model.modules() for table in tables)


def pictures(count: int = 2) -> Tensor:
    """N, 3, 8, 8."""
    return 0.4 * torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(3))
