"""The code that computes a block, as it is on disk: the project's, or torchvision's.

Read with `ast`; torchvision's folder is found without importing it.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from app.widgets.show_code import BLOCK_CLASSES, Source, source_of
from resnet_core.specs.names import Spec

_BLOCKS = "resnet_core/networks/blocks.py"
_REFERENCES = "resnet_core/networks/references.py"


def code_of(spec: Spec) -> list[Source]:
    """What a block of this network is made by: its forward pass, and its layers."""
    if spec.family == "vgg":
        return [source_of(_REFERENCES, "_vgg"), *_torchvision("vgg.py", "make_layers")]
    if spec.family == "googlenet":
        return [
            *_torchvision("googlenet.py", "Inception"),
            source_of(_REFERENCES, "ConvolutionUnit"),
        ]
    classes: dict[str, str] = {**BLOCK_CLASSES}
    order = "pre_activation" if spec.family == "preresnet" else "post_activation"
    return [
        source_of(_BLOCKS, classes[spec.family]),
        source_of(_BLOCKS, "Block.residual"),
        source_of(_BLOCKS, spec.block),
        source_of(_BLOCKS, order),
    ]


@lru_cache(maxsize=8)
def _torchvision(file: str, name: str) -> tuple[Source, ...]:
    """A definition in one of torchvision's models; none where it is not installed."""
    package = find_spec("torchvision")
    if package is None or not package.submodule_search_locations:
        return ()
    path = Path(package.submodule_search_locations[0]) / "models" / file
    text = path.read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if getattr(node, "name", None) == name:
            code = ast.get_source_segment(text, node) or ""
            return (Source(f"torchvision/models/{file}", name, node.lineno, code),)
    return ()
