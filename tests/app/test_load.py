"""Others are noticed by the cores that they take."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app import load


@pytest.mark.parametrize(
    ("idle", "disturbed"), [(1.0, False), (0.9, False), (0.2, True), (0.0, True)]
)
def test_others_are_noticed_by_the_cores_they_take(
    idle: float, disturbed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load.psutil, "cpu_count", lambda: 2)
    monkeypatch.setattr(load.settings, "threads", lambda: 1)
    clock = iter([100.0, 110.0])
    monkeypatch.setattr(load, "monotonic", lambda: next(clock))
    times = iter([SimpleNamespace(idle=50.0), SimpleNamespace(idle=50.0 + 10 * idle)])
    monkeypatch.setattr(load.psutil, "cpu_times", lambda: next(times))
    assert load.Load().by_others() is disturbed
