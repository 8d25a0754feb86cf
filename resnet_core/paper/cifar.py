"""Values for CIFAR-10 of the paper (section 4.2) and of public reproductions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Table 6: test error of residual networks, percent, of the best run where there were several.
TEST_ERROR: Mapping[int, float] = MappingProxyType(
    {20: 8.75, 32: 7.51, 44: 7.17, 56: 6.97, 110: 6.43, 1202: 7.93}
)
# The same by public re-runs of the recipe, percent, one value a project.
RERUNS: Mapping[int, tuple[float, ...]] = MappingProxyType(
    {
        20: (8.27, 8.29, 8.08),
        32: (7.37, 7.63, 6.97),
        44: (6.90, 7.14, 6.80),
        56: (6.61, 6.94, 6.43),
        110: (6.32, 6.73, 6.50),
    }
)
ITERATIONS = 64_000
BATCH_SIZE = 128
WIDTH = 16
IMAGE_SIZE = 32
