"""Checkpoints: what a run needs to go on as if it had never been interrupted, and a fork's start.

A fork starts with its parent's weights, made to fit what was changed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from resnet_core.errors import CheckpointError
from resnet_core.experiments.network_settings import (
    NetworkSettings,
    check_fork,
    is_pre_activation,
)
from resnet_core.system.disk import full_disk_explained, replace, sync_folder, write_synced
from resnet_core.training.checkpoint.folder import (
    FORMAT,
    MANIFEST,
    TRAINING,
    WEIGHTS,
    checkpoint_path,
    checkpoint_paths,
    is_kept,
    iteration_of,
    verify_checkpoint,
)

_UNFINISHED = ".unfinished-"
_EPS = nn.BatchNorm2d(1).eps


@dataclass(frozen=True)
class Checkpoint:
    """A run at one iteration.

    Attributes:
        iteration: updates made.
        weights: every tensor of the network's state dict, BN's statistics among them, on the CPU.
        training: momentum, data order, random states, schedule, sums, seconds: plain values
            and tensors, so that reading them executes nothing.
    """

    iteration: int
    weights: dict[str, Tensor]
    training: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint, kept: bool = False) -> Path:
    """Write a checkpoint into the run's checkpoint folder, all or nothing; return its path.

    The previous one stays; earlier ones are deleted unless they were `kept`, and so are those of
    later iterations: a run that is at an earlier iteration could not use them. A sound checkpoint
    of the same iteration and weights stays as it is.

    Raises:
        PlaygroundError: the disk is full; the existing checkpoints are unchanged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_unfinished(folder)
    same = [path for path in checkpoint_paths(folder) if iteration_of(path) == checkpoint.iteration]
    target = checkpoint_path(folder, checkpoint.iteration, kept or any(map(is_kept, same)))
    weights = {name: tensor.contiguous() for name, tensor in checkpoint.weights.items()}
    content = {WEIGHTS: safetensors.torch.save(weights), TRAINING: _serialized(checkpoint.training)}
    sha256 = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    sound = [path for path in same if _has_weights(path, sha256[WEIGHTS])]
    unfinished = folder / f"{_UNFINISHED}{os.getpid()}"
    try:
        with full_disk_explained(folder):
            if sound:
                if target not in sound:
                    replace(sound[0], target)
            else:
                _write(unfinished, content, _manifest(checkpoint.iteration, sha256))
                for path in same:
                    _delete(path)
                replace(unfinished, target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    _delete_others(folder, target)
    return target


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint and verify it against its checksums.

    Raises:
        CheckpointError: a file is missing or damaged.
    """
    verified = verify_checkpoint(path)
    try:
        weights = safetensors.torch.load((path / WEIGHTS).read_bytes())
        training = torch.load(path / TRAINING, map_location="cpu", weights_only=True)
    except (
        safetensors.SafetensorError,
        pickle.UnpicklingError,
        RuntimeError,
        EOFError,
        OSError,
    ) as error:
        raise CheckpointError("checkpoint.unreadable", path=path, reason=error) from error
    return Checkpoint(verified.iteration, weights, training)


def weights_sha256(weights: Mapping[str, Tensor]) -> str:
    """Return SHA-256 over names, types, shapes and bytes of the tensors, in order of name."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _serialized(training: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    torch.save(training, buffer)
    return buffer.getvalue()


def _manifest(iteration: int, sha256: Mapping[str, str]) -> bytes:
    manifest = {"format": FORMAT, "iteration": iteration, "sha256": sha256}
    return json.dumps(manifest, indent=1).encode()


def _write(folder: Path, content: Mapping[str, bytes], manifest: bytes) -> None:
    folder.mkdir()
    for name, data in {**content, MANIFEST: manifest}.items():
        write_synced(folder / name, data)
    sync_folder(folder)


def _has_weights(path: Path, sha256: str) -> bool:
    try:
        return verify_checkpoint(path).sha256[WEIGHTS] == sha256
    except CheckpointError:
        return False


def _delete_others(folder: Path, newest: Path) -> None:
    passing = [path for path in checkpoint_paths(folder) if not is_kept(path) and path != newest]
    iteration = iteration_of(newest)
    earlier = [path for path in passing if iteration_of(path) < iteration]
    for path in passing:
        if path not in earlier[-1:]:
            _delete(path)


def _delete(path: Path) -> None:
    """Take the checkpoint's name away first: half a folder must not look like a whole one."""
    unnamed = path.with_name(f"{_UNFINISHED}{path.name}")
    path.rename(unnamed)
    shutil.rmtree(unnamed, ignore_errors=True)


def _remove_unfinished(folder: Path) -> None:
    """Remove what a killed process left: a run has one writer, so no other process uses it."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(path, ignore_errors=True)


def carry_over(
    parent: NetworkSettings, weights: Mapping[str, Tensor], child: NetworkSettings
) -> dict[str, Tensor]:
    """The parent's weights under the child's names, for `Session(initial_weights=...)`.

    Removing or adding shortcuts changes no tensor of the branches. Where BN is dropped, each
    BN becomes part of the convolution before it, so that the child is the same function as
    its parent in evaluation mode; where BN is added, it starts as the biases that it replaces.

    Raises:
        InvalidSetting: a change that leaves no weights of use.
    """
    check_fork(parent, child)
    if parent.batch_norm and not child.batch_norm:
        return _folded(weights)
    if child.batch_norm and not parent.batch_norm and not is_pre_activation(parent):
        return _shifted(weights)
    return dict(weights)


def _folded(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """gamma (w x - mean) / sqrt(v + eps) + beta = w' x + b', mean and v being running ones."""
    norms = [name.removesuffix(".running_var") for name in weights if name.endswith("running_var")]
    result = {name: t for name, t in weights.items() if name.rpartition(".")[0] not in norms}
    for bn in norms:
        convolution = _convolution_of(bn)
        deviation = torch.sqrt(weights[f"{bn}.running_var"].double() + _EPS)
        scale = weights[f"{bn}.weight"].double() / deviation  # C
        kernel = weights[f"{convolution}.weight"]  # C, C', k, k
        shift = weights[f"{bn}.bias"].double() - scale * weights[f"{bn}.running_mean"].double()
        result[f"{convolution}.weight"] = (kernel.double() * scale[:, None, None, None]).float()
        result[f"{convolution}.bias"] = shift.float()
    return result


def _shifted(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each convolution's bias as its BN's; scale 1 and running statistics 0 and 1 are new."""
    result = {}
    for name, tensor in weights.items():
        layer, _, kind = name.rpartition(".")
        before_bn = kind == "bias" and not layer.endswith((".gate", "fc"))
        result[f"{_bn_of(layer)}.bias" if before_bn else name] = tensor
    return result


def _convolution_of(bn: str) -> str:
    """layer1.0.bn2 -> layer1.0.conv2, layer2.0.downsample.1 -> layer2.0.downsample.0."""
    head, _, last = bn.rpartition(".")
    return f"{head}.0" if last == "1" else bn.replace("bn", "conv")


def _bn_of(convolution: str) -> str:
    head, _, last = convolution.rpartition(".")
    return f"{head}.1" if last == "0" else convolution.replace("conv", "bn")


@torch.no_grad()
def load_fitting(model: nn.Module, weights: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Copy the tensors whose names and shapes fit; return the names of the others.

    Raises:
        CheckpointError: none of the layers fits.
    """
    own = model.state_dict()
    fitting = {name for name in own if name in weights and weights[name].shape == own[name].shape}
    if not any(own[name].dim() > 1 for name in fitting):
        raise CheckpointError("checkpoint.nothing_fits")
    for name in fitting:
        own[name].copy_(weights[name])
    return tuple(name for name in own if name not in fitting)
