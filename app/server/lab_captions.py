"""A laboratory's result in words: where it comes from, how far it is, what it found."""

from __future__ import annotations

from typing import Any

from app import services
from app.figures.labels import network_label
from app.language.errors import translated
from app.language.progress import duration
from app.language.texts import Language, Speaker, say
from resnet_core.labs.results.results import Result
from resnet_core.runs.cifar10 import ORIGINAL, is_of_a_copy
from resnet_core.runs.record import RunRecord


def share(result: Result) -> float | None:
    """How much is done, from 0 to 1; None until the laboratory has said so."""
    progress = result.progress
    return min(1.0, progress.done / progress.total) if progress and progress.total else None


def origin(result: Result, speak: Speaker) -> str:
    """One or two words: recorded, running, computed here."""
    if not result.recorded:
        return speak(f"labs.common.origin.{result.state}")
    return speak("labs.common.origin.recorded", day=result.day)


def status_line(result: Result, speak: Speaker) -> str:
    """How far it is and how long it still takes, or took."""
    done = share(result)
    if result.state == "queued":
        return speak("labs.common.status.queued")
    if result.state == "running":
        if not done or not result.seconds:
            return ""
        left = result.seconds * (1 - done) / done
        return speak(
            "labs.common.status.left", percent=f"{done * 100:.0f}", time=duration(left, speak)
        )
    if result.state == "stopped":
        return speak("labs.common.status.stopped", percent=f"{(done or 0) * 100:.0f}")
    if result.state == "finished" and result.seconds:
        return speak("labs.common.status.took", time=duration(result.seconds, speak))
    return ""


def complaint(result: Result, language: Language) -> str:
    """Why it failed, else nothing."""
    if result.state not in {"failed", "interrupted"}:
        return ""
    return say(language, "labs.common.failed", reason=translated(result.exit_reason, language))


def verdicts(result: Result, speak: Speaker) -> list[str]:
    """What the numbers say, a sentence a claim."""
    name = result.request.laboratory
    return [
        speak(f"labs.{name}.finding.{verdict.finding}", **verdict.values)
        for verdict in result.verdicts
    ]


def caption(result: Result, speak: Speaker) -> str:
    """Networks, data, seeds and machine: where the numbers come from."""
    found, missing = services.known(result.request.runs)
    names = [_network(record, speak) for record in found] + list(missing)
    if names:
        parts = [speak("labs.common.caption.networks", names=", ".join(names))]
    else:
        parts = [speak("labs.common.caption.own_networks")]
    data = list(dict.fromkeys(_data(record, speak) for record in found))
    if data:
        parts.append(speak("labs.common.caption.data", names=", ".join(data)))
    parts.append(speak("labs.common.caption.seed", seed=result.request.settings.seed))
    if result.hardware:
        key = "recorded" if result.recorded else "here"
        parts.append(speak(f"labs.common.caption.{key}", hardware=result.hardware))
    return " · ".join(parts)


def _network(record: RunRecord, speak: Speaker) -> str:
    values: dict[str, Any] = {
        "name": network_label(record.experiment.network),
        "seed": record.experiment.seed,
    }
    if record.imported:
        source = services.source(record)
        file = source.file if source else "?"
        return speak("labs.common.caption.network_imported", name=values["name"], file=file)
    if record.recorded:
        return speak("labs.common.caption.network_recorded", **values)
    return speak("labs.common.caption.network", **values)


def _data(record: RunRecord, speak: Speaker) -> str:
    size = record.experiment.image_size
    title = record.data_title or record.experiment.data
    if is_of_a_copy(record) and record.experiment.data == ORIGINAL.name:
        title = speak("labs.common.caption.original", original=ORIGINAL.title, copy=title)
    return f"{title}, {size}×{size}" if size else title
