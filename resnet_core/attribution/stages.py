"""The stages of a network: its outputs at each size of feature map."""

from __future__ import annotations

from torch import nn

from resnet_core.errors import InvalidSetting

# torchvision's GoogLeNet: what goes into each pooling, and the last.
_GOOGLENET = ("conv3", "inception3b", "inception4e", "inception5b")


def names(model: nn.Module) -> list[str]:
    """The modules whose outputs end the stages, first to last: layer1, layer2, layer3, ..."""
    children = dict(model.named_children())
    found = [name for name in children if name.startswith("layer") and name[5:].isdecimal()]
    if found:
        return found
    if "features" in children:  # VGG: each ends with a pooling
        pools = children["features"].named_children()
        return [f"features.{name}" for name, layer in pools if isinstance(layer, nn.MaxPool2d)]
    return [name for name in _GOOGLENET if name in children]


def name(model: nn.Module, stage: int) -> str:
    """The stage's module.

    Args:
        stage: from 1; 0: the last.

    Raises:
        InvalidSetting: the network has fewer stages.
    """
    found = names(model)
    if not 0 <= stage <= len(found):
        raise InvalidSetting("stage", "setting.stage", count=len(found))
    return found[stage - 1]
