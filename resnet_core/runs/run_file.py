"""`experiment.json` and `run.json`: what a run's folder itself says of the run.

The index can be rebuilt from them, and a recording is read from the same two files.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs.record import RunRecord, check_id
from resnet_core.system import disk

# What describes the moment rather than the run is left to the index.
_OF_THE_MOMENT = {"experiment", "position", "request", "heartbeat", "recorded"}
_FIELDS = {field.name for field in dataclasses.fields(RunRecord)}


def write(folder: Path, record: RunRecord) -> None:
    """Write both files, each in one step; an experiment never changes once it is written.

    Raises:
        OSError: the folder cannot be written to.
    """
    if not (folder / "experiment.json").exists():
        _replace(folder / "experiment.json", record.experiment.model_dump_json(indent=2))
    _replace(folder / "run.json", json.dumps(to_dict(record), indent=2, ensure_ascii=False))


def read(folder: Path) -> RunRecord:
    """The run as its folder describes it; without a `run.json`, a run that was never started.

    Raises:
        PlaygroundError: `experiment.json` is missing or cannot be read.
    """
    try:
        experiment = read_experiment((folder / "experiment.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise PlaygroundError(
            f"{folder.name} has no readable experiment.json ({error}); delete the folder {folder}."
        ) from error
    said = _said(folder / "run.json")
    described = {name: value for name, value in said.items() if name in _FIELDS - _OF_THE_MOMENT}
    described.setdefault("state", "interrupted")
    described.setdefault("created", folder.stat().st_mtime)
    return RunRecord(**{**described, "id": check_id(folder.name), "experiment": experiment})


def to_dict(record: RunRecord) -> dict[str, Any]:
    """The record's lasting facts but for the experiment, ready for JSON."""
    return {
        field.name: getattr(record, field.name)
        for field in dataclasses.fields(record)
        if field.name not in _OF_THE_MOMENT
    }


def read_experiment(text: str) -> Experiment:
    """An experiment from its JSON.

    Raises:
        ValueError: it is not one (pydantic's ValidationError is a ValueError).
        PlaygroundError: a setting contradicts another.
    """
    return Experiment.model_validate_json(text)


def _said(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, json.JSONDecodeError):
        return {}
    return said if isinstance(said, dict) else {}


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        disk.write_synced(partial, text.encode())
        disk.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
