"""Specs: what distinguishes one network from another, without torch."""

from resnet_core.specs.names import Spec, spec_of

__all__ = ["Spec", "spec_of"]
