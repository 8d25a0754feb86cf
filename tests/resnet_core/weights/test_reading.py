"""Files of weights, good and bad; nothing in them may run, and memory stays bounded."""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import json
import os
import pickle
import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from resnet_core.errors import CheckpointError
from resnet_core.weights.reading import read
from resnet_core.weights.recognition import MOST_BYTES


def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    return model.state_dict()


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as refused:
        read(path)
    sentence = str(refused.value)
    assert len(sentence) < 400 + len(str(path))
    assert "\n" not in sentence
    return sentence.replace(str(path), "FILE")


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy", "protocol 4"])
@pytest.mark.parametrize("wrapper", [None, "state_dict", "net"])
def test_good_files(tmp_path, kind, wrapper):
    path, tensors = tmp_path / "weights", state()
    if kind == "safetensors":
        safetensors.torch.save_file(dict(tensors), path, metadata={"format": "pt"})
    else:
        content = {wrapper: tensors, "epoch": 3, "acc": 91.5} if wrapper else tensors
        new = kind != "legacy"
        protocol = 4 if kind == "protocol 4" else 2
        torch.save(content, path, _use_new_zipfile_serialization=new, pickle_protocol=protocol)
        if kind == "protocol 4":  # torch's own careful reader knows protocol 2 only
            assert "is a pickle of protocol 4; only torch.save's own, 2, is read" in refusal(path)
            return
    found = read(path)
    assert found.form == ("safetensors" if kind == "safetensors" else "pytorch")
    assert list(found.tensors) == list(tensors) or kind == "safetensors"
    for name, tensor in tensors.items():
        assert torch.equal(found.tensors[name], tensor), name


def test_a_header_whose_length_looks_like_a_pickle(tmp_path):
    text = json.dumps(entry()).encode().ljust(0x280)
    assert with_header(tmp_path / "w", text, bytes(8)).read_bytes()[:2] == b"\x80\x02"
    assert read(tmp_path / "w").tensors["w"].tolist() == [0, 0]


def test_parameters_halves_and_shared_storages(tmp_path):
    whole = torch.arange(12.0)
    content = {
        "half": torch.tensor([1.5, 2.0], dtype=torch.float16),
        "brain": torch.tensor([[0.5]], dtype=torch.bfloat16),
        "double": torch.tensor([1 / 3], dtype=torch.float64),
        "parameter": nn.Parameter(torch.ones(2)),
        "view": whole[2:10].view(2, 4).t(),
        "count": torch.tensor(7),
    }
    torch.save(content, tmp_path / "weights.pt")
    found = read(tmp_path / "weights.pt").tensors
    assert {t.dtype for n, t in found.items() if n != "count"} == {torch.float32}
    assert torch.equal(found["view"], whole[2:10].view(2, 4).t())
    assert found["count"].item() == 7
    assert found["double"].item() == pytest.approx(1 / 3)


class Malice:
    """A pickle that leaves a file behind when it is opened carelessly."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"echo was here > {self.trace}",)


@pytest.mark.parametrize("form", ["zip", "legacy", "plain pickle"])
def test_code_is_refused_and_not_run(tmp_path, form):
    path, trace = tmp_path / "weights.pth", tmp_path / "trace"
    content = {"state_dict": state(), "extra": Malice(trace)}
    if form == "plain pickle":
        path.write_bytes(pickle.dumps(content["extra"], protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    sentence = refusal(path)
    assert "it would call posix.system" in sentence or "it would call nt.system" in sentence
    assert "Nothing of it was run" in sentence
    assert not trace.exists()


def test_code_that_the_check_of_names_does_not_see_is_not_run(tmp_path):
    """STACK_GLOBAL takes its names from the stack; torch's own reader refuses it."""
    path, trace = tmp_path / "weights.pth", tmp_path / "trace"

    def text(words: str) -> bytes:
        return b"X" + struct.pack("<I", len(words)) + words.encode()

    call = text(os.system.__module__) + text("system") + pickle.STACK_GLOBAL
    call += text(f"echo was here > {trace}") + pickle.TUPLE1 + pickle.REDUCE + pickle.POP
    torch.save(state(), path)
    rewritten(path, lambda program: program[:-1] + call + pickle.STOP)
    assert "FILE" in refusal(path)
    assert not trace.exists()


@pytest.mark.parametrize("made", [nn.Linear(2, 2), {"f": print, "t": torch.ones(2)}])
def test_whole_models_and_other_objects_are_refused(tmp_path, made):
    torch.save(made, tmp_path / "model.pt")
    assert "it would call" in refusal(tmp_path / "model.pt")


@pytest.mark.parametrize("form", ["safetensors", "zip", "legacy"])
def test_a_file_cut_anywhere_is_refused(tmp_path, form):
    path = tmp_path / "weights"
    if form == "safetensors":
        safetensors.torch.save_file(dict(state()), path)
    else:
        torch.save(state(), path, _use_new_zipfile_serialization=form == "zip")
    whole = path.read_bytes()
    for kept in (0, 1, 7, 15, 40, len(whole) // 3, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        assert refusal(path).startswith("FILE ")


def with_header(path: Path, header: object, body: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + body)
    return path


def entry(dtype: str = "F32", shape: object = (2,), offsets: object = (0, 8)) -> dict:
    return {"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


@pytest.mark.parametrize(
    ("header", "body", "length", "says"),
    [
        (entry(), bytes(8), 2**62, "its header would be 4,611,686,018,427,387,904 bytes long"),
        (entry(), bytes(8), 10**4, "its header would be 10,000 bytes long"),
        (b"[" * 100_000, bytes(8), None, "neither a safetensors file nor a PyTorch"),
        (b"\xff" * 50, bytes(8), None, "neither a safetensors file nor a PyTorch"),
        ([], bytes(80), None, "neither a safetensors file nor a PyTorch"),
        ({}, bytes(80), None, "damaged or cut short"),
        ({}, b" " * 16, 18, "0 tensors"),
        (entry(shape=(2**40, 2**40)), bytes(8), None, "damaged or cut short"),
        (entry(shape=(-2,)), bytes(8), None, "damaged or cut short"),
        (entry(shape=(2.0,)), bytes(8), None, "damaged or cut short"),
        (entry(shape=3), bytes(8), None, "damaged or cut short"),
        (entry(dtype="F8"), bytes(8), None, "damaged or cut short"),
        (entry(offsets=(8, 0)), bytes(8), None, "damaged or cut short"),
        (entry(offsets=(80, 88)), bytes(8), None, "damaged or cut short"),
        (entry(), bytes(7), None, "damaged or cut short"),
        (entry(), bytes(9), None, "damaged or cut short"),
        ({"w": 3}, bytes(8), None, "damaged or cut short"),
    ],
)
def test_headers_that_cannot_be(tmp_path, header, body, length, says):
    assert says in refusal(with_header(tmp_path / "w.safetensors", header, body, length))


def test_overlapping_tensors_are_refused(tmp_path):
    header = {**entry(), "v": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    assert "damaged" in refusal(with_header(tmp_path / "w.safetensors", header, bytes(16)))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("form", ["safetensors", "zip"])
def test_values_that_are_not_finite(tmp_path, form, value):
    tensors = state()
    tensors["1.running_var"][2] = value
    if form == "zip":
        torch.save(tensors, tmp_path / "w")
    else:
        safetensors.torch.save_file(dict(tensors), tmp_path / "w")
    assert "1.running_var has values that are not finite" in refusal(tmp_path / "w")


def test_a_compressed_zip_is_refused_before_it_is_unpacked(tmp_path):
    """190 KB that would unpack to 200 MB."""
    resource = pytest.importorskip("resource")  # not on Windows
    path = tmp_path / "weights.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}, protocol=2))
        archive.writestr("archive/data/0", bytes(200 * 2**20))
    assert path.stat().st_size < 300_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "compressed, from" in refusal(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KB


def rewritten(path: Path, change) -> None:
    """Change a PyTorch file's pickle and leave the rest as it is."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, change(content) if name.endswith("data.pkl") else content)


def resident() -> int:
    resource = pytest.importorskip("resource")  # not on Windows
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (
        1024 if sys.platform == "darwin" else 1
    )


def test_a_storage_larger_than_its_member_is_refused(tmp_path):
    path = tmp_path / "weights.pt"
    torch.save({"a": torch.zeros(300), "b": torch.zeros(300)}, path)
    rewritten(path, lambda program: program.replace(b"M\x2c\x01", b"J\xff\xff\xff\x7f"))
    assert "damaged" in refusal(path) or "claims a tensor" in refusal(path)


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_a_view_beyond_its_storage_is_refused_without_its_memory(tmp_path, form):
    """Two hundred million values, of which the file holds 300."""
    path = tmp_path / "weights.pt"
    torch.save(
        {"a": torch.zeros(300), "b": torch.zeros(301)},
        path,
        _use_new_zipfile_serialization=form == "zip",
    )
    size, claim = b"M\x2d\x01\x85", b"J\x00\xc2\xeb\x0b\x85"  # the shape (301,), and the claim
    if form == "zip":
        rewritten(path, lambda program: program.replace(size, claim))
    else:
        assert size in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(size, claim))
    before = resident()
    assert "FILE " in refusal(path)
    assert resident() - before < 100_000  # KiB; the claim is 800 MB


def test_memory_that_a_pickle_would_fill_is_not_taken(tmp_path):
    """`bytearray` is on torch's own list of what may be called."""
    path = tmp_path / "weights.pt"
    torch.save({"a": bytearray(b"x"), "b": torch.zeros(2)}, path)
    rewritten(path, lambda program: b"\x80\x02c__builtin__\nbytearray\n\x8a\x05\0\0\0\0\x40\x85R.")
    before = resident()
    assert "it would call __builtin__.bytearray" in refusal(path)
    assert resident() - before < 100_000


def test_a_memo_of_a_high_number_takes_no_memory(tmp_path):
    path = tmp_path / "weights.pt"
    torch.save({"a": torch.zeros(300), "b": torch.ones(300)}, path)
    rewritten(path, lambda program: program.replace(b"q\x01", b"r\xff\xff\xff\x7f", 1))
    before = resident()
    with contextlib.suppress(CheckpointError):
        assert read(path).tensors["b"].sum() == 300
    assert resident() - before < 100_000


def test_an_expanded_tensor_is_refused(tmp_path):
    """One value that says it is four thousand million, by a stride of 0."""
    torch.save({"a": torch.zeros(1).expand(2**32), "b": torch.zeros(1)}, tmp_path / "w.pt")
    assert (tmp_path / "w.pt").stat().st_size < 5000
    assert "claims more values than the file holds" in refusal(tmp_path / "w.pt")


def test_a_huge_header_is_refused_before_memory_is_taken(tmp_path):
    """200 MB of header, which the library would parse up to half of."""
    path = tmp_path / "w.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 200_000_000) + b"{")
        file.truncate(201_000_000)  # a hole: no disk
    before = resident()
    assert "its header would be 200,000,000 bytes long" in refusal(path)
    assert resident() - before < 50_000


def test_other_files(tmp_path):
    for name, content in [
        ("empty", b""),
        ("short", b"abc"),
        ("text", b"These are not weights, but a sentence about them."),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(64)),
    ]:
        (tmp_path / name).write_bytes(content)
        assert refusal(tmp_path / name).startswith("FILE ")
    assert "is a folder" in refusal(tmp_path)
    assert "cannot be read (No such file" in refusal(tmp_path / "nothing")
    assert "cannot be read" in refusal(Path("nul\0l"))
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "with readme.txt in it" in refusal(tmp_path / "some.zip")
    torch.save({"epoch": 3}, tmp_path / "no.pt")
    assert "holds no state dict" in refusal(tmp_path / "no.pt")
    torch.save([torch.ones(2)], tmp_path / "list.pt")
    assert "holds no state dict" in refusal(tmp_path / "list.pt")
    torch.save({"a": torch.ones(2).to_sparse(), "b": torch.ones(2)}, tmp_path / "sparse.pt")
    assert "it would call torch._utils._rebuild_sparse_tensor" in refusal(tmp_path / "sparse.pt")


def test_a_huge_file_is_not_read(tmp_path):
    with (tmp_path / "huge.pt").open("wb") as file:
        file.truncate(MOST_BYTES + 1)  # a hole: no disk, no time
    assert "the most that is read is 1024 MiB" in refusal(tmp_path / "huge.pt")


def test_a_careful_reader_in_a_process_of_its_own(tmp_path):
    """The malicious file once more: neither a child process nor a new module comes of it."""
    torch.save({"a": Malice(tmp_path / "trace")}, tmp_path / "w.pt")
    program = (
        "import sys, pathlib\n"
        "from resnet_core.weights.reading import read\n"
        "sys.addaudithook(lambda e, a: e in {'os.system', 'subprocess.Popen'} and sys.exit(9))\n"
        f"try: read(pathlib.Path({str(tmp_path / 'w.pt')!r}))\n"
        "except Exception as error: print(type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.strip()) == (0, "CheckpointError"), done.stderr


def test_the_digest_is_of_the_file(tmp_path):
    import hashlib

    buffer = io.BytesIO()
    torch.save(state(), buffer)
    (tmp_path / "w.pt").write_bytes(buffer.getvalue())
    assert read(tmp_path / "w.pt").sha256 == hashlib.sha256(buffer.getvalue()).hexdigest()


@pytest.mark.parametrize("form", ["safetensors", "zip", "legacy"])
def test_bytes_changed_at_random_are_read_or_refused(tmp_path, form):
    """Whatever the change: tensors, or a sentence."""
    path, chance = tmp_path / "w", random.Random(0)
    if form == "safetensors":
        safetensors.torch.save_file(dict(state()), path)
    else:
        torch.save(state(), path, _use_new_zipfile_serialization=form == "zip")
    whole = path.read_bytes()
    refused: list[str] = []
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(chance.choice([60, 600, len(content)]))
            if chance.random() < 0.7:
                content[place] = chance.randrange(256)
            else:
                del content[place : place + 3]
        path.write_bytes(content)
        try:
            found = read(path)
        except CheckpointError as error:
            refused.append(str(error))
        else:
            assert all(torch.isfinite(tensor).all() for tensor in found.tensors.values())
    assert len(refused) > 50
    assert not any("\n" in sentence for sentence in refused)


@pytest.mark.parametrize(
    "beside",
    [
        {"scheduler": {"milestones": collections.Counter([82, 123])}},
        {"best": np.mean([91.0, 92.0]), "seen": np.arange(3)},
        {"args": argparse.Namespace(model="resnet20", lr=0.1), "where": Path("x")},
        {"best_acc": torch.tensor(93.0), "acc": torch.tensor(92.0)},
        {"optimizer": {"state": {0: {"a": torch.ones(8, 3, 3, 3), "b": torch.ones(2)}}}},
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_what_scripts_save_beside_the_weights_is_passed_over(tmp_path, beside, zipped):
    state = {"conv1.weight": torch.ones(8, 3, 3, 3), "fc.weight": torch.ones(2, 8)}
    for key in ("state_dict", "model_state", "resnet20", "ema"):
        path = tmp_path / f"{key}.pt"
        torch.save({**beside, key: state}, path, _use_new_zipfile_serialization=zipped)
        assert set(read(path).tensors) == set(state)


def test_weights_are_preferred_to_their_average(tmp_path):
    state = {"conv1.weight": torch.ones(8, 3, 3, 3), "fc.weight": torch.ones(2, 8)}
    average = {name: tensor * 2 for name, tensor in state.items()}
    torch.save({"state_dict_ema": average, "net": state}, tmp_path / "a.pt")
    assert read(tmp_path / "a.pt").tensors["fc.weight"].max() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        (b"<!DOCTYPE html>\n<html>" + bytes(50), "web page"),
        (b"\n  <html><head></head></html>", "web page"),
        (b"\x89HDF\r\n\x1a\n" + bytes(50), "Keras file"),
        (b"\x1f\x8b\x08" + bytes(50), "packed archive"),
        (b"\x04\0\0\0\x01\0\0\0" + bytes(50), "Lua Torch"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, content, sentence):
    (tmp_path / "net.pth").write_bytes(content)
    assert sentence in refusal(tmp_path / "net.pth")


def test_archives_and_programs_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones(3))
    assert "NumPy arrays" in refusal(tmp_path / "a.npz")
    traced = torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2))
    torch.jit.save(traced, tmp_path / "a.pt")
    assert "TorchScript" in refusal(tmp_path / "a.pt")
    (tmp_path / "a.onnx").write_bytes(b"\x08\x08\x12\x07pytorch" + bytes(50))
    assert "ONNX" in refusal(tmp_path / "a.onnx")
