"""A run written into a folder: the formats, the packages that some need, and the export itself.

Without torch, so that a page can name missing packages before an export is requested.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.runs import queries
from resnet_core.system import atomic_folder
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


def missing(name: Format) -> Message | None:
    """Return a message on the packages to install for this format; None: none is missing."""
    packages = EXTRAS.get(name, ())
    absent = [package for package in packages if importlib.util.find_spec(package) is None]
    return Message(f"errors.export.extra_{name}", packages=absent) if absent else None


def require(name: Format) -> None:
    """Accept a format that can be written here.

    Raises:
        MissingExtra: it cannot; says what to install.
    """
    message = missing(name)
    if message is not None:
        raise MissingExtra.of(message)


def export(
    run_id: str,
    folder: Path,
    formats: Sequence[Format] = ("tables",),
    license: str | None = None,
) -> list[Path]:
    """Write a run into a new or empty folder: one format as it is, of several each into a folder
    of its own name. After an error there is nothing new on the disk.

    Args:
        license: for the model card; an identifier such as "mit".

    Returns:
        The files written.

    Raises:
        RunNotFound: there is no such run.
        MissingExtra: a format's packages are not installed.
        InvalidSetting: a licence where there is no model card, or one that is none.
        PlaygroundError: the run has not come so far yet, or the folder cannot be written to.
    """
    formats = list(dict.fromkeys(formats)) or [FORMATS[0]]
    if license is not None and "hub" not in formats:
        raise InvalidSetting("license", "export.license_without_card")
    for name in formats:
        require(name)
    queries.run(run_id)
    with atomic_folder.filled(folder) as place:
        for name in formats:
            subfolder = place if len(formats) == 1 else place / name
            subfolder.mkdir(exist_ok=True)
            _write(name, run_id, subfolder, license)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write(name: Format, run_id: str, folder: Path, license: str | None) -> None:
    # Imported here: each takes long, or needs packages that may be missing.
    if name == "tables":
        from resnet_core.exporting import tables

        tables.write(run_id, folder)
    elif name == "hub":
        from resnet_core.exporting import hub

        hub.write(run_id, folder, license)
    elif name == "tensorboard":
        from resnet_core.exporting import event_files

        event_files.write(run_id, folder)
    else:
        from resnet_core.exporting import onnx_file

        onnx_file.write(run_id, folder)
