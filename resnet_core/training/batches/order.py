"""Which training images make up each mini-batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from resnet_core.training.randomness import generator


class Order:
    """Every image once a pass, in an order drawn anew for each pass.

    A pass that does not come out even is not cut short: the batch is filled from the next
    one. So no image is left out, and `iterations x batch / images` is exactly the number of
    epochs (64k of 128 are 163.8 of CIFAR-10's 50k images).
    """

    def __init__(self, images: int, batch: int, seed: int, device: torch.device) -> None:
        self._images, self._batch, self._device = images, batch, device
        self._generator = generator(seed, "order")
        self._begin_pass()

    def _begin_pass(self) -> None:
        """Draw on the CPU, so that every device trains on the images in the same order."""
        self._before = self._generator.get_state()
        order = torch.randperm(self._images, generator=self._generator)
        self._order = order.to(self._device)
        self._position = 0

    def next(self) -> Tensor:
        """Positions of the next mini-batch's images, int64, B, on the device."""
        parts, missing = [], self._batch
        while missing:
            if self._position == self._images:
                self._begin_pass()
            part = self._order[self._position : self._position + missing]
            self._position += len(part)
            missing -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def state(self) -> dict[str, Any]:
        """For `restore`: the generator as before this pass was drawn, and the place in it."""
        return {"generator": self._before.clone(), "position": self._position}

    def restore(self, state: dict[str, Any]) -> None:
        self._generator.set_state(state["generator"])
        self._begin_pass()
        self._position = state["position"]
