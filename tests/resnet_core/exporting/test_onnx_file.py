"""ONNX files compute what PyTorch does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from resnet_core.errors import PlaygroundError
from resnet_core.networks.catalog import build
from resnet_core.specs.names import spec_of
from tests.resnet_core.exporting.recorded import RESNET_20

REASON = "the extra requirements-onnx.txt is not installed"
onnx = pytest.importorskip("onnx", reason=REASON)
pytest.importorskip("onnxscript", reason=REASON)
runtime = pytest.importorskip("onnxruntime", reason=REASON)

from resnet_core.exporting import onnx_file  # noqa: E402, after the packages it needs


def shuffled_statistics(network: torch.nn.Module) -> torch.nn.Module:
    """Running statistics as training leaves them, so that their use shows."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("cifar/preresnet-8", {"shortcut": "B", "image_size": 16, "width": 4}),
        ("imagenet/resnet-18", {"image_size": 48, "classes": 5}),
    ],
)
def test_any_number_of_images(name: str, settings: dict[str, object], tmp_path: Path) -> None:
    spec = spec_of(name, **settings)
    network = shuffled_statistics(build(spec, seed=0))
    path = tmp_path / "model.onnx"
    assert onnx_file.convert(network, spec, path) <= 1e-4
    onnx.checker.check_model(onnx.load(path))
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for count in (1, 5):
        images = torch.randn(count, 3, spec.image_size, spec.image_size)
        (scores,) = session.run(["scores"], {"images": images.numpy()})
        with torch.inference_mode():
            torch.testing.assert_close(
                torch.from_numpy(scores), network(images), rtol=1e-4, atol=1e-4
            )


def test_a_run(out: Path, home: Path) -> None:
    onnx_file.write(RESNET_20, out)
    names = {"model.onnx", "config.json", "preprocessing.safetensors"}
    assert {path.name for path in out.iterdir()} == names
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert config["weights"]["file"] == "model.onnx"
    model = onnx.load(out / "model.onnx")
    (given,) = model.graph.input
    assert [d.dim_value for d in given.type.tensor_type.shape.dim][1:] == [3, 16, 16]


def test_a_file_that_computes_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "difference", lambda *_: 0.5)
    spec = spec_of("cifar/resnet-8", image_size=8, width=2)
    with pytest.raises(PlaygroundError, match=r"logits differ by 5\.0e-01"):
        onnx_file.convert(build(spec, seed=0), spec, tmp_path / "model.onnx")
