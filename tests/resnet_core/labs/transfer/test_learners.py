"""Heads learn what is easy; a box is the believed place's own; the losses are what they say."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_core.labs.transfer import learners, scenes
from resnet_core.networks.catalog import architecture
from resnet_core.specs.cifar import NetworkSpec, parse_name


def _backbone(network: str = "cifar/resnet-8") -> learners.Backbone:
    family, depth = parse_name(network)
    spec = NetworkSpec(family=family, depth=depth, width=4, image_size=16)
    return learners.Backbone(architecture(spec))


@pytest.mark.parametrize("network", ["resnet-8", "plain-8", "preresnet-8", "highway-8"])
def test_the_last_stage_pooled_and_classified_is_the_whole_network(network: str) -> None:
    backbone = _backbone(f"cifar/{network}").eval()
    x = torch.randn(2, 3, 16, 16)
    stages = backbone(x)
    assert [tuple(stage.shape) for stage in stages] == [(2, 4, 16, 16), (2, 8, 8, 8), (2, 16, 4, 4)]
    scores_ = backbone.network.fc(stages[-1].mean(dim=(2, 3)))
    torch.testing.assert_close(scores_, backbone.network(x))


def test_it_trains_all_but_the_classifier() -> None:
    backbone = _backbone()
    rest = sum(p.numel() for p in backbone.network.fc.parameters())
    whole = sum(p.numel() for p in backbone.network.parameters())
    assert sum(p.numel() for p in backbone.parameters_in_use()) == whole - rest


def test_a_mask_head_learns_which_pixels_are_bright() -> None:
    x = torch.rand(8, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    stages = [x, nn.functional.avg_pool2d(x, 2)]
    true = (x[:, 0] > 0.5).long()
    head = learners.MaskHead([2, 2], 2)
    answers = _learned(head, stages, true, learners.mask_loss).argmax(dim=1)
    score = scenes.score_masks(answers.byte().numpy(), true.byte().numpy(), 2)
    assert score.mean() > 0.95


def test_a_box_head_learns_where_the_bright_square_is() -> None:
    generator = torch.Generator().manual_seed(0)
    corners = torch.randint(0, 10, (32, 2), generator=generator)
    boxes = torch.cat([corners, corners + 5], dim=1).float()
    place = torch.arange(16)
    inside = (place >= corners[..., None]) & (place < corners[..., None] + 5)  # N, (x, y), 16
    x = (inside[:, 1, :, None] & inside[:, 0, None, :]).float()[:, None]
    stages = [x, nn.functional.avg_pool2d(x, 2)]
    answers = _learned(learners.BoxHead([1, 1]), stages, boxes, learners.box_loss)
    score = scenes.score_boxes(answers.double().numpy(), boxes.double().numpy())
    middle = boxes.mean(dim=0).expand_as(boxes)  # the best answer that does not look
    blind = scenes.score_boxes(middle.double().numpy(), boxes.double().numpy())
    assert score.mean() > 0.65 > 2 * blind.mean()
    assert score.error.mean() < blind.error.mean() / 3


def test_a_box_is_that_of_the_place_that_is_believed() -> None:
    head = learners.BoxHead([1, 1]).eval()

    class Certain(nn.Module):
        def forward(self, _: torch.Tensor) -> torch.Tensor:
            proposed = torch.zeros(1, 5, 4, 4)
            proposed[0, 0, 2, 1] = 100.0  # row 2, column 1
            proposed[0, 1:] = 50.0  # softplus(50) = 50
            return proposed

    head.last = Certain()
    (box,) = head([torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 4, 4)])
    expected = torch.tensor([3.0 - 100, 5.0 - 100, 3.0 + 100, 5.0 + 100])
    torch.testing.assert_close(box, expected)


def test_the_losses_are_nothing_where_all_is_right() -> None:
    boxes = torch.tensor([[1.0, 2.0, 5.0, 9.0]])
    assert learners.box_loss(boxes, boxes) == pytest.approx(0, abs=1e-6)
    shifted = boxes + torch.tensor([2.0, 0.0, 2.0, 0.0])
    off = (2 * 1.5 / 4) / 4  # smooth L1 of 2 pixels is 1.5, on two of four edges
    assert learners.box_loss(shifted, boxes) == pytest.approx(1 - 14 / 42 + off)
    true = torch.tensor([[[0, 1]]])
    certain = torch.tensor([[[[50.0, 0.0]], [[0.0, 50.0]]]])
    assert learners.mask_loss(certain, true) == pytest.approx(0, abs=1e-6)


def _learned(head: nn.Module, stages, true, loss) -> torch.Tensor:  # type: ignore[no-untyped-def]
    learners.initialize_head(head, torch.Generator().manual_seed(0))
    # At a rate of 0.02 rounding decides how well the box is found: an IoU from 0 to 0.87 over seeds
    # and processors; at 0.01 it was never below 0.70.
    optimizer = torch.optim.Adam(head.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        loss(head(stages), true).backward()
        optimizer.step()
    with torch.no_grad():
        return head.eval()(stages)
