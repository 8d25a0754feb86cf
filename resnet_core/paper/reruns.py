"""Test errors on CIFAR-10 that public repetitions of section 4.2 report, and how each differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Errors = Mapping[int, float]  # percent, by the number of weighted layers


@dataclass(frozen=True)
class Rerun:
    """One public repetition.

    Attributes:
        source: a repository on GitHub, owner and name, or a paper.
        plain, residual: test error; the mean where there are several seeds.
        plain_spread, residual_spread: standard deviation over the seeds.
        seeds: of each network.
        causes: keys of the catalogue (`ledger.cause.`) of what sets it apart from the paper.
    """

    source: str
    residual: Errors
    plain: Errors = field(default_factory=dict)
    residual_spread: Errors = field(default_factory=dict)
    plain_spread: Errors = field(default_factory=dict)
    seeds: int = 1
    causes: tuple[str, ...] = ("one_seed",)

    def error(self, network: str) -> float | None:
        """Return the test error of "plain-56", percent; None where it was not run."""
        family, _, depth = network.partition("-")
        return (self.plain if family == "plain" else self.residual).get(int(depth))

    def spread(self, network: str) -> float | None:
        """Return the standard deviation over seeds; None where one is not given."""
        family, _, depth = network.partition("-")
        spreads = self.plain_spread if family == "plain" else self.residual_spread
        return spreads.get(int(depth))


RERUNS = (
    Rerun(
        "nabla0001/resnet",
        {20: 8.51, 56: 7.40, 110: 7.14},
        {20: 9.78, 56: 12.95},
        {20: 0.22, 56: 0.27, 110: 0.20},
        {20: 0.13, 56: 0.22},
        seeds=5,
        causes=(),
    ),
    Rerun(
        "a-martyn/resnet",
        {20: 8.04, 32: 7.79, 44: 7.51, 56: 7.46},
        {20: 9.69, 32: 10.04, 44: 11.56, 56: 13.07},
    ),
    Rerun(
        "junyuseu (Caffe)",
        {20: 8.26, 32: 7.77, 44: 7.33, 56: 6.91, 110: 6.73},
        {20: 9.90, 32: 13.04, 44: 15.55, 56: 14.74},
        causes=("from_accuracy", "no_augmentation", "one_seed"),
    ),
    Rerun(
        "ltzhenry/COMP3314",
        {20: 7.65, 32: 7.01, 56: 6.54, 110: 5.82},
        {20: 8.65, 32: 9.38, 56: 11.83, 110: 77.52},
        causes=("best_epoch", "mixed_precision", "schedule", "one_seed"),
    ),
    Rerun(
        "akamaster/pytorch_resnet_cifar10",
        {20: 8.27, 32: 7.37, 44: 6.90, 56: 6.61, 110: 6.32, 1202: 6.18},
        causes=("best_epoch", "one_seed"),
    ),
)
