"""What an image costs is measured by another process, once, and kept."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app import forward_times
from app.forward_times import Forward, ForwardTimes
from app.timings import Failed, Load
from resnet_core.commands.forward import forward
from resnet_core.specs import Spec, spec_of
from tests.small_runs import wait_until

_ANSWER = {"seconds": 0.5, "peak_bytes": 2_000_000, "hardware": "a machine", "threads": 1}
_SPEC = spec_of("imagenet/resnet-50", shortcut="C")

Started = list[list[str]]


@pytest.fixture
def answering(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], Started]:
    """Have the measurement say this and end so; the commands that were started."""
    monkeypatch.setattr(Load, "by_others", lambda _: False)

    def arrange(output: str, code: int = 0) -> Started:
        started: Started = []

        def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
            started.append(command)
            return subprocess.CompletedProcess(command, code, output, "a reason")

        monkeypatch.setattr(forward_times.subprocess, "run", run)
        return started

    return arrange


def _answer(asked: ForwardTimes, spec: Spec) -> Forward | Failed:
    return wait_until(lambda: asked.ask(spec), "the measurement", 30)


def test_it_is_measured_once_and_kept_for_the_next_server(answering) -> None:
    started = answering(json.dumps({**_ANSWER, "device": "cpu", "passes": 3}))
    asked = ForwardTimes()
    assert asked.known(_SPEC) is None
    assert _answer(asked, _SPEC) == Forward(**_ANSWER)
    assert asked.known(_SPEC) == ForwardTimes().ask(_SPEC) == Forward(**_ANSWER)
    assert len(started) == 1
    assert started[0][0] == sys.executable
    _answer(asked, spec_of("imagenet/resnet-50"))  # option B is another network
    assert len(started) == 2


def test_on_a_busy_machine_it_is_said_and_not_kept(answering, monkeypatch) -> None:
    answering(json.dumps(_ANSWER))
    monkeypatch.setattr(Load, "by_others", lambda _: True)
    asked = ForwardTimes()
    assert _answer(asked, _SPEC) == Forward(**_ANSWER, busy=True)
    assert ForwardTimes().known(_SPEC) is None


def test_a_failure_is_a_sentence(answering) -> None:
    answering("", 1)
    assert _answer(ForwardTimes(), _SPEC) == Failed("The measurement failed.")


def test_a_damaged_cache_is_measured_anew(answering) -> None:
    answering(json.dumps(_ANSWER))
    asked = ForwardTimes()
    _answer(asked, _SPEC)
    path = forward_times._file(forward_times._key(_SPEC))
    path.write_text('{"seconds": ', encoding="utf-8")
    assert ForwardTimes().known(_SPEC) is None


@pytest.mark.parametrize("name", ["imagenet/vgg-16", "imagenet/resnet-50", "cifar/resnet-20"])
def test_the_command_takes_the_options_that_it_is_given(name: str) -> None:
    module, package, command, network, *options = forward_times.command(spec_of(name))
    assert (module, package, command, network) == ("-m", "resnet_core", "forward", name)
    known = {option for parameter in forward.params for option in parameter.opts}
    assert set(options[::2]) <= known
