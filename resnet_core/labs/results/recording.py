"""A finished result, made small enough to ship with the project in `assets/recorded/labs`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from resnet_core.errors import WrongState
from resnet_core.labs import status
from resnet_core.labs.results.folder import LabFolder, of_recording, of_result, write_whole

# Digits of a number that any sentence or picture shows, and some more.
_DIGITS = 6


def record(lab_id: str) -> Path:
    """Put a result of this home folder on record; returns the folder.

    The answer to the question that a laboratory's page opens with has the laboratory's name,
    any other its own id.

    Raises:
        WrongState: it is not finished.
        PlaygroundError: it cannot be read.
    """
    source = of_result(lab_id)
    order, found = source.read_order(), status.read(source)
    if found.state != "finished":
        raise WrongState(f"{lab_id} is {found.state}; only finished results can be recorded.")
    target = of_recording(order.id if order.to_query() else order.laboratory)
    target.path.mkdir(parents=True, exist_ok=True)
    write_whole(target.events, _thinned(source))
    status.write(target, replace(found, pid=None, pid_created=None))
    target.write_order(order)
    return target.path


def _thinned(source: LabFolder) -> str:
    """The events without the steps of the progress bar, numbers rounded."""
    lines = [json.loads(text) for text in source.events.read_text("utf-8").splitlines()]
    last = max((n for n, said in enumerate(lines) if said["kind"] == "progress"), default=None)
    kept = (said for n, said in enumerate(lines) if said["kind"] != "progress" or n == last)
    return "".join(json.dumps(_rounded(said), ensure_ascii=False) + "\n" for said in kept)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value
