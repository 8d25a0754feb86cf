"""The GPU's benchmark: a sentence where there is no GPU; where there is one, the same training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks import gpu

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")


def test_without_a_gpu_it_says_so_and_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = CliRunner().invoke(gpu.main, ["--quick"])
    assert result.exit_code == 0, result.output
    assert "no CUDA GPU" in result.output


def test_a_block_is_that_many_steps() -> None:
    taken: list[None] = []
    gpu.block(lambda: lambda: taken.append(None))()
    assert len(taken) == gpu.BLOCK


class Slow:
    """Tells what is asked of it, in order."""

    def __init__(self, name: str, told: list[str]) -> None:
        self._name, self._told = name, told

    def begin(self) -> None:
        self._told.append(f"{self._name} begins")

    def wait(self) -> None:
        self._told.append(f"{self._name} is waited for")


def test_runs_that_share_the_gpu_all_begin_before_one_is_waited_for() -> None:
    told: list[str] = []
    gpu.together([Slow("one", told), Slow("other", told)])()  # type: ignore[list-item]
    assert told == ["one begins", "other begins", "one is waited for", "other is waited for"]


@needs_gpu
def test_on_a_gpu_it_writes_its_tables(tmp_path: Path) -> None:
    document = tmp_path / "gpu.md"
    result = CliRunner().invoke(gpu.main, ["--quick", "--write", str(document)])
    assert result.exit_code == 0, result.output
    text = document.read_text(encoding="utf-8")
    for heading in ("a training step", "telemetry", "at the same time"):
        assert f"| {heading} |" in text
    assert "Left out" not in result.output
