"""A folder that this program has exported: its `config.json` answers what weights leave open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from resnet_core.weights.answers import Answers

_CONFIG, _WEIGHTS = "config.json", "model.safetensors"
_MOST_BYTES = 2**20


def answered(
    path: Path, answers: Answers, image_size: int | None
) -> tuple[Path, Answers, int | None]:
    """Return the file of weights in a folder, and the answers that its description gives.

    What was answered already stays. Other files and folders come back as they are.
    """
    folder = path if path.is_dir() else path.parent
    weights = folder / _WEIGHTS
    if path.is_dir() and not weights.is_file():
        return path, answers, image_size
    config = _config(folder / _CONFIG) if path in (folder, weights) else {}
    network, given = config.get("network"), config.get("input")
    if not isinstance(network, Mapping) or not isinstance(given, Mapping):
        return (weights if path.is_dir() else path), answers, image_size
    said = {**network, "network": network.get("name"), "normalization": given.get("normalization")}
    known = {field.name for field in fields(answers)}
    own = {k: v for k, v in said.items() if k in known and isinstance(v, str)}
    open_ = {name: text for name, text in own.items() if getattr(answers, name) is None}
    if str(said["network"]).startswith("cifar/plain"):
        open_ = {name: text for name, text in open_.items() if name in ("network", "normalization")}
    size = given.get("image_size")
    return weights, replace(answers, **open_), image_size or (size if type(size) is int else None)


def _config(path: Path) -> Mapping[str, Any]:
    """Return the description, or nothing where this program has not written it."""
    try:
        with path.open(encoding="utf-8") as file:
            config = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    own = isinstance(config, dict) and config.get("model_type") == "residual-playground"
    return config if own else {}
