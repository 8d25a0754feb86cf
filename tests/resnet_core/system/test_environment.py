from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from resnet_core.errors import InvalidSetting
from resnet_core.system import environment

PREFIX = "RESIDUAL_PLAYGROUND_"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLOTS", "SPARES", "THREADS", "FORK", "CHECKPOINT_SECONDS", "IDLE_SECONDS"):
        monkeypatch.delenv(PREFIX + name, raising=False)


def test_defaults() -> None:
    assert environment.slots() == 4
    assert environment.threads() == 1
    assert environment.checkpoint_seconds() == 30
    assert environment.idle_seconds() == 60
    assert environment.forks() == sys.platform.startswith("linux")


def test_one_forking_spare_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for fork, wanted, expected in (("1", "5", 1), ("0", "5", 5), ("1", "0", 0), ("0", "", 2)):
        monkeypatch.setenv(f"{PREFIX}FORK", fork)
        monkeypatch.setenv(f"{PREFIX}SPARES", wanted)
        assert environment.spares() == expected


def test_a_machine_for_one_run_has_all_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}SLOTS", "1")
    assert environment.threads() is None
    monkeypatch.setenv(f"{PREFIX}THREADS", "3")
    assert environment.threads() == 3


@pytest.mark.parametrize(
    ("name", "read", "bad"),
    [
        ("SLOTS", environment.slots, "0"),
        ("SLOTS", environment.slots, "many"),
        ("SPARES", environment.spares, "-1"),
        ("THREADS", environment.threads, "1.5"),
        ("CHECKPOINT_SECONDS", environment.checkpoint_seconds, "0"),
        ("CHECKPOINT_SECONDS", environment.checkpoint_seconds, "nan"),
        ("IDLE_SECONDS", environment.idle_seconds, "inf"),
        ("IDLE_SECONDS", environment.idle_seconds, "soon"),
    ],
)
def test_what_cannot_be_meant_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, read: Callable[[], object], bad: str
) -> None:
    monkeypatch.setenv(PREFIX + name, bad)
    with pytest.raises(InvalidSetting, match=f"{PREFIX}{name}: '{bad}' is not"):
        read()
