"""The same tensors under another header."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from resnet_core.exporting import weights_file

TENSORS = {
    "conv1.weight": np.arange(54, dtype=np.float32).reshape(2, 3, 3, 3),
    "bn1.num_batches_tracked": np.array(7, np.int64),
}


def test_tensors_stay_and_words_are_added(tmp_path: Path) -> None:
    old, new = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    safetensors.numpy.save_file(TENSORS, old, {"said": "before"})
    digest = weights_file.copy(old, new, {"format": "pt", "network": '{"name": "é"}'})
    assert digest == hashlib.sha256(new.read_bytes()).hexdigest()
    with safetensors.safe_open(new, "numpy") as file:
        assert file.metadata() == {"format": "pt", "network": '{"name": "é"}'}
    for name, tensor in safetensors.numpy.load_file(new).items():
        np.testing.assert_array_equal(tensor, TENSORS[name])
    # Readers map the tensors into memory, which needs whole multiples of eight bytes.
    assert int.from_bytes(new.read_bytes()[:8], "little") % 8 == 0


def test_the_same_weights_give_the_same_file(tmp_path: Path) -> None:
    old = tmp_path / "old.safetensors"
    safetensors.numpy.save_file(TENSORS, old)
    digests = {weights_file.copy(old, tmp_path / name, {"a": "b"}) for name in ("x", "y")}
    assert len(digests) == 1
