"""Random numbers that belong to one run and one purpose."""

from __future__ import annotations

import hashlib

import torch


def generator(seed: int, purpose: str) -> torch.Generator:
    """A generator on the CPU, for example for the "order" of the images.

    One for each purpose: what one of them draws never shifts another's numbers, and torch's
    global state, which any library may use, has no part in a run.
    """
    digest = hashlib.sha256(f"{seed}:{purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
