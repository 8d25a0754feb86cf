from __future__ import annotations

import threading

import pytest

from resnet_core.data.pictures.decoders import VARIABLE, Decoders, usual_count
from resnet_core.errors import DataError, InvalidSetting


@pytest.mark.parametrize("count", [0, 1, 3])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    decoders = Decoders(count)
    assert list(decoders.map(lambda n: n * n, range(100))) == [n * n for n in range(100)]
    assert decoders.begin(str, 7)() == "7"
    decoders.close()


@pytest.mark.parametrize("count", [0, 2])
def test_only_a_few_items_are_worked_on_at_a_time(count: int) -> None:
    begun: list[int] = []
    decoders = Decoders(count)
    results = decoders.map(begun.append, range(1000))
    next(results)
    assert len(begun) < 50
    decoders.close()


@pytest.mark.parametrize("count", [0, 2])
def test_an_error_reaches_whoever_asks(count: int) -> None:
    def fail(item: int) -> int:
        if item == 3:
            raise DataError("the third")
        return item

    decoders = Decoders(count)
    results = decoders.map(fail, range(5))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(DataError, match="the third"):
        next(results)
    decoders.close()


def test_closing_forgets_what_has_not_begun_and_ends_the_threads() -> None:
    held, released = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        held.set()
        released.wait(30)

    before = set(threading.enumerate())
    decoders = Decoders(1)
    for item in range(5):
        decoders.begin(wait, item)
    assert held.wait(30)
    decoders.close()
    released.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
        assert not thread.is_alive()


def test_the_machines_owner_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    assert usual_count() == Decoders().count == 0
    monkeypatch.setenv(VARIABLE, "")
    assert usual_count() >= 1
    for wrong in ("-1", "many", "65"):
        monkeypatch.setenv(VARIABLE, wrong)
        with pytest.raises(InvalidSetting, match="from 0 to 64"):
            usual_count()
