from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resnet_core.data import cache


def test_what_is_written_is_read(tmp_path: Path) -> None:
    arrays = {"images": np.arange(24, dtype=np.uint8).reshape(2, 3, 4), "names": np.array(["a"])}
    cache.write(tmp_path / "x.npz", arrays)
    stored = cache.read(tmp_path / "x.npz")
    assert stored is not None
    assert stored.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(stored[name], array)
    assert [p.name for p in tmp_path.iterdir()] == ["x.npz"]


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert cache.read(tmp_path / "x.npz") is None


@pytest.mark.parametrize("keep", [0, 10, 200, -30])
def test_a_damaged_file_is_none_and_is_logged(
    tmp_path: Path, keep: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "x.npz"
    cache.write(path, {"images": np.arange(1000)})
    path.write_bytes(path.read_bytes()[:keep])
    assert cache.read(path) is None
    assert "damaged" in caplog.text


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, images=np.array([{"a": 1}], dtype=object))
    assert cache.read(path) is None


def test_a_full_disk_leaves_no_remains_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.np, "savez", full)
    cache.write(tmp_path / "x.npz", {"images": np.zeros(3)})
    assert list(tmp_path.iterdir()) == []
    assert "could not be cached" in caplog.text
