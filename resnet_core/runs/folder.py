"""The files of a job's folder: where they lie, and the record in it.

A run's folder has `experiment.json` and `run.json`, a laboratory's `state.json`. The index can
be rebuilt from them, and recordings are read from the same files.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs.record import Job, RunRecord, State, check_id
from resnet_core.system import disk, home
from resnet_core.system.texts import Message
from resnet_core.training.checkpoint.folder import checkpoint_iterations, checkpoint_path

STATE = "state.json"
_log = logging.getLogger(__name__)

_EARLIER = re.compile(r"iteration-(\d{8})\.safetensors")
# Fields that describe the moment rather than the run are left to the index.
_OF_THE_MOMENT = {"experiment", "position", "request", "heartbeat", "recorded"}
_RUN_FIELDS = {field.name for field in dataclasses.fields(RunRecord)}
# Of a laboratory's `state.json`: the names there and in `Job`.
_LAB_FIELDS = {
    "state": "state",
    "reason": "exit_reason",
    "asked": "created",
    "started": "started",
    "ended": "ended",
    "hardware": "hardware",
    "pid": "pid",
    "pid_created": "pid_created",
}


class Entry:
    """A file or folder of a fixed name in a job's folder, which need not exist."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, folder: JobFolder, owner: object = None) -> Path:
        return folder.path / self._name


@dataclass(frozen=True)
class JobFolder:
    """The files that every job has. Its one worker holds the lock for as long as it lives."""

    path: Path

    log = Entry("log.txt")
    lock = Entry("worker.lock")


@dataclass(frozen=True)
class RunFolder(JobFolder):
    """The files of one run.

    `telemetry.arrow` grows while the run lasts; `telemetry.parquet` takes its place when
    it is over. A checkpoint is a folder `checkpoints/iteration-00001234`, with `-kept` at the end
    where it stays for forks, holding `model.safetensors`, `training.pt` and `manifest.json`.
    """

    experiment = Entry("experiment.json")
    stream = Entry("telemetry.arrow")
    compacted = Entry("telemetry.parquet")
    checkpoints = Entry("checkpoints")
    # Of an import or a recording; other runs have checkpoints.
    weights = Entry("model.safetensors")
    # Of weights that were trained elsewhere, see `imported`.
    imported = Entry("imported.json")
    # A fork's own copy of what it started from: its parent's `experiment.json` and, in
    # `checkpoints`, the one checkpoint. The parent may be deleted.
    origin = Entry("origin")
    # Telemetry and logs of attempts before a retry, a folder each.
    attempts = Entry("attempts")
    responses = Entry("responses.csv")  # of every layer in both modes, beside a recording

    def earlier_weights(self, iteration: int) -> Path:
        """Return a recording's weights at an earlier iteration, which need not exist."""
        return self.path / "earlier" / f"iteration-{iteration:08d}.safetensors"

    def earlier_iterations(self) -> list[int]:
        """Return the earlier iterations that a recording has weights of, rising."""
        matches = (_EARLIER.fullmatch(path.name) for path in self.path.glob("earlier/*"))
        return sorted(int(match[1]) for match in matches if match)

    def kept_iterations(self) -> list[int]:
        """Return the iterations of the checkpoints on disk, rising. Their contents are not
        verified here."""
        return checkpoint_iterations(self.checkpoints)

    def checkpoint(self, iteration: int) -> Path:
        """Return the folder of this iteration's checkpoint, which need not exist."""
        return checkpoint_path(self.checkpoints, iteration)


def of_run(run_id: str) -> RunFolder:
    """Return the folder of the run with this id, which need not exist yet.

    Raises:
        RunNotFound: the id is not one.
    """
    return RunFolder(home.runs_folder() / check_id(run_id))


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn an error of the operating system into a sentence on a folder that cannot be written to.

    Raises:
        PlaygroundError: the folder cannot be written to.
    """
    try:
        yield
    except OSError as error:
        raise PlaygroundError("runs.folder_unwritable", path=folder, error=error) from error


def write_run(folder: Path, record: RunRecord) -> None:
    """Write both files, each in one step; an experiment never changes once it is written.

    Raises:
        OSError: the folder cannot be written to.
    """
    if not (folder / "experiment.json").exists():
        disk.write_whole(folder / "experiment.json", record.experiment.model_dump_json(indent=2))
    disk.write_whole(folder / "run.json", json.dumps(to_dict(record), indent=2, ensure_ascii=False))


def read_run(folder: Path) -> RunRecord:
    """Return the run that a folder describes; without a `run.json`, one that never started.

    Raises:
        PlaygroundError: `experiment.json` is missing or cannot be read.
    """
    try:
        experiment = read_experiment((folder / "experiment.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, PlaygroundError) as error:
        raise PlaygroundError(
            "runs.no_experiment_file", run=folder.name, error=error, folder=folder
        ) from error
    values = _read_json(folder / "run.json")
    fields = {name: value for name, value in values.items() if name in _RUN_FIELDS - _OF_THE_MOMENT}
    fields.setdefault("state", "interrupted")
    fields.setdefault("created", folder.stat().st_mtime)
    return RunRecord(**{**fields, "id": check_id(folder.name), "experiment": experiment})


def to_dict(record: RunRecord) -> dict[str, Any]:
    """Return the record's lasting facts without the experiment, ready for JSON."""
    return {
        field.name: getattr(record, field.name)
        for field in dataclasses.fields(record)
        if field.name not in _OF_THE_MOMENT
    }


def read_experiment(text: str) -> Experiment:
    """Return an experiment from its JSON.

    Raises:
        ValueError: it is not one (pydantic's ValidationError is a ValueError).
        PlaygroundError: a setting contradicts another.
    """
    return Experiment.model_validate_json(text)


def write_laboratory(folder: Path, job: Job) -> None:
    """Write `state.json` in one step.

    Raises:
        OSError: the folder cannot be written to.
    """
    values = {name: getattr(job, field) for name, field in _LAB_FIELDS.items()}
    disk.write_whole(folder / STATE, json.dumps(values, indent=2, ensure_ascii=False))


def read_laboratory(folder: Path) -> Job:
    """Return the job that a laboratory's folder describes; one that is damaged has failed."""
    values = _read_json(folder / STATE)
    fields = {field: values[name] for name, field in _LAB_FIELDS.items() if name in values}
    if fields.get("state") == "waiting":  # the word of earlier versions
        fields["state"] = "queued"
    if fields.get("state") not in get_args(State) or not _has_right_types(fields):
        reason = Message("errors.labs.state_damaged").dumps()
        fields = {"state": "failed", "exit_reason": reason}
    return Job(**{"created": 0.0, **fields, "id": folder.name})


def _has_right_types(fields: Mapping[str, Any]) -> bool:
    """Return whether each value of a job that was read is of the kind that its field has."""
    for field in dataclasses.fields(Job):
        value = fields.get(field.name)
        if field.name not in fields or (value is None and "None" in str(field.type)):
            continue
        kinds: type | tuple[type, ...] = str
        if "float" in str(field.type) or "int" in str(field.type):
            kinds = (int, float) if "float" in str(field.type) else int
        if not isinstance(value, kinds) or isinstance(value, bool):
            return False
    return True


def all_laboratories(labs_folder: Path) -> Iterator[Job]:
    """Return the jobs of all results in a folder of results, in the order of their requests."""
    jobs = [read_laboratory(path.parent) for path in labs_folder.glob(f"*/{STATE}")]
    return iter(sorted(jobs, key=lambda job: job.created))


def all_jobs(runs_folder: Path, labs_folder: Path) -> Iterator[Job]:
    """Yield the jobs that the folders describe, for a new index.

    A run that was queued becomes paused, for its place is lost and nothing should start
    unasked; one that was running keeps its worker's pid, and the supervisor finds out.
    """
    for folder in sorted(runs_folder.iterdir()) if runs_folder.is_dir() else []:
        if not (folder / "experiment.json").is_file():
            continue
        try:
            run = read_run(folder)
        except (PlaygroundError, TypeError) as error:
            _log.warning("The run in %s is left out: %s", folder, error)
            continue
        if run.state == "queued":
            reason = Message("errors.runs.place_lost").dumps()
            run = dataclasses.replace(run, state="paused", exit_reason=reason)
        yield run
    for number, job in enumerate(all_laboratories(labs_folder), start=1):
        yield dataclasses.replace(job, position=float(number))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        return {}
    return values if isinstance(values, dict) else {}
