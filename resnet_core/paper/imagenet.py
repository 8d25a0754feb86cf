"""The paper's values for the ImageNet networks (section 3.3, Tables 1 to 3)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Table 1, its last line, and section 3.3 for VGG-19 and plain-34: multiply-adds an image, in 10^9.
BILLION_MULTIPLY_ADDS: Mapping[str, float] = MappingProxyType(
    {
        "plain-18": 1.8,
        "plain-34": 3.6,
        "resnet-18": 1.8,
        "resnet-34": 3.6,
        "resnet-50": 3.8,
        "resnet-101": 7.6,
        "resnet-152": 11.3,
        "vgg-19": 19.6,
    }
)
# Section 3.3: plain-34 as a share of VGG-19's multiply-adds.
PLAIN_OF_VGG = 0.18
# Table 2: 10-crop error of the first choice on the validation images, percent; option A.
ERROR: Mapping[str, float] = MappingProxyType(
    {"plain-18": 27.94, "plain-34": 28.54, "resnet-18": 27.88, "resnet-34": 25.03}
)
# Table 3: the same for ResNet-34 by shortcut option, and for the deeper ones, which have option B.
ERROR_BY_OPTION: Mapping[tuple[str, str], float] = MappingProxyType(
    {
        ("resnet-34", "A"): 25.03,
        ("resnet-34", "B"): 24.52,
        ("resnet-34", "C"): 24.19,
        ("resnet-50", "B"): 22.85,
        ("resnet-101", "B"): 21.75,
        ("resnet-152", "B"): 21.43,
    }
)
