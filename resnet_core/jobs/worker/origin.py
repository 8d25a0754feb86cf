"""Where a fork starts: its own copy of its parent's checkpoint."""

from __future__ import annotations

import logging

from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import run_file
from resnet_core.runs.folder import RunFolder
from resnet_core.training.checkpoint.files import load_checkpoint
from resnet_core.training.checkpoint.folder import checkpoint_at
from resnet_core.training.checkpoint.fork import carry_over
from resnet_core.training.images import Data
from resnet_core.training.session import Session

_log = logging.getLogger(__name__)


def forked_session(
    experiment: Experiment, dataset: Data, folder: RunFolder, iteration: int, *, eager: bool
) -> Session:
    """A session that starts at the parent's iteration, with what fits of its weights.

    Momentum starts at zero: it belongs to the parent's settings. `eager`: see `Session`.

    Raises:
        CheckpointError: the copy is damaged, or none of it fits.
    """
    parent = run_file.read_experiment((folder.origin / "experiment.json").read_text("utf-8"))
    start = load_checkpoint(checkpoint_at(folder.origin / "checkpoints", iteration))
    weights = carry_over(parent, start.weights, experiment)
    session = Session(experiment, dataset, initial_weights=weights, first=iteration, eager=eager)
    _log.info("Starting from iteration %d of %s.", iteration, parent.network)
    if session.new_weights:
        _log.info("Initialised anew: %s.", ", ".join(session.new_weights))
    return session
