"""What an image costs is measured by another process."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from app.background.forward_time import Forward, ForwardTimes
from resnet_core.commands.forward import forward
from resnet_core.specs.names import spec_of
from tests.app.commands_in_their_place import Started
from tests.small_runs import wait_until

_ANSWER = {"seconds": 0.5, "peak_bytes": 2_000_000, "hardware": "a machine", "threads": 1}


@pytest.mark.usefixtures("home")
def test_another_option_is_another_measurement(answering: Callable[..., Started]) -> None:
    started = answering(json.dumps({**_ANSWER, "device": "cpu", "passes": 3}))
    asked, spec = ForwardTimes(), spec_of("imagenet/resnet-50", shortcut="C")
    assert wait_until(lambda: asked.ask(spec), "the measurement", 60) == Forward(**_ANSWER)
    assert ForwardTimes().known(spec) == Forward(**_ANSWER)
    assert asked.known(spec_of("imagenet/resnet-50", shortcut="B")) is None
    assert len(started) == 1


@pytest.mark.parametrize("name", ["imagenet/vgg-16", "imagenet/resnet-50", "cifar/resnet-20"])
def test_the_command_takes_the_options_that_it_is_given(name: str) -> None:
    module, package, command, network, *options = ForwardTimes().command(spec_of(name))
    assert (module, package, command, network) == ("-m", "resnet_core", "forward", name)
    known = {option for parameter in forward.params for option in parameter.opts}
    assert set(options[:-1:2]) | {options[-1]} <= known
