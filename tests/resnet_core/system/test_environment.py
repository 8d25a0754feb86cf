"""What a machine's owner sets by environment variable."""

from __future__ import annotations

import sys

import pytest

from resnet_core.errors import InvalidSetting
from resnet_core.system import environment
from resnet_core.system.environment import Environment


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Environment.model_fields:
        monkeypatch.delenv(environment.variable(field), raising=False)


def test_defaults() -> None:
    values = environment.read()
    assert values == Environment()
    assert (values.slots, values.worker_threads, values.laboratory_threads) == (4, 1, 1)
    assert values.fork == sys.platform.startswith("linux")


def test_a_variable_is_read_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_SLOTS", " 2 ")
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_CUDA_GRAPHS", "0")
    assert environment.read().slots == 2
    assert not environment.read().cuda_graphs
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_SLOTS", "")
    assert environment.read().slots == 4


def test_one_forking_spare_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for fork, spares, expected in (("1", "5", 1), ("0", "5", 5), ("1", "0", 0), ("0", "", 2)):
        monkeypatch.setenv("RESIDUAL_PLAYGROUND_FORK", fork)
        monkeypatch.setenv("RESIDUAL_PLAYGROUND_SPARES", spares)
        assert environment.read().spare_workers == expected


def test_a_machine_for_one_run_has_all_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_SLOTS", "1")
    assert environment.read().worker_threads is None
    monkeypatch.setenv("RESIDUAL_PLAYGROUND_THREADS", "3")
    assert environment.read().worker_threads == 3


@pytest.mark.parametrize(
    ("field", "bad", "sentence"),
    [
        ("slots", "0", "0 is too small; use at least 1."),
        ("slots", "many", "'many' is not a whole number; use for example 4."),
        ("spares", "-1", "-1 is too small; use at least 0."),
        ("threads", "1.5", "'1.5' is not a whole number; use for example 0."),
        ("decoders", "65", "65 is too large; use at most 64."),
        ("decoders", "x", "'x' is not a whole number; use for example 1."),
        ("fork", "maybe", "'maybe' is neither true nor false; use for example True."),
        ("checkpoint_seconds", "0", "0 is too small; use a value above 0.0, such as 30.0."),
        ("checkpoint_seconds", "nan", "nan is not a finite number; use for example 30.0."),
        ("idle_seconds", "inf", "inf is not a finite number; use for example 60.0."),
        ("idle_seconds", "soon", "'soon' is not a number; use for example 60.0."),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_its_variables_name(
    monkeypatch: pytest.MonkeyPatch, field: str, bad: str, sentence: str
) -> None:
    name = f"RESIDUAL_PLAYGROUND_{field.upper()}"
    monkeypatch.setenv(name, bad)
    with pytest.raises(InvalidSetting) as refusal:
        environment.read()
    if field != "fork" or sys.platform.startswith("linux"):
        assert str(refusal.value) == f"{name}: {sentence}"
