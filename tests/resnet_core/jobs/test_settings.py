from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from resnet_core.errors import InvalidSetting
from resnet_core.jobs import settings

PREFIX = "RESIDUAL_PLAYGROUND_"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLOTS", "SPARES", "THREADS", "FORK", "CHECKPOINT_SECONDS", "IDLE_SECONDS"):
        monkeypatch.delenv(PREFIX + name, raising=False)


def test_defaults() -> None:
    assert settings.slots() == 4
    assert settings.threads() == 1
    assert settings.checkpoint_seconds() == 30
    assert settings.idle_seconds() == 60
    assert settings.forks() == sys.platform.startswith("linux")


def test_one_forking_spare_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for fork, wanted, expected in (("1", "5", 1), ("0", "5", 5), ("1", "0", 0), ("0", "", 2)):
        monkeypatch.setenv(f"{PREFIX}FORK", fork)
        monkeypatch.setenv(f"{PREFIX}SPARES", wanted)
        assert settings.spares() == expected


def test_a_machine_for_one_run_has_all_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}SLOTS", "1")
    assert settings.threads() is None
    monkeypatch.setenv(f"{PREFIX}THREADS", "3")
    assert settings.threads() == 3


@pytest.mark.parametrize(
    ("name", "read", "bad"),
    [
        ("SLOTS", settings.slots, "0"),
        ("SLOTS", settings.slots, "many"),
        ("SPARES", settings.spares, "-1"),
        ("THREADS", settings.threads, "1.5"),
        ("CHECKPOINT_SECONDS", settings.checkpoint_seconds, "0"),
        ("CHECKPOINT_SECONDS", settings.checkpoint_seconds, "nan"),
        ("IDLE_SECONDS", settings.idle_seconds, "inf"),
        ("IDLE_SECONDS", settings.idle_seconds, "soon"),
    ],
)
def test_what_cannot_be_meant_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, read: Callable[[], object], bad: str
) -> None:
    monkeypatch.setenv(PREFIX + name, bad)
    with pytest.raises(InvalidSetting, match=f"{PREFIX}{name}: '{bad}' is not"):
        read()
