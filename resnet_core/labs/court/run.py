"""Six hypotheses of what makes deep plain networks train worse, each with the run that tests it.

The paper argues against them one by one in sections 1 and 4.1: gradients with BN are healthy,
training error is what rises, a constructed solution exists, three times the iterations did not
help. Here the same is tried on short runs and on trained networks. Exploding gradients and the
start are not in the paper.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.court.question import SHALLOW, Settings
from resnet_core.labs.court.verdicts import (
    KINDS,
    PAIR,
    STARTS,
    Evidence,
    Graft,
    Pair,
    Result,
    reach,
    reach_over,
    verdicts,
)
from resnet_core.labs.events import Event, Row, Rows, attributes, finite
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.chain import backward_norms
from resnet_core.labs.tools.derived_networks import deeper, grafted
from resnet_core.labs.tools.short_runs import FinalErrors, ShortRun, outer_norms
from resnet_core.labs.tools.starts import near_identity
from resnet_core.labs.tools.trained_network import (
    TrainedNetwork,
    check_same_data,
    dataset_of,
)
from resnet_core.networks.catalog import block_sites, build

SLOW = 1 / 3  # of the rate
# Roles of the longer runs: times the steps (the paper tried 3, its footnote 3), share of the rate.
LONGER = {"deep_3x": (3, 1.0), "deep_3x_slow": (3, SLOW), "deep_10x_slow": (10, SLOW)}

_RECORDS = 16  # of each run
_BATCH = 128  # the paper's, for gradients of recorded networks
_NOISE = 0.3  # He's weights on the identity's, as a factor


def experiments(settings: Settings) -> dict[str, Experiment]:
    """The short runs of the first seed by their roles: those that take longest first."""
    deep, shallow = f"cifar/plain-{settings.depth}", f"cifar/plain-{SHALLOW}"
    usual = settings.iterations
    brief = max(10, usual // 4)  # a vanished gradient shows within a few updates
    sigmoid = {"activation": "sigmoid", "batch_norm": False}
    longer = {
        role: _experiment(
            settings, deep, times * usual, learning_rate=share * settings.learning_rate
        )
        for role, (times, share) in LONGER.items()
    }
    return {
        **dict(sorted(longer.items(), key=lambda item: -item[1].iterations)),
        "deep": _experiment(settings, deep, usual),
        "dirac": _experiment(settings, deep, usual),
        "dirac_leaky": _experiment(settings, deep, usual, activation="leaky_relu"),
        "shallow_3x": _experiment(settings, shallow, 3 * usual),
        "shallow": _experiment(settings, shallow, usual),
        "vanishing": _experiment(settings, deep, brief, **sigmoid),
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
        evaluation_images=settings.train_images,
        **{"data": settings.data, **changes},
    )


def all_runs(settings: Settings) -> list[ShortRun]:
    """A short run a role; of the deep and the shallow network one a seed."""
    runs = []
    for role, first in experiments(settings).items():
        for number in range(settings.seeds if role in PAIR else 1):
            experiment = first.changed(seed=first.seed + number)
            columns: Row = {"role": role, "seed": experiment.seed}
            weights = dirac_start(experiment) if role in STARTS else None
            runs.append(ShortRun(experiment, columns, initial_weights=weights))
    return runs


def dirac_start(experiment: Experiment) -> dict[str, Tensor]:
    """The network near the identity instead of He's initial values."""
    model = build(experiment.spec_for(dataset_of(experiment)), experiment.seed)
    near_identity(model, _NOISE)
    return model.state_dict()


def run(settings: Settings, networks: Sequence[TrainedNetwork] = ()) -> Iterator[Event]:
    """Measure the trained networks, train the short runs, and decide each hypothesis.

    Raises:
        InvalidSetting: the two networks were trained on different images.
    """
    evidence = Evidence(images=settings.images)
    if networks:
        shallow, deep = sorted(networks, key=lambda network: network.depth)
        check_same_data([shallow, deep])
        evidence = yield from _measure(settings, shallow, deep)
    runs = all_runs(settings)
    yield from short_runs.train_together(runs, outer_norms, _ended)
    results = [
        Result(str(run.columns["role"]), _label(run), run.depth, run.final, reach_over(run.norms))
        for run in runs
        if run.final
    ]
    yield from verdicts(results, evidence, settings)


def _label(run: ShortRun) -> str:
    return f"plain-{run.depth}"


def _ended(run: ShortRun, errors: FinalErrors) -> Iterator[Rows]:
    columns: Row = {**run.columns, "source": "live", "label": _label(run)}
    columns = {**columns, "family": "plain", "depth": run.depth}
    yield Rows.one("errors", columns, vars(errors), iterations=run.iteration)
    if run.norms:
        norms = np.stack(run.norms)
        columns = {**columns, "kind": "weights", "moment": "median"}
        yield Rows("gradients", _gradient_rows(columns, run.median_norms, norms))


def _measure(
    settings: Settings, shallow: TrainedNetwork, deep: TrainedNetwork
) -> Generator[Event, None, Evidence]:
    """Errors, signals and gradients of the trained networks, and the error of the grafted one."""
    columns, errors = [], []
    evidence = Evidence(images=settings.images)
    for role, network in (("shallow", shallow), ("deep", deep)):
        errors.append(FinalErrors(*network.errors(network.model(), settings.images)))
        identity = attributes(network, "label", "family", "depth")
        columns.append({**identity, "role": role, "source": network.id})
        seed, iterations = network.experiment.seed, network.experiment.iterations
        values = {"seed": seed, "iterations": iterations}
        yield Rows.one("errors", columns[-1], vars(errors[-1]), values)
        images, labels = network.train_images(_BATCH)
        start = build(network.spec, network.experiment.seed).to(network.device)
        for moment, model in (("start", start), ("end", network.model())):
            for kind, norms in zip(KINDS, backward_norms(model, images, labels), strict=True):
                evidence.reaches.setdefault((role, kind), []).append(reach(norms))
                place: Row = {**columns[-1], "seed": seed, "kind": kind, "moment": moment}
                yield Rows("gradients", _gradient_rows(place, norms, norms[None]))
    evidence.pair = Pair.of(deep.label, errors[1], shallow.label, errors[0])
    model = shallow.model()
    factor, rest = divmod(len(block_sites(deep.model())), len(block_sites(model)))
    # A plain block can be the identity with ReLUs only: they leave x >= 0 as it is.
    if shallow.experiment.activation != "relu":
        return evidence
    # Where the depths do not fit, the next deeper construction shows as much.
    factor += bool(rest)
    images, _ = shallow.train_images(settings.images)
    graft = grafted(model, shallow.cifar_spec, factor, images)
    built = FinalErrors(*shallow.errors(graft, settings.images))
    trained = errors[0].train, deep.label, errors[1].train
    depth = deeper(shallow.cifar_spec, factor).depth
    evidence.graft = Graft(shallow.label, depth, built.train, *trained)
    graft_columns = {**columns[0], "role": "graft", "depth": depth}
    seed = shallow.experiment.seed
    yield Rows.one("errors", graft_columns, vars(built), seed=seed, iterations=0)
    return evidence


def _gradient_rows(columns: Row, norms: NDArray[np.float64], over_time: NDArray[Any]) -> list[Row]:
    """`place` is 0 at the first layer and 1 at the last: depths differ."""
    ranges = zip(norms, over_time.min(0), over_time.max(0), strict=True)
    return [
        {
            **columns,
            "layer": layer,
            "place": (layer - 1) / max(1, len(norms) - 1),
            "norm": finite(norm),
            "least": finite(least),
            "most": finite(most),
        }
        for layer, (norm, least, most) in enumerate(ranges, start=1)
    ]
