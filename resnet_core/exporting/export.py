"""A run written into a folder, in one format or several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from resnet_core.errors import InvalidSetting
from resnet_core.exporting import event_files, formats, hub
from resnet_core.exporting.formats import FORMATS, Format
from resnet_core.runs import export as tables
from resnet_core.runs import queries
from resnet_core.system import atomic_folder


def export(
    run_id: str,
    folder: Path,
    wanted: Sequence[Format] = ("tables",),
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
    chosen = list(dict.fromkeys(wanted)) or [FORMATS[0]]
    if license is not None and "hub" not in chosen:
        raise InvalidSetting("license", "export.license_without_card")
    for what in chosen:
        formats.require(what)
    queries.run(run_id)
    with atomic_folder.filled(folder) as place:
        for what in chosen:
            inside = place if len(chosen) == 1 else place / what
            inside.mkdir(exist_ok=True)
            _write(what, run_id, inside, license)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write(what: Format, run_id: str, folder: Path, license: str | None) -> None:
    if what == "tables":
        tables.write(run_id, folder)
    elif what == "hub":
        hub.write(run_id, folder, license)
    elif what == "tensorboard":
        event_files.write(run_id, folder)
    else:
        from resnet_core.exporting import onnx_file  # torch

        onnx_file.write(run_id, folder)
