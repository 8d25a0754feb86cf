"""What only the data can tell about an experiment, asked before anything is queued."""

from __future__ import annotations

from pathlib import Path

from resnet_core.data import catalog
from resnet_core.data.selection import DataFacts, Selection
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment


def checked(experiment: Experiment) -> tuple[Experiment, DataFacts]:
    """The experiment with its data named so that any process finds them, and their facts.

    Raises:
        DataError: the data are missing, unreadable, unsafe, empty or of one class.
        InvalidSetting: the data do not suffice for a setting.
    """
    catalog.require(experiment.data)
    facts = facts_of(experiment)
    return experiment.changed(data=_lasting_name(facts.name)), facts


def facts_of(experiment: Experiment) -> DataFacts:
    """The facts of the data as the experiment uses them, which need not be on this machine.

    Raises:
        DataError, InvalidSetting: as for `checked`.
    """
    facts = catalog.facts(Selection.of(experiment))
    if experiment.batch_size > facts.train_images:
        raise InvalidSetting(
            "batch_size",
            f"{experiment.batch_size} is more than the {facts.train_images} training images of "
            f"{facts.title}; use at most {facts.train_images}.",
        )
    return facts


def _lasting_name(name: str) -> str:
    """A path in full: the worker may have another working directory."""
    path = Path(name).expanduser()
    return str(path.resolve()) if name not in catalog.NAMES and path.exists() else name
