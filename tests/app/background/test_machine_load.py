"""Others are noticed by the cores that they take."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from app.background import machine_load


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], machine_load.Load]:
    """A look at a machine of two cores, a measurement takes one, that left so many idle."""

    def look(idle: float) -> machine_load.Load:
        monkeypatch.setattr(machine_load.psutil, "cpu_count", lambda: 2)
        monkeypatch.setattr(machine_load.environment, "threads", lambda: 1)
        clock = iter([100.0, 110.0])
        monkeypatch.setattr(machine_load, "monotonic", lambda: next(clock))
        times = iter([SimpleNamespace(idle=50.0), SimpleNamespace(idle=50.0 + 10 * idle)])
        monkeypatch.setattr(machine_load.psutil, "cpu_times", lambda: next(times))
        return machine_load.Load()

    return look


@pytest.mark.parametrize(
    ("idle", "disturbed"), [(1.0, False), (0.9, False), (0.2, True), (0.0, True)]
)
def test_others_are_noticed_by_the_cores_they_take(
    idle: float, disturbed: bool, left: Callable[[float], machine_load.Load]
) -> None:
    assert left(idle).by_others() is disturbed


@pytest.mark.parametrize(("idle", "enough"), [(2.0, True), (0.9, True), (0.4, False), (0.0, False)])
def test_a_quiet_machine_has_the_cores_that_a_measurement_takes(
    idle: float, enough: bool, left: Callable[[float], machine_load.Load]
) -> None:
    assert left(idle).left_enough() is enough
