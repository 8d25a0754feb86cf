"""What a network's modules are and do, for comparison with the arithmetic."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from resnet_core.networks.catalog import architecture
from resnet_core.specs.names import Spec


class Observed:
    """A network on the meta device: what its modules are, and what one image makes them do."""

    def __init__(self, spec: Spec) -> None:
        with torch.device("meta"):
            self.model = architecture(spec).eval()
            image = torch.empty(1, spec.channels, spec.image_size, spec.image_size)
        self.outputs: dict[str, tuple[int, ...]] = {}
        for name, module in self.model.named_modules():
            module.register_forward_hook(self._keep_shape(name))
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            self.model(image)
        root = type(self.model).__name__
        self.multiply_adds = {
            name.removeprefix(f"{root}.") if name != "Global" else "": sum(flops.values()) // 2
            for name, flops in counter.get_flop_counts().items()
        }

    def _keep_shape(self, name):
        def keep(module, inputs, output):
            self.outputs[name] = tuple(output.shape[1:])

        return keep
