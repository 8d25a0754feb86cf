"""Names of other code, matched by shapes and order. The names are those that the code writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor
from torchvision import models

from resnet_core.errors import CheckpointError
from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.names import Spec
from resnet_core.weights import loading

SPEC = NetworkSpec(depth=20, width=8, shortcut="B")
PLAIN = NetworkSpec(depth=14, width=8)


def state_of(spec: Spec) -> dict[str, Tensor]:
    torch.manual_seed(0)
    state = build(spec, 0).state_dict()
    for name, value in state.items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif value.is_floating_point():
            value.add_(torch.randn(value.shape) * 0.1)
    return dict(state)


def renamed(state: dict[str, Tensor], *rules: tuple[str, str]) -> dict[str, Tensor]:
    result = {}
    for old, value in state.items():
        name = old
        for pattern, new in rules:
            name = re.sub(pattern, new, name)
        result[name] = value
    return result


def loaded(state: dict[str, Tensor], path: Path, form: str) -> dict[str, Tensor]:
    if form == "safetensors":
        safetensors.torch.save_file({n: t.contiguous() for n, t in state.items()}, path)
    else:
        torch.save({"state_dict": state}, path)
    translation = loading.load(path)[1]
    return translation.tensors


PRUNING = ((r"^conv1", "conv_1_3x3"), (r"^bn1", "bn_1"), (r"^fc", "classifier"),
           (r"layer(\d)", r"stage_\1"), (r"conv1$|conv1\.", "conv_a."), (r"conv2\.", "conv_b."),
           (r"\.bn1\.", ".bn_a."), (r"\.bn2\.", ".bn_b."))  # fmt: skip
SEQUENCES = ((r"^conv1\.", "conv1.0."), (r"^bn1\.", "conv1.1."),
             (r"layer(\d)\.(\d+)\.conv1", r"conv\1_x.\2.residual_function.0"),
             (r"layer(\d)\.(\d+)\.bn1", r"conv\1_x.\2.residual_function.1"),
             (r"layer(\d)\.(\d+)\.conv2", r"conv\1_x.\2.residual_function.3"),
             (r"layer(\d)\.(\d+)\.bn2", r"conv\1_x.\2.residual_function.4"),
             (r"layer(\d)\.(\d+)\.downsample", r"conv\1_x.\2.shortcut"))  # fmt: skip
HEADS = [((r"^fc\.", f"{head}."),) for head in ("fc.1", "last_linear", "output", "head")]
TWO_PREFIXES = ((r"^fc\.", "head.fc."), (r"^(conv1|bn1|layer)", r"backbone.\1"))


@pytest.mark.parametrize("form", ["zip", "safetensors"])
@pytest.mark.parametrize("rules", [PRUNING, SEQUENCES, TWO_PREFIXES, *HEADS])
@pytest.mark.parametrize("spec", [SPEC, PLAIN], ids=["projections", "padding"])
def test_names_of_other_code_are_matched_with_the_same_tensors(
    tmp_path: Path, spec: NetworkSpec, rules: tuple[tuple[str, str], ...], form: str
) -> None:
    state = state_of(spec)
    found = loaded(renamed(state, *rules), tmp_path / "net", form)
    for name, value in state.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(found[name], value), name


def test_transformers_names_are_torchvisions_network(tmp_path: Path) -> None:
    state = models.resnet18(num_classes=5).state_dict()
    rules = ((r"^conv1", "resnet.embedder.embedder.convolution"),
             (r"^bn1", "resnet.embedder.embedder.normalization"), (r"^fc", "classifier.1"),
             (r"layer(\d)\.(\d)", lambda m: f"resnet.encoder.stages.{int(m[1]) - 1}.layers.{m[2]}"),
             (r"conv(\d)\.", lambda m: f"layer.{int(m[1]) - 1}.convolution."),
             (r"\.bn(\d)\.", lambda m: f".layer.{int(m[1]) - 1}.normalization."),
             (r"downsample\.0", "shortcut.convolution"),
             (r"downsample\.1", "shortcut.normalization"))  # fmt: skip
    found = loaded(renamed(state, *rules), tmp_path / "net", "safetensors")
    for name, value in state.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(found[name], value), name


def test_a_preactivation_network_is_told_from_a_postactivation_one(tmp_path: Path) -> None:
    spec = NetworkSpec("preresnet", 14, width=8, shortcut="B")
    state = state_of(spec)
    found = loaded(renamed(state, (r"^fc\.", "head."), (r"^bn\.", "norm.")), tmp_path / "a", "zip")
    assert all(torch.equal(found[n], v) for n, v in state.items() if "tracked" not in n)


def test_biases_of_convolutions_change_nothing_but_a_mean(tmp_path: Path) -> None:
    state = state_of(SPEC)
    biased = dict(state)
    for name, value in state.items():
        if value.dim() == 4:
            bias = torch.randn(value.shape[0])
            biased[name.replace("weight", "bias")] = bias
            path = name.removesuffix(".weight")
            behind = path[:-1] + "1" if "downsample" in path else path.replace("conv", "bn")
            biased[f"{behind}.running_mean"] = state[f"{behind}.running_mean"] + bias
    found = loaded(biased, tmp_path / "net", "zip")
    for name, value in state.items():
        if "tracked" not in name:
            torch.testing.assert_close(found[name], value, msg=name)


def test_what_is_no_layer_is_passed_over_and_said(tmp_path: Path) -> None:
    state = {f"model.{n}": v for n, v in state_of(SPEC).items()}
    state["criterion.weight"] = torch.ones(10)
    state["model.layer1.0.total_ops"] = torch.zeros(1, dtype=torch.float64)
    torch.save(state, tmp_path / "net")
    translation = loading.load(tmp_path / "net")[1]
    assert "criterion.weight" in " ".join(map(str, translation.notes))
    layer = {"0.mean": torch.tensor([0.4, 0.5, 0.6]), "0.std": torch.tensor([0.2, 0.3, 0.4])}
    torch.save({**layer, **{f"1.{n}": v for n, v in state_of(SPEC).items()}}, tmp_path / "net")
    statistics = loading.load(tmp_path / "net")[1].statistics
    assert statistics is not None
    assert statistics[0] == pytest.approx((0.4, 0.5, 0.6))


def test_a_layer_of_another_shape_is_never_matched(tmp_path: Path) -> None:
    state = renamed(state_of(SPEC), *PRUNING)
    state["stage_2.1.conv_a.weight"] = torch.ones(16, 16, 1, 1)
    torch.save(state, tmp_path / "net")
    with pytest.raises(CheckpointError):
        loading.load(tmp_path / "net")


def test_networks_that_are_not_the_papers_are_named(tmp_path: Path) -> None:
    state = {k: v for k, v in models.resnet18(num_classes=10).state_dict().items()}
    torch.save({**state, "conv1.weight": torch.ones(64, 3, 3, 3)}, tmp_path / "net")
    with pytest.raises(CheckpointError, match="four stages of 64, 128, 256, 512 channels"):
        loading.load(tmp_path / "net")
    bare = state_of(NetworkSpec("preresnet", 14, width=8, shortcut="B"))
    bare = {n: v for n, v in bare.items() if "downsample.1" not in n}
    torch.save(bare, tmp_path / "net")
    with pytest.raises(CheckpointError, match="projections have no batch normalisation"):
        loading.load(tmp_path / "net")
