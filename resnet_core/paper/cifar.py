"""Values that the paper prints for CIFAR-10 (section 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Table 6: test error of residual networks, percent, of the best run where there were several.
TEST_ERROR: Mapping[int, float] = MappingProxyType(
    {20: 8.75, 32: 7.51, 44: 7.17, 56: 6.97, 110: 6.43, 1202: 7.93}
)
ITERATIONS = 64_000
BATCH_SIZE = 128
WIDTH = 16
IMAGE_SIZE = 32
TEST_IMAGES = 10_000
