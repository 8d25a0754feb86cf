"""Specs: what distinguishes networks. The loading code of exports imports `spec_of` from here."""

from resnet_core.specs.names import Spec, spec_of

__all__ = ["Spec", "spec_of"]
