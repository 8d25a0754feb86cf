"""Comparisons: turns are taken, medians are taken, ratios are to the first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.side_by_side import Comparison, compare, table


def test_contenders_take_turns_and_the_warm_up_is_not_timed() -> None:
    calls: list[str] = []
    found = compare({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3, warm_up=2)
    assert calls == ["a", "b"] * 5
    assert {name: len(seconds) for name, seconds in found.seconds.items()} == {"a": 3, "b": 3}


def test_ratios_are_of_medians_to_the_first() -> None:
    found = Comparison({"slow": [4.0, 100.0, 4.0], "fast": [1.0, 1.0, 0.0]})
    assert found.faster("fast") == 4.0
    assert found.cost("fast") == pytest.approx(-75.0)
    assert found.faster("slow") == 1.0


def test_a_table_is_markdown() -> None:
    assert table(("way", "s"), [("a", "1")]) == "| way | s |\n| :--- | ---: |\n| a | 1 |"


@pytest.mark.parametrize("name", ["checkpoints", "storage", "viewers"])
def test_each_benchmark_runs(name: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--only", name],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    ).stdout
    assert "this project" in said or "the project's" in said
    assert "torch" in said.splitlines()[6]
