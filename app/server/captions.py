"""Captions and notes of charts: data, length, machine and seeds; how values were measured."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence

from app.figures.layers import MOST_MAPS
from app.figures.series import Series
from app.language.texts import Speaker
from app.page_data.runs import source_of
from app.page_state.view import View
from resnet_core.paper import cifar
from resnet_core.runs.record import ACTIVE, RunRecord

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
    size = record.experiment.image_size
    title = record.data_title or record.experiment.data
    images = record.experiment.train_images
    sized = f"{title}, {size}×{size}" if size else title
    return f"{sized}, {images:,}" if images else sized


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
