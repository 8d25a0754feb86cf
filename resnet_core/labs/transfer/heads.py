"""Small heads on a network's stages: a class for every pixel, or one box.

The last layer of the backbone, its classifier, is left out. A head sees what leaves each
of the three stages, as fully convolutional networks do (Long et al. 2015).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.networks.resnet import CifarPreActivationNet

_WIDTH = 32  # channels in which the stages meet


class Backbone(nn.Module):
    """A network of section 4.2 up to its pooling: images -> what leaves each stage."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> list[Tensor]:  # B, C, H, W -> B, C_s, H_s, W_s each
        net = self.network
        x = net.get_submodule("conv1")(x)
        preactivated = isinstance(net, CifarPreActivationNet)
        if not preactivated:
            x = net.get_submodule("activation")(net.get_submodule("bn1")(x))
        stages = []
        for name in ("layer1", "layer2", "layer3"):
            x = net.get_submodule(name)(x)
            stages.append(x)
        if preactivated:
            stages[-1] = net.get_submodule("activation")(net.get_submodule("bn")(x))
        return stages

    def trained(self) -> list[nn.Parameter]:
        """All parameters but those of the classifier, which is not used."""
        return [p for name, p in self.network.named_parameters() if not name.startswith("fc.")]


class Meeting(nn.Module):
    """Brings the stages to one size and one number of channels, and adds them up.

    BN makes up for stages whose responses differ in size; 1x1 convolutions for their widths.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(count, affine=False) for count in channels)
        self.maps = nn.ModuleList(nn.Conv2d(count, _WIDTH, 1) for count in channels)

    def forward(self, stages: Sequence[Tensor], size: int) -> Tensor:  # -> B, _WIDTH, size, size
        total = torch.zeros((), device=stages[0].device)
        for norm, into, x in zip(self.norms, self.maps, stages, strict=True):
            total = total + _sized(into(norm(x)), size)
        return functional.relu(total)


class MaskHead(nn.Module):
    """A score of every class for every pixel."""

    def __init__(self, channels: Sequence[int], classes: int) -> None:
        super().__init__()
        self.meeting = Meeting(channels)
        self.last = nn.Conv2d(_WIDTH, classes, 3, padding=1)

    def forward(self, stages: Sequence[Tensor]) -> Tensor:  # -> B, classes, H, W
        return self.last(self.meeting(stages, stages[0].shape[-1]))


class BoxHead(nn.Module):
    """One box: each place proposes its own and how much it is to be believed.

    box = sum_p softmax(a)_p (p - d_p, p + d_p), with the belief a and the four distances d
    from one convolution, at the resolution of the second stage.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.meeting = Meeting(channels)
        self.last = nn.Conv2d(_WIDTH, 5, 3, padding=1)

    def forward(self, stages: Sequence[Tensor]) -> Tensor:  # -> B, 4: x0, y0, x1, y1, pixels
        size, cells = stages[0].shape[-1], stages[1].shape[-1]
        proposed = self.last(self.meeting(stages, cells))
        belief = proposed[:, 0].flatten(1).softmax(dim=1)  # B, P
        step = size / cells
        places = (torch.arange(cells, device=belief.device) + 0.5) * step
        y, x = torch.meshgrid(places, places, indexing="ij")
        centre = torch.stack([x, y, x, y]).flatten(1)  # 4, P
        signs = torch.tensor([-1.0, -1.0, 1.0, 1.0], device=belief.device)[:, None]
        distance = step * functional.softplus(proposed[:, 1:].flatten(2))  # B, 4, P
        return ((centre + signs * distance) * belief[:, None]).sum(dim=2)


def start(head: nn.Module, generator: torch.Generator) -> None:
    """He et al. 2015 for its convolutions, from the generator."""
    for module in head.modules():
        if isinstance(module, nn.Conv2d):
            fan_in = module.weight[0].numel()
            with torch.no_grad():
                module.weight.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
            nn.init.zeros_(module.get_parameter("bias"))


def mask_loss(scores: Tensor, true: Tensor) -> Tensor:
    """Cross-entropy over all pixels. B, classes, H, W and int64 B, H, W."""
    return functional.cross_entropy(scores, true)


def box_loss(boxes: Tensor, true: Tensor) -> Tensor:
    """1 - IoU, and by how much the edges are off, as a share of the scene. B, 4 each."""
    common = _area(torch.maximum(boxes, true)[:, :2], torch.minimum(boxes, true)[:, 2:])
    either = _area(boxes[:, :2], boxes[:, 2:]) + _area(true[:, :2], true[:, 2:]) - common
    off = functional.smooth_l1_loss(boxes, true) / 4
    return (1 - common / either.clamp_min(1e-6)).mean() + off


def _area(corner: Tensor, opposite: Tensor) -> Tensor:
    return (opposite - corner).clamp_min(0).prod(dim=1)


def _sized(x: Tensor, size: int) -> Tensor:
    if x.shape[-1] == size:
        return x
    return functional.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)
