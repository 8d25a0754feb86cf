"""A head in training on top of a network that stays as it is, or is trained along with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.data import augment
from resnet_core.data.dataset import ImageSet
from resnet_core.data.shapes.drawing import LUMA
from resnet_core.data.shapes.shapes import CLASSES
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.labs.transfer import heads, scores
from resnet_core.labs.transfer.question import How, Task
from resnet_core.labs.transfer.scenes import Scenes
from resnet_core.labs.transfer.scores import Score
from resnet_core.networks.initialization import initialize

BATCH = 16
TARGET = CLASSES.index("star")  # whose box is to be found
_HEAD_RATE = 0.01  # of Adam, at first; it falls to 0 along a cosine
_BACKBONE_RATE = 0.001
_CHUNK = 64  # scenes that are looked at together where nothing is learned


@dataclass(frozen=True)
class Material:
    """Scenes as a network takes them, and what is to be said of them.

    Attributes:
        inputs: float32, N, C, H, W.
        targets: int64 N, H, W of classes, or float32 N, 4 of boxes in pixels.
    """

    inputs: Tensor
    targets: Tensor


class Learner:
    """A head, its backbone and what they learn from.

    Args:
        how: the backbone frozen, tuned along with the head, or begun anew and so trained.
            One that is frozen or tuned keeps BN's statistics fixed (appendix A).
    """

    def __init__(
        self, subject: Subject, how: How, task: Task, train: Scenes, test: Scenes, seed: int
    ) -> None:
        self.subject, self.how, self.task = subject, how, task
        network = subject.model()
        if how == "scratch":
            initialize(network, subject.experiment.initialization, seed)
        self.backbone = heads.Backbone(network).to(memory_format=torch.channels_last)
        self.train, self.test = (material(subject, scenes, task) for scenes in (train, test))
        with torch.no_grad():
            channels = [stage.shape[1] for stage in self.backbone(self.test.inputs[:1])]
        self.head = _head(task, channels, subject.device, seed)
        groups = [{"params": list(self.head.parameters())}]
        self._rates = [_HEAD_RATE]
        if how != "frozen":
            groups.append({"params": self.backbone.trained()})
            self._rates.append(_HEAD_RATE if how == "scratch" else _BACKBONE_RATE)
        self._optimizer = torch.optim.Adam(groups)
        # What a frozen backbone makes of the scenes; the same at every update.
        self._seen: list[Tensor] = []
        self._tested: list[Tensor] = []

    def step(self, chosen: Tensor, done: float) -> float:
        """One update on these training scenes; the loss before it.

        Args:
            done: share of the updates that are done.
        """
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * (1 + math.cos(math.pi * done)) / 2
        self.head.train()
        self.backbone.train(self.how == "scratch")
        if self.how == "frozen":
            self._seen = self._seen or self._look(self.train.inputs)
            stages = [stage[chosen] for stage in self._seen]
        else:
            stages = self.backbone(self.train.inputs[chosen])
        loss = _LOSSES[self.task](self.head(stages), self.train.targets[chosen])
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return float(loss.detach())

    @torch.no_grad()
    def predictions(self) -> NDArray:
        """Of the test scenes: classes uint8 N, H, W, or boxes float64 N, 4."""
        self.head.eval()
        stages = self._tested or self._look(self.test.inputs)
        if self.how == "frozen":
            self._tested = stages
        answers = self.head(stages)
        if self.task == "segmentation":
            return answers.argmax(dim=1).to(torch.uint8).cpu().numpy()
        return answers.double().cpu().numpy()

    def score(self, predicted: NDArray) -> Score:
        """Against the test scenes' truth."""
        true = self.test.targets.cpu().numpy()
        if self.task == "segmentation":
            return scores.of_masks(predicted, true.astype(np.uint8), len(CLASSES) + 1)
        return scores.of_boxes(predicted, true.astype(float))

    @torch.no_grad()
    def _look(self, inputs: Tensor) -> list[Tensor]:
        """The stages for many scenes, the backbone as it is tested."""
        self.backbone.eval()
        parts = [self.backbone(part) for part in inputs.split(_CHUNK)]
        return [torch.cat(stage) for stage in zip(*parts, strict=True)]


def material(subject: Subject, scenes: Scenes, task: Task) -> Material:
    """The scenes less the mean colour of the network's training images, and the task's truth."""
    pixels, _ = augment.as_tensors(ImageSet(scenes.images, scenes.classes[:, 0]))
    if subject.dataset.channels == 1:
        pixels = (pixels * torch.from_numpy(LUMA)[:, None, None]).sum(dim=1, keepdim=True)
    trained_on, _ = augment.as_tensors(subject.dataset.train)
    mean = augment.per_pixel_mean(trained_on).mean(dim=(1, 2), keepdim=True)  # C, 1, 1
    inputs = subject.normalised(pixels, mean).contiguous(memory_format=torch.channels_last)
    if task == "segmentation":
        targets = torch.from_numpy(scenes.labels.astype(np.int64))
    else:
        targets = torch.from_numpy(scenes.boxes[:, 0].astype(np.float32))
    return Material(inputs.to(subject.device), targets.to(subject.device))


def _head(task: Task, channels: list[int], device: torch.device, seed: int) -> nn.Module:
    head: nn.Module
    if task == "segmentation":
        head = heads.MaskHead(channels, len(CLASSES) + 1)
    else:
        head = heads.BoxHead(channels)
    heads.start(head, torch.Generator().manual_seed(seed))
    return head.to(device)


_LOSSES = {"segmentation": heads.mask_loss, "box": heads.box_loss}
