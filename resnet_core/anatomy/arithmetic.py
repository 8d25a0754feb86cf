"""Works out a network's anatomy from its description."""

from __future__ import annotations

from functools import lru_cache

from resnet_core.anatomy import googlenet, residual, vgg
from resnet_core.anatomy.facts import Anatomy
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec


@lru_cache(maxsize=64)
def describe(spec: Spec) -> Anatomy:
    """The anatomy of the network that `networks.catalog.build` makes from the same spec."""
    if isinstance(spec, ImageNetSpec) and spec.is_reference:
        return vgg.describe(spec) if spec.family == "vgg" else googlenet.describe(spec)
    return residual.describe(spec)
