from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resnet_core.data.public import matfile
from resnet_core.errors import DataError


@pytest.fixture
def written(tmp_path: Path, mat_file: bytes) -> Path:
    path = tmp_path / "x.mat"
    path.write_bytes(mat_file)
    return path


def test_arrays_are_read_as_scipy_wrote_them(written: Path) -> None:
    arrays = matfile.read(written)
    assert arrays.keys() == {"X", "y", "z"}
    expected = (np.arange(2 * 3 * 3 * 4) * 7 % 251).astype(np.uint8).reshape(2, 3, 3, 4)
    np.testing.assert_array_equal(arrays["X"], expected)
    np.testing.assert_array_equal(arrays["y"], [[1], [10], [3], [9]])
    np.testing.assert_array_equal(arrays["z"], [[1.5, 2], [3, 4]])


@pytest.mark.parametrize("keep", [0, 100, 130, 200, 260])
def test_a_torn_file_is_a_sentence(written: Path, keep: int) -> None:
    written.write_bytes(written.read_bytes()[:keep])
    with pytest.raises(DataError, match="MATLAB"):
        matfile.read(written)


def test_another_kind_of_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    path.write_bytes(b"\x89HDF" + bytes(500))
    with pytest.raises(DataError, match="no MATLAB level 5 file"):
        matfile.read(path)
