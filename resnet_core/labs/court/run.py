"""Five hypotheses of what makes deep plain networks train worse, each with the run that tests it.

The paper argues against them one by one in sections 1 and 4.1: gradients with BN are healthy,
training error is what rises, a constructed solution exists, three times the iterations did not
help. Here the same is tried on short runs and on trained networks.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.nn import functional

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.court.question import SHALLOW, Settings
from resnet_core.labs.court.verdicts import (
    Evidence,
    Graft,
    Pair,
    Result,
    first_over_last,
    verdicts,
)
from resnet_core.labs.events import Event, Row, Rows, attributes
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.derived_networks import grafted
from resnet_core.labs.tools.short_runs import FinalErrors, ShortRun, outer_norms
from resnet_core.labs.tools.trained_network import TrainedNetwork, check_same_data
from resnet_core.networks.catalog import block_sites, response_sites

LONGER = 3  # times the steps, as the paper tried (its footnote 3)

_RECORDS = 16  # of each run
_BATCH = 128  # the paper's, for gradients of recorded networks
_STARTS = ("xavier", "small_normal")  # other initialisations than He et al.'s


def experiments(settings: Settings) -> dict[str, Experiment]:
    """The short runs by their roles: those that take longest first."""
    deep, shallow = f"cifar/plain-{settings.depth}", f"cifar/plain-{SHALLOW}"
    usual, long = settings.iterations, settings.iterations * LONGER
    brief = max(10, settings.iterations // 4)  # a vanished gradient shows within a few updates
    sigmoid = {"activation": "sigmoid", "batch_norm": False}
    return {
        "deep_long": _experiment(settings, deep, long),
        "deep": _experiment(settings, deep, usual),
        "shallow": _experiment(settings, shallow, usual),
        "vanishing": _experiment(settings, deep, brief, **sigmoid),
        **{start: _experiment(settings, deep, usual, initialization=start) for start in _STARTS},
        "shallow_long": _experiment(settings, shallow, long),
    }


def _experiment(settings: Settings, network: str, iterations: int, **changes: Any) -> Experiment:
    return short_runs.experiment(
        network,
        iterations,
        _RECORDS,
        settings,
        # As long a ramp in the long run as in the short one.
        warmup="linear",
        warmup_iterations=min(iterations, settings.iterations // 2),
        **changes,
    )


def gradient_norms(network: TrainedNetwork) -> NDArray[np.float64]:
    """||dLoss/dW|| of every 3x3 layer, on one mini-batch as in training."""
    model = network.model().train()
    images, labels = network.train_images(_BATCH)
    functional.cross_entropy(model(images), labels).backward()
    gradients = [site.conv.weight.grad for site in response_sites(model)]
    return np.array([float(g.norm()) for g in gradients if g is not None])


def run(settings: Settings, networks: Sequence[TrainedNetwork] = ()) -> Iterator[Event]:
    """Measure the trained networks, train the short runs, and decide each hypothesis.

    Raises:
        InvalidSetting: the two networks were trained on different images.
    """
    evidence = Evidence()
    if networks:
        shallow, deep = sorted(networks, key=lambda network: network.depth)
        check_same_data([shallow, deep])
        evidence = yield from _measure(settings, shallow, deep)
    shorts = experiments(settings).items()
    runs = {role: ShortRun(short, {"role": role}) for role, short in shorts}
    yield from short_runs.train_together([*runs.values()], outer_norms, _ended)
    results = {
        role: Result(role, _label(run), run.depth, run.final, first_over_last(run.median_norms))
        for role, run in runs.items()
        if run.final
    }
    yield from verdicts(results, evidence, settings.iterations)


def _label(run: ShortRun) -> str:
    return f"plain-{run.depth}"


def _ended(run: ShortRun, errors: FinalErrors) -> Iterator[Rows]:
    columns: Row = {**run.columns, "source": "live", "label": _label(run)}
    columns = {**columns, "family": "plain", "depth": run.depth}
    yield Rows.one("errors", columns, vars(errors), iterations=run.iteration)
    if run.norms:
        yield Rows("gradients", _gradient_rows(columns, run.median_norms))


def _measure(
    settings: Settings, shallow: TrainedNetwork, deep: TrainedNetwork
) -> Generator[Event, None, Evidence]:
    """Errors and gradients of the trained networks, and the error of the grafted one."""
    columns, errors = [], []
    for role, network in (("shallow", shallow), ("deep", deep)):
        errors.append(FinalErrors(*network.errors(network.model(), settings.images)))
        identity = attributes(network, "label", "family", "depth")
        columns.append({**identity, "role": role, "source": network.id})
        iterations = network.experiment.iterations
        yield Rows.one("errors", columns[-1], vars(errors[-1]), iterations=iterations)
    norms = gradient_norms(deep)
    yield Rows("gradients", _gradient_rows(columns[1], norms))
    evidence = Evidence(Pair.of(deep.label, errors[1], shallow.label, errors[0]))
    evidence.ratio = first_over_last(norms)
    model = shallow.model()
    factor, rest = divmod(len(block_sites(deep.model())), len(block_sites(model)))
    # A plain block can be the identity with ReLUs only: they leave x >= 0 as it is.
    if rest or shallow.experiment.activation != "relu":
        return evidence
    images, _ = shallow.train_images(settings.images)
    graft = grafted(model, shallow.cifar_spec, factor, images)
    built = FinalErrors(*shallow.errors(graft, settings.images))
    trained = errors[0].train, deep.label, errors[1].train
    evidence.graft = Graft(shallow.label, deep.depth, built.train, *trained)
    graft_columns = {**columns[0], "role": "graft", "depth": deep.depth}
    yield Rows.one("errors", graft_columns, vars(built), iterations=0)
    return evidence


def _gradient_rows(columns: Row, norms: NDArray[np.float64]) -> list[Row]:
    """`place` is 0 at the first layer and 1 at the last: depths differ."""
    return [
        {**columns, "layer": layer, "place": (layer - 1) / (len(norms) - 1), "norm": float(norm)}
        for layer, norm in enumerate(norms, start=1)
    ]
