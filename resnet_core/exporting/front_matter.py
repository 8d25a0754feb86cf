"""A model card's front matter: what a hub lists and searches, in YAML.

Texts are written as JSON writes them, which YAML reads the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from resnet_core.data.catalog import NAMES
from resnet_core.errors import InvalidSetting
from resnet_core.exporting.trained import Trained

_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}")
_PLAIN = re.compile(r"[a-z][a-z_-]*")  # needs no quotes: no number, and no word of YAML's own
_OF_YAML = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def front_matter(trained: Trained, license: str | None = None) -> str:
    """The card's head, its two lines of dashes included.

    Args:
        license: an identifier such as "mit"; the card names none where its owner names none.

    Raises:
        InvalidSetting: the licence is not an identifier.
    """
    content: dict[str, Any] = {}
    if license is not None:
        content["license"] = check_license(license)
    content |= {
        "library_name": "pytorch",
        "pipeline_tag": "image-classification",
        "tags": _tags(trained),
        "datasets": [_data_id(trained)],
        "metrics": ["error"],
        "model-index": [_entry(trained)],
    }
    return "\n".join(["---", *_lines(content, 0), "---"])


def check_license(name: str) -> str:
    """The identifier in the hub's spelling.

    Raises:
        InvalidSetting: it cannot be one.
    """
    plain = name.strip().lower()
    if not _LICENSE.fullmatch(plain):
        raise InvalidSetting("license", "export.license", given=name[:60])
    return plain


def _tags(trained: Trained) -> list[str]:
    family = trained.spec.family
    kind = [family] if family == "resnet" else [family, "resnet"]
    return ["image-classification", *kind, "safetensors", "residual-playground"]


def _data_id(trained: Trained) -> str:
    """The name of a known set, or what a file of one's own is called, without its ending."""
    name = trained.data_name
    return name if name in NAMES else name.partition(".")[0] or name


def _entry(trained: Trained) -> dict[str, Any]:
    images = {"type": _data_id(trained), "name": trained.data_title}
    split = "validation" if trained.run.experiment.validation else "test"
    measured = [
        (split, trained.errors.test, trained.test_images),
        ("train", trained.errors.train, trained.evaluated_train_images),
    ]
    results = [
        {
            "task": {"type": "image-classification", "name": "Image classification"},
            "dataset": images | {"split": split},
            "metrics": [
                {
                    "type": "error",
                    "name": f"{split} error, percent, first choice",
                    "value": error,
                    "args": {"n": n, "iteration": trained.weights.iteration},
                }
            ],
        }
        for split, error, n in measured
        if error is not None
    ]
    return {"name": trained.run.title, "results": results}


def _lines(value: Any, depth: int) -> Iterator[str]:
    """A mapping or list as lines of YAML."""
    indent = "  " * depth
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _is_leaf(item):
                yield f"{indent}{key}: {_leaf(item)}"
            else:
                yield f"{indent}{key}:"
                yield from _lines(item, depth + 1 if isinstance(item, Mapping) else depth)
        return
    for item in value:
        if _is_leaf(item):
            yield f"{indent}- {_leaf(item)}"
        else:
            first, *rest = _lines(item, depth + 1)
            yield f"{indent}- {first.lstrip()}"
            yield from rest


def _is_leaf(value: Any) -> bool:
    return isinstance(value, str) or not isinstance(value, (Mapping, Sequence)) or not value


def _leaf(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _OF_YAML:
        return value
    return json.dumps(value, ensure_ascii=False)
