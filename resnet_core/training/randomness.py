"""Random numbers that belong to one run and one purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def number(seed: int, purpose: str) -> int:
    """A seed of 63 bits, for example for the "order" of the images."""
    digest = hashlib.sha256(f"{seed}:{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def generator(seed: int, purpose: str) -> torch.Generator:
    """A generator on the CPU, for example for the "order" of the images.

    One for each purpose: what one of them draws never shifts another's numbers, and torch's
    global state, which any library may use, has no part in a run.
    """
    return torch.Generator().manual_seed(number(seed, purpose))


class Dropout:
    """The draws of a network's dropout layers, for which torch knows its global state only.

    That state is set for each update, from the seed and the update's iteration, and put back
    after it: a resumed run draws what it would have drawn, and nobody else notices.

    Attributes:
        needed: whether the network draws at all.
    """

    def __init__(self, model: nn.Module, seed: int, device: torch.device) -> None:
        self._seed = seed
        self._devices = [device] if device.type == "cuda" else []
        self.needed = any(isinstance(m, nn.Dropout) and m.p > 0 for m in model.modules())

    @contextmanager
    def of(self, iteration: int) -> Iterator[None]:
        """For the forward pass of this update."""
        if not self.needed:
            yield
            return
        with torch.random.fork_rng(self._devices):
            torch.manual_seed(number(self._seed, f"dropout {iteration}"))
            yield
