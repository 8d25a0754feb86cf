"""Heads on a network's stages, a class for every pixel or one box, and how they are trained.

The last layer of the backbone, its classifier, is left out. A head reads what leaves each of the
three stages, as fully convolutional networks do (Long et al. 2015)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.data import augment
from resnet_core.data.dataset import ImageSet
from resnet_core.data.shapes import CLASSES, LUMA
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.labs.transfer.question import How, Task
from resnet_core.labs.transfer.scenes import Scenes, Score, score_boxes, score_masks
from resnet_core.networks.catalog import CifarPreActivationNet
from resnet_core.networks.initialization import initialize

BATCH = 16
TARGET = CLASSES.index("star")  # the shape whose box is predicted
_HEAD_RATE = 0.01  # of Adam, at first; it falls to 0 along a cosine
_BACKBONE_RATE = 0.001
_CHUNK = 64  # scenes of one forward pass without training
_WIDTH = 32  # channels of the stages' sum


class Backbone(nn.Module):
    """A network of section 4.2 up to its pooling: images -> each stage's output."""

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

    def parameters_in_use(self) -> list[nn.Parameter]:
        """All parameters but the classifier's."""
        return [p for name, p in self.network.named_parameters() if not name.startswith("fc.")]


class StageSum(nn.Module):
    """The sum of the stages, brought to one size and one number of channels.

    BN equalises the scale of the stages, 1x1 convolutions their widths.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(count, affine=False) for count in channels)
        self.maps = nn.ModuleList(nn.Conv2d(count, _WIDTH, 1) for count in channels)

    def forward(self, stages: Sequence[Tensor], size: int) -> Tensor:  # -> B, _WIDTH, size, size
        total = torch.zeros((), device=stages[0].device)
        for norm, into, x in zip(self.norms, self.maps, stages, strict=True):
            total = total + _resized(into(norm(x)), size)
        return functional.relu(total)


class MaskHead(nn.Module):
    """A logit of every class for every pixel."""

    def __init__(self, channels: Sequence[int], classes: int) -> None:
        super().__init__()
        self.stages = StageSum(channels)
        self.last = nn.Conv2d(_WIDTH, classes, 3, padding=1)

    def forward(self, stages: Sequence[Tensor]) -> Tensor:  # -> B, classes, H, W
        return self.last(self.stages(stages, stages[0].shape[-1]))


class BoxHead(nn.Module):
    """One box, the weighted mean of the boxes that all places propose.

    box = sum_p softmax(a)_p (p - d_p, p + d_p), with the weight's logit a and the four distances
    d from one convolution, at the resolution of the second stage.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.stages = StageSum(channels)
        self.last = nn.Conv2d(_WIDTH, 5, 3, padding=1)

    def forward(self, stages: Sequence[Tensor]) -> Tensor:  # -> B, 4: x0, y0, x1, y1, pixels
        size, cells = stages[0].shape[-1], stages[1].shape[-1]
        proposed = self.last(self.stages(stages, cells))
        weight = proposed[:, 0].flatten(1).softmax(dim=1)  # B, P
        step = size / cells
        places = (torch.arange(cells, device=weight.device) + 0.5) * step
        y, x = torch.meshgrid(places, places, indexing="ij")
        centre = torch.stack([x, y, x, y]).flatten(1)  # 4, P
        signs = torch.tensor([-1.0, -1.0, 1.0, 1.0], device=weight.device)[:, None]
        distance = step * functional.softplus(proposed[:, 1:].flatten(2))  # B, 4, P
        return ((centre + signs * distance) * weight[:, None]).sum(dim=2)


def initialize_head(head: nn.Module, generator: torch.Generator) -> None:
    """He et al. 2015 for its convolutions, from the generator."""
    for module in head.modules():
        if isinstance(module, nn.Conv2d):
            fan_in = module.weight[0].numel()
            with torch.no_grad():
                module.weight.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
            nn.init.zeros_(module.get_parameter("bias"))


def mask_loss(outputs: Tensor, true: Tensor) -> Tensor:
    """Cross-entropy over all pixels. B, classes, H, W and int64 B, H, W."""
    return functional.cross_entropy(outputs, true)


def box_loss(boxes: Tensor, true: Tensor) -> Tensor:
    """1 - IoU, plus the edges' smooth L1 distance. B, 4 each."""
    common = _area(torch.maximum(boxes, true)[:, :2], torch.minimum(boxes, true)[:, 2:])
    either = _area(boxes[:, :2], boxes[:, 2:]) + _area(true[:, :2], true[:, 2:]) - common
    off = functional.smooth_l1_loss(boxes, true) / 4
    return (1 - common / either.clamp_min(1e-6)).mean() + off


def _area(corner: Tensor, opposite: Tensor) -> Tensor:
    return (opposite - corner).clamp_min(0).prod(dim=1)


def _resized(x: Tensor, size: int) -> Tensor:
    if x.shape[-1] == size:
        return x
    return functional.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)


@dataclass(frozen=True)
class TrainingData:
    """Scenes as a network takes them, and the targets.

    Attributes:
        inputs: float32, N, C, H, W.
        targets: int64 N, H, W of classes, or float32 N, 4 of boxes in pixels.
    """

    inputs: Tensor
    targets: Tensor


class Learner:
    """A head, its backbone and their training data.

    Args:
        how: the backbone frozen, tuned along with the head, or trained from scratch. A frozen
            or tuned one keeps BN's statistics fixed (appendix A).
    """

    def __init__(
        self, trained: TrainedNetwork, how: How, task: Task, train: Scenes, test: Scenes, seed: int
    ) -> None:
        self.trained, self.how, self.task = trained, how, task
        network = trained.model()
        if how == "scratch":
            initialize(network, trained.experiment.initialization, seed)
        self.backbone = Backbone(network).to(memory_format=torch.channels_last)
        self.train, self.test = (training_data(trained, scenes, task) for scenes in (train, test))
        with torch.no_grad():
            channels = [stage.shape[1] for stage in self.backbone(self.test.inputs[:1])]
        self.head = _head(task, channels, trained.device, seed)
        groups = [{"params": list(self.head.parameters())}]
        self._rates = [_HEAD_RATE]
        if how != "frozen":
            groups.append({"params": self.backbone.parameters_in_use()})
            self._rates.append(_HEAD_RATE if how == "scratch" else _BACKBONE_RATE)
        self._optimizer = torch.optim.Adam(groups)
        # A frozen backbone's outputs, the same at every update.
        self._train_stages: list[Tensor] = []
        self._test_stages: list[Tensor] = []

    def step(self, batch: Tensor, share: float) -> float:
        """Update on these training scenes; return the loss before.

        Args:
            batch: indices of the scenes.
            share: of the updates so far, for the learning rate.
        """
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * (1 + math.cos(math.pi * share)) / 2
        self.head.train()
        self.backbone.train(self.how == "scratch")
        if self.how == "frozen":
            self._train_stages = self._train_stages or self._stages(self.train.inputs)
            stages = [stage[batch] for stage in self._train_stages]
        else:
            stages = self.backbone(self.train.inputs[batch])
        loss = _LOSSES[self.task](self.head(stages), self.train.targets[batch])
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return float(loss.detach())

    @torch.no_grad()
    def predictions(self) -> NDArray:
        """Predictions for the test scenes: classes uint8 N, H, W, or boxes float64 N, 4."""
        self.head.eval()
        stages = self._test_stages or self._stages(self.test.inputs)
        if self.how == "frozen":
            self._test_stages = stages
        outputs = self.head(stages)
        if self.task == "segmentation":
            return outputs.argmax(dim=1).to(torch.uint8).cpu().numpy()
        return outputs.double().cpu().numpy()

    def score(self, predicted: NDArray) -> Score:
        """The predictions' IoU with the test scenes' truth."""
        true = self.test.targets.cpu().numpy()
        if self.task == "segmentation":
            return score_masks(predicted, true.astype(np.uint8), len(CLASSES) + 1)
        return score_boxes(predicted, true.astype(float))

    @torch.no_grad()
    def _stages(self, inputs: Tensor) -> list[Tensor]:
        """The stages for many scenes, in evaluation mode."""
        self.backbone.eval()
        parts = [self.backbone(part) for part in inputs.split(_CHUNK)]
        return [torch.cat(stage) for stage in zip(*parts, strict=True)]


def training_data(trained: TrainedNetwork, scenes: Scenes, task: Task) -> TrainingData:
    """The scenes less the mean colour of the network's training images, and the task's targets."""
    pixels, _ = augment.as_tensors(ImageSet(scenes.images, scenes.classes[:, 0]))
    if trained.dataset.channels == 1:
        pixels = (pixels * torch.from_numpy(LUMA)[:, None, None]).sum(dim=1, keepdim=True)
    trained_on, _ = augment.as_tensors(trained.dataset.train)
    mean = augment.per_pixel_mean(trained_on).mean(dim=(1, 2), keepdim=True)  # C, 1, 1
    inputs = trained.normalised(pixels, mean).contiguous(memory_format=torch.channels_last)
    if task == "segmentation":
        targets = torch.from_numpy(scenes.labels.astype(np.int64))
    else:
        targets = torch.from_numpy(scenes.boxes[:, 0].astype(np.float32))
    return TrainingData(inputs.to(trained.device), targets.to(trained.device))


def _head(task: Task, channels: list[int], device: torch.device, seed: int) -> nn.Module:
    head: nn.Module
    if task == "segmentation":
        head = MaskHead(channels, len(CLASSES) + 1)
    else:
        head = BoxHead(channels)
    initialize_head(head, torch.Generator().manual_seed(seed))
    return head.to(device)


_LOSSES = {"segmentation": mask_loss, "box": box_loss}
