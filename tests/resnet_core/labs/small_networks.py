"""Networks of 8 to 20 layers and 4 filters on 8x8 images, for the laboratories' tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.catalog import Question
from resnet_core.labs.events import Event, Rows, Verdict
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.specs.cifar import parse_name
from resnet_core.training.loop import train
from resnet_core.training.session import Session
from tests.small_runs import small

__all__ = ["experiment", "run", "trained", "untrained"]


def experiment(data: Path, network: str, **changes: Any) -> Experiment:
    settings = {"crop_padding": 0, "record_every": 1000, "evaluate_every": 1000, "batch_size": 16}
    return small(data, network=f"cifar/{network}", **{**settings, **changes})


def untrained(data: Path, network: str, **changes: Any) -> TrainedNetwork:
    """As initialised, but for BN: statistics, scales and shifts are random."""
    session = _session(experiment(data, network, **changes))
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for module in session.state.model.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.running_var, module.weight):
                    tensor.uniform_(0.5, 1.5, generator=generator)
                for tensor in (module.running_mean, module.bias):
                    tensor.uniform_(-0.3, 0.3, generator=generator)
    return _network(session)


def trained(data: Path, network: str, **changes: Any) -> TrainedNetwork:
    """Trained for a second."""
    session = _session(experiment(data, network, **changes))
    for _ in train(session):
        pass
    return _network(session)


def run(question: Question, events: Iterable[Event]) -> tuple[dict[str, list[Any]], list[Verdict]]:
    """The tables' rows, of which each has the table's columns, and the verdicts."""
    tables: dict[str, list[Any]] = {}
    verdicts = []
    for event in events:
        if isinstance(event, Rows):
            for row in event.rows:
                assert set(row) == set(question.tables[event.table])
            tables.setdefault(event.table, []).extend(event.rows)
        if isinstance(event, Verdict):
            assert question.sentence(event)
            verdicts.append(event)
    assert verdicts
    return tables, verdicts


def _session(described: Experiment) -> Session:
    dataset = catalog.load(Selection(described.data, described.image_size))
    return Session(described, dataset)


def _network(session: Session) -> TrainedNetwork:
    described = session.state.experiment
    family, depth = parse_name(described.network)
    weights = {
        name: tensor.detach().clone() for name, tensor in session.state.model.state_dict().items()
    }
    label = f"{family}-{depth} · seed {described.seed}"
    return TrainedNetwork(
        f"{family}-{depth}-{described.seed}",
        label,
        family,
        depth,
        described,
        weights,
        iteration=described.iterations,
    )
