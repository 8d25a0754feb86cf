"""The GPU's benchmark: a sentence where there is no GPU; where there is one, the same training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks import captured, gpu, loops

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


@needs_gpu
def test_a_captured_pass_trains_as_the_session_does(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setattr(loops, "IMAGES", 40)
    monkeypatch.setattr(loops, "BATCH", 8)
    sessions = [loops.training_session("resnet-8", "fp32", loops.NEVER, "cuda") for _ in range(2)]
    steps = captured.CapturedSteps(sessions[0])
    for _ in range(4):
        steps()
        sessions[1].step()
    graph, eager = (session.model.state_dict() for session in sessions)
    for name, tensor in eager.items():
        torch.testing.assert_close(graph[name], tensor, msg=name)
