"""A run that ships with the project, with weights, and variations of it."""

from __future__ import annotations

import dataclasses
from typing import Any

from resnet_core.exporting.trained import Trained, load_trained

RESNET_20 = "one-minute-resnet-20-seed-0"


def varied(run: dict[str, Any] | None = None, **settings: Any) -> Trained:
    """The recorded run, had it been trained with other settings.

    Args:
        run: fields of the `RunRecord`.
        settings: of the `Experiment`.
    """
    found = load_trained(RESNET_20)
    experiment = found.run.experiment.changed(**settings)
    record = dataclasses.replace(found.run, experiment=experiment, **(run or {}))
    return dataclasses.replace(found, run=record)
