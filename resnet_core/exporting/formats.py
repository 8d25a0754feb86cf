"""What a run can be exported as, and which of it needs packages that are not always there.

Without torch, so that a page can say what is missing before anything is asked for.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Literal, get_args

from resnet_core.errors import PlaygroundError
from resnet_core.system.texts import Message

Format = Literal["tables", "hub", "tensorboard", "onnx"]
FORMATS: tuple[Format, ...] = get_args(Format)

# Packages beyond requirements.txt; the file that names their versions is requirements-FORMAT.txt.
EXTRAS: Mapping[Format, tuple[str, ...]] = {
    "tensorboard": ("tensorboard",),
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
}


class MissingExtra(PlaygroundError):
    """A format whose packages are not installed; the message says how to install them."""


def missing(what: Format) -> Message | None:
    """Return what has to be installed for this format; None where nothing has to be."""
    packages = EXTRAS.get(what, ())
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    return Message(f"errors.export.extra_{what}", packages=absent) if absent else None


def require(what: Format) -> None:
    """Accept a format that can be written here.

    Raises:
        MissingExtra: it cannot; says what to install.
    """
    message = missing(what)
    if message is not None:
        raise MissingExtra.of(message)
