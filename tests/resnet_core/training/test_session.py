"""The advice that a diverged run gives."""

from __future__ import annotations

from typing import Any

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.training.session import divergence_advice


@pytest.mark.parametrize(
    ("precision", "changes", "expected"),
    [
        ("fp32", {"learning_rate": 5}, "learning_rate of 5 is too high: use 0.1, the paper's"),
        ("bf16", {"learning_rate": 0.05}, "0.05 is too high for this network: use 0.005"),
        ("fp16", {"learning_rate": 5}, "use bf16 or fp32, or a learning_rate of 0.1 in place of 5"),
        ("fp32", {"momentum": 0.99}, "about 100 times the gradient's: use 0.9"),
        ("fp32", {"batch_norm": False}, "turn batch_norm on, or set initialization to zero_last"),
        (
            "fp32",
            {"batch_norm": False, "initialization": "zero_last"},
            "learning_rate of 0.1 is too high: use 0.01, or turn batch_norm on",
        ),
        (
            "fp32",
            {"batch_norm": False, "network": "cifar/plain-20", "learning_rate": 100},
            "learning_rate of 100 is too high: use 0.1, or turn batch_norm on",
        ),
    ],
)
def test_the_most_likely_cause_is_named(
    precision: Any, changes: dict[str, Any], expected: str
) -> None:
    sentence = str(divergence_advice(Experiment(**changes), precision))
    assert expected in sentence
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0
