"""Runs as pages show them: by id, by group, as a list; their progress, captions and notes."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator

from app.figures.layers import MOST_MAPS
from app.figures.series import Series
from app.language.texts import Speaker
from app.page_state.query import PageState
from app.page_state.view import View
from resnet_core.data import sample
from resnet_core.errors import PlaygroundError, RunNotFound
from resnet_core.paper import cifar
from resnet_core.runs import imported, queries, store
from resnet_core.runs.folder import read_experiment
from resnet_core.runs.imported import Imported
from resnet_core.runs.record import ACTIVE, RESUMABLE, RunRecord, State

PAGE = 10  # twice what a screen shows; a browser takes 25 ms to draw a row

Kind = Literal["all", "active", "resumable", "finished", "diverged", "imported"]

# What a list can be narrowed to, in the order in which that is offered.
KINDS: Mapping[Kind, frozenset[State] | None] = {
    "all": None,
    "active": ACTIVE,
    "resumable": RESUMABLE,
    "finished": frozenset({"finished"}),
    "diverged": frozenset({"diverged"}),
    "imported": frozenset({"imported"}),
}


class RunsState(PageState):
    """The page Runs.

    Attributes:
        search: words that a run's text holds, all of them.
        run: the id of the run whose details are shown, or "".
    """

    kind: Kind = "all"
    search: Annotated[str, AfterValidator(lambda text: text[:200])] = ""
    run: Annotated[str, AfterValidator(lambda run_id: run_id[:64])] = ""


@dataclass(frozen=True)
class Listed:
    """One page of a list.

    Attributes:
        runs: those on the page.
        matching: how many match on all pages.
        pages: at least 1.
        queued: how many wait, to know who is last.
    """

    runs: Sequence[RunRecord]
    matching: int
    pages: int
    queued: int


def active_runs() -> list[RunRecord]:
    """Return the runs that train or wait for it, in the order of the queue."""
    return store.of_home().in_states(ACTIVE)


def group_of_runs(name: str) -> list[RunRecord]:
    """Return the runs that were started together under this name, here or recorded."""
    return queries.group(name) or [run for run in queries.recorded() if run.group == name]


def find_runs(ids: Iterable[str]) -> tuple[list[RunRecord], list[str]]:
    """Return the runs with these ids, and the ids that no run has."""
    runs, missing = [], []
    for run_id in ids:
        try:
            runs.append(queries.run(run_id))
        except RunNotFound:
            missing.append(run_id)
    return runs, missing


def source_of(run: RunRecord) -> Imported | None:
    """Return the origin of weights that were trained elsewhere; None for other runs, and where the
    file that says so is gone, which `damage_of` reports."""
    try:
        return imported.of(run)
    except PlaygroundError:
        return None


def damage_of(run: RunRecord) -> str | None:
    """Return what is missing of a run's files: "folder", "experiment" or "source", else None."""
    files = queries.folder(run)
    try:
        state = files.experiment.stat()
    except OSError:
        return "experiment" if files.path.is_dir() else "folder"
    if not _is_readable(files.experiment, state.st_mtime_ns, state.st_size):
        return "experiment"
    return "source" if run.imported and source_of(run) is None else None


@lru_cache(maxsize=4096)
def _is_readable(experiment: Path, modified: int, size: int) -> bool:
    """Read once for each state of the file: a list asks for every row, every second."""
    try:
        read_experiment(experiment.read_text(encoding="utf-8"))
    except (OSError, ValueError, PlaygroundError):
        return False
    return True


def listed(records: Sequence[RunRecord], kind: Kind, search: str, page: int) -> Listed:
    """Return a page of the runs that match.

    Args:
        records: all there are, newest first.
        page: counted from 1; a page beyond the last is the last.
    """
    runs = matching(records, kind, search)
    pages = max(1, math.ceil(len(runs) / PAGE))
    first = (min(max(page, 1), pages) - 1) * PAGE
    return Listed(
        runs=runs[first : first + PAGE],
        matching=len(runs),
        pages=pages,
        queued=sum(record.state == "queued" for record in records),
    )


def matching(records: Sequence[RunRecord], kind: Kind, search: str) -> list[RunRecord]:
    """Return all runs of a kind whose name, network, data, state or id holds every search word.

    Newest first, so that no row moves when a run starts or ends; active ones alone in the order
    in which they train.
    """
    states = KINDS[kind]
    words = search.lower().split()
    runs = [
        record
        for record in records
        if (states is None or record.state in states)
        and (not words or all(word in _text(record) for word in words))
    ]
    return sorted(runs, key=_order) if kind == "active" else runs


def counts(records: Sequence[RunRecord]) -> dict[Kind, int]:
    """Return how many runs there are of each kind."""
    return {
        kind: len(records) if states is None else sum(record.state in states for record in records)
        for kind, states in KINDS.items()
    }


def _order(record: RunRecord) -> tuple[int, float]:
    """Running, then the queue as it will start."""
    if record.state == "running":
        return 0, record.started or record.created
    return 1, record.position


def _text(record: RunRecord) -> str:
    experiment = record.experiment
    parts = (
        *(record.title, experiment.network, record.data_title, experiment.data),
        *(record.state, record.id, record.group, f"seed {experiment.seed}"),
    )
    return " ".join(parts).lower()


@dataclass(frozen=True)
class Progress:
    """Of some runs together.

    Attributes:
        share: from 0 to 1, by iterations.
        seconds_left: None where it is unknown.
    """

    share: float
    seconds_left: float | None
    active: bool


def progress(records: Sequence[RunRecord]) -> Progress:
    """Return the share of iterations computed, and the longest time left of the running runs."""
    total = sum(record.experiment.iterations for record in records if not record.imported)
    iterations = sum(record.iteration for record in records)
    left = [record.seconds_left for record in records if record.state == "running"]
    estimates = [seconds for seconds in left if seconds is not None]
    return Progress(
        share=iterations / total if total else 0.0,
        seconds_left=max(estimates) if estimates and len(estimates) == len(left) else None,
        active=any(record.state in ACTIVE for record in records),
    )


def progress_text(records: Sequence[RunRecord], say: Speaker) -> str:
    """Return one short line: "running · 62 % · 2,400 images/s · 12 s left"."""
    states = {record.state for record in records}
    labels = [say(f"common.state.{state}") for state in sorted(states)]
    parts = [", ".join(labels)] if states != {"finished"} else [say("common.state.finished")]
    now = progress(records)
    if "running" in states:
        parts.append(f"{now.share * 100:.0f} %")
        rates = [r.images_per_second for r in records if r.images_per_second]
        if rates:
            parts.append(say("charts.status.rate", n=f"{sum(rates) / len(rates):,.0f}"))
        if now.seconds_left is not None:
            parts.append(say("charts.status.left", time=duration(now.seconds_left, say)))
    return " · ".join(parts)


def duration(seconds: float, say: Speaker) -> str:
    """Return a length of time in its largest fitting unit."""
    if seconds < 90:
        return say("common.seconds", n=f"{seconds:.0f}")
    if seconds < 90 * 60:
        return say("common.minutes", n=f"{seconds / 60:.0f}")
    if seconds < 48 * 3600:
        return say("common.hours", n=f"{seconds / 3600:.1f}")
    return say("common.days", n=f"{seconds / 86400:.1f}")


_MOST_NAMED = 3


def caption(records: Sequence[RunRecord], per_curve: int, say: Speaker) -> str:
    """Return for example "CIFAR-10 · 8,000 iterations (paper: 64,000) · recorded 2026-11-20 on
    a Xeon · seed 0, n = 1".

    Args:
        per_curve: n, the most runs that one curve stands for.
    """
    if not records:
        return ""
    parts = [_listed([_data(record) for record in records])]
    trained = [record for record in records if not record.imported]
    if trained:
        length, origin = _length(trained, say), _origin(trained, say)
        parts += [length, origin, _seeds(trained, per_curve, say)]
    files = _listed([_file(record) for record in records if record.imported])
    if files:
        parts.append(say("charts.caption.imported", files=files))
    return " · ".join(part for part in parts if part)


def notes(series: Sequence[Series], view: View, say: Speaker) -> dict[str, str]:
    """Return the note under each panel: how its values were measured, and what is left out."""
    if not series:
        return {}
    response = [say("charts.response.note")]
    audits = [worst for curve in series if (worst := _worst_audit(curve)) is not None]
    if audits:
        response.append(say("charts.response.audit", percent=f"{max(audits) * 100:.2g}"))
    gradient = [say("charts.gradient.note")]
    if view.heat and len(series) > MOST_MAPS:
        gradient.append(say("charts.heat.limit", n=MOST_MAPS))
    error = [say(f"charts.error.note_{view.error}")]
    imported = [curve for curve in series if curve.imported]
    if imported:
        networks = _listed([curve.label for curve in imported])
        measured = _listed([_measured(curve.records[0]) for curve in imported])
        error.append(say("charts.error.imported", networks=networks, errors=measured))
        for note in (response, gradient):
            note.append(say("charts.response.imported"))
    return {
        "error": " ".join(error),
        "response": " ".join(response),
        "gradient": " ".join(gradient),
    }


def _worst_audit(series: Series) -> float | None:
    """Return the largest difference of response stds from a direct measurement, a fraction."""
    errors = [
        float(member.telemetry.frame["audit_error"].max())
        for member in series.members
        if "audit_error" in member.telemetry.frame
    ]
    return max((error for error in errors if not math.isnan(error)), default=None)


def _measured(record: RunRecord) -> str:
    source = source_of(record)
    return f"{record.test_error:.1f} % (n = {source.images:,})" if source else "?"


def _data(record: RunRecord) -> str:
    images = record.experiment.train_images
    title = data_title(record)
    return f"{title}, {images:,}" if images else title


def data_title(record: RunRecord) -> str:
    """Return the name of the data, with its citation where it comes with the package, and size."""
    size = record.experiment.image_size
    title = record.data_title or record.experiment.data
    cited = sample.CITED if title == sample.TITLE else title
    return f"{cited}, {size}×{size}" if size else cited


def _length(records: Sequence[RunRecord], say: Speaker) -> str:
    """Return the length of the training beside the paper's; "" where the runs differ."""
    lengths = {record.experiment.iterations for record in records}
    if len(lengths) > 1:
        return ""
    (iterations,) = lengths
    if not all(record.experiment.network.startswith("cifar/") for record in records):
        return say("charts.caption.length", n=iterations)
    key = "length_paper" if iterations == cifar.ITERATIONS else "length_beside"
    return say(f"charts.caption.{key}", n=iterations, paper=cifar.ITERATIONS)


def _origin(records: Sequence[RunRecord], say: Speaker) -> str:
    machines = _listed([record.hardware or record.device for record in records])
    if all(record.recorded for record in records):
        day = datetime.datetime.fromtimestamp(max(r.created for r in records), datetime.UTC)
        return say("charts.caption.recorded", day=f"{day:%Y-%m-%d}", machine=machines or "?")
    if any(record.recorded for record in records):
        return say("charts.caption.mixed", machine=machines)
    live = any(record.state in ACTIVE for record in records)
    key = "charts.caption.live" if live else "charts.caption.here"
    return " · ".join(filter(None, [say(key), machines]))


def _file(record: RunRecord) -> str:
    source = source_of(record)
    return source.file if source else record.title


def _seeds(records: Sequence[RunRecord], n: int, say: Speaker) -> str:
    seeds = sorted({record.experiment.seed for record in records})
    if len(seeds) == 1:
        return say("charts.caption.seed", seed=seeds[0], n=n)
    return say("charts.caption.seeds", seeds=_listed([str(seed) for seed in seeds], 6), n=n)


def _listed(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    unique = list(dict.fromkeys(name for name in names if name))
    return ", ".join(unique[:most]) + (", …" if len(unique) > most else "")
