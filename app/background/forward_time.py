"""What one image costs in a network on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass

from app.background.measurements import Measured, Measurements
from resnet_core.specs.names import Spec
from resnet_core.system import environment

PATIENCE = 120.0  # seconds
_OPTIONS = ("shortcut", "stride_in", "block", "image_size", "classes")


@dataclass(frozen=True)
class Forward(Measured):
    """What one image's way through a network takes.

    Attributes:
        seconds: for one image.
        peak_bytes: the most that weights, maps and working memory took together.
        hardware: what it was measured on, for people.
    """

    seconds: float
    peak_bytes: int
    hardware: str
    threads: int


class ForwardTimes(Measurements[Spec, Forward]):
    """What one image costs, network by network."""

    def __init__(self) -> None:
        super().__init__("forward", Forward, PATIENCE)

    def command(self, subject: Spec) -> list[str]:
        given = [
            part
            for field in _OPTIONS
            if field in subject.__dataclass_fields__
            for part in (f"--{field.replace('_', '-')}", str(getattr(subject, field)))
        ]
        return ["-m", "resnet_core", "forward", subject.name, *given, "--json"]

    def likeness(self, subject: Spec) -> list[object]:
        return [self.command(subject), os.cpu_count(), environment.laboratory_threads()]


_times = ForwardTimes()
ask = _times.ask
known = _times.known
