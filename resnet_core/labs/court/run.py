"""Five hypotheses of what makes deep plain networks train worse, each with the run that tests it.

The paper argues against them one by one in sections 1 and 4.1: gradients with BN are healthy,
training error is what rises, a constructed solution exists, three times the iterations did not
help. Here the same is tried on short runs and on trained networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.nn import functional

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.court.question import SHALLOW, Settings
from resnet_core.labs.court.verdicts import Evidence, Graft, Pair, ShortRun, first_over_last
from resnet_core.labs.court.verdicts import verdicts as court_verdicts
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.derived_networks import grafted
from resnet_core.labs.tools.short_runs import CLASSES, FinalErrors
from resnet_core.labs.tools.trained_network import TrainedNetwork, check_same_data
from resnet_core.networks.catalog import block_sites, response_sites
from resnet_core.telemetry.events import Measurement

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
        train_images=settings.train_images,
        learning_rate=settings.learning_rate,
        # As long a ramp in the long run as in the short one.
        warmup="linear",
        warmup_iterations=min(iterations, settings.iterations // 2),
        seed=settings.seed,
        **changes,
    )


def gradient_norms(network: TrainedNetwork) -> NDArray[np.float64]:
    """||dLoss/dW|| of every 3x3 layer, on one mini-batch as in training."""
    model = network.model().train()
    images, labels = network.train_images(_BATCH)
    functional.cross_entropy(model(images), labels).backward()
    gradients = [site.conv.weight.grad for site in response_sites(model)]
    return np.array([float(g.norm()) for g in gradients if g is not None])


@dataclass
class _Run:
    """A short run so far; norms are records x layers."""

    role: str
    experiment: Experiment
    iteration: int = 0
    norms: list[NDArray[np.float32]] = field(default_factory=list)
    final: FinalErrors | None = None

    @property
    def depth(self) -> int:
        return self.experiment.network_spec().depth

    @property
    def layers(self) -> NDArray[np.float64]:
        """Every layer's median over the run; 0 where not even one pass was finite."""
        if not self.norms:
            return np.zeros(1)
        return np.median(np.stack(self.norms), axis=0).astype(float)

    def measured(self, event: Measurement) -> Row:
        self.iteration = event.iteration
        self.norms.append(event.gradient_norm)
        return {
            "role": self.role,
            "depth": self.depth,
            "iteration": event.iteration,
            "error": event.running_error,
            "first": float(event.gradient_norm[0]),
            "last": float(event.gradient_norm[-1]),
        }

    def columns(self) -> dict[str, Any]:
        live = {"source": "live", "role": self.role, "label": f"plain-{self.depth}"}
        return {**live, "family": "plain", "depth": self.depth}

    def result(self) -> ShortRun:
        assert self.final is not None
        ratio = first_over_last(self.layers.tolist())
        return ShortRun(self.role, f"plain-{self.depth}", self.depth, self.final, ratio)


def run(settings: Settings, networks: Sequence[TrainedNetwork] = ()) -> Iterator[Event]:
    """Measure the trained networks, train the short runs, and decide each hypothesis.

    Raises:
        InvalidSetting: the two networks were trained on different images.
    """
    evidence = Evidence()
    if networks:
        shallow, deep = sorted(networks, key=lambda network: network.depth)
        check_same_data([shallow, deep])
        yield from _measure(settings, shallow, deep, evidence)
    runs = [_Run(role, experiment) for role, experiment in experiments(settings).items()]
    yield from _train(runs)
    results = {run.role: run.result() for run in runs}
    yield from court_verdicts(results, evidence, settings.iterations)


def _train(runs: Sequence[_Run]) -> Iterator[Event]:
    total = sum(run.experiment.iterations for run in runs)
    with closing(short_runs.train_all([run.experiment for run in runs])) as events:
        for index, event in events:
            run = runs[index]
            if isinstance(event, Measurement):
                yield Rows("curves", [run.measured(event)])
            else:
                run.final = FinalErrors.of(event, CLASSES)
                run.iteration = run.experiment.iterations
                columns = run.columns()
                yield Rows("errors", [_error_row(columns, run.iteration, run.final)])
                if run.norms:
                    yield Rows("gradients", _gradient_rows(columns, run.layers))
            yield Progress(sum(each.iteration for each in runs), total)


def _measure(
    settings: Settings, shallow: TrainedNetwork, deep: TrainedNetwork, evidence: Evidence
) -> Iterator[Event]:
    """Errors and gradients of the trained networks, and the error of the grafted one."""
    errors = {}
    for role, network in (("shallow", shallow), ("deep", deep)):
        errors[role] = final = FinalErrors(*network.errors(network.model(), settings.images))
        columns = _columns(role, network)
        yield Rows("errors", [_error_row(columns, network.experiment.iterations, final)])
    trained, ends = errors["shallow"], errors["deep"]
    evidence.pair = Pair(
        deep.label, shallow.label, ends.train, ends.test, trained.train, trained.test
    )
    norms = gradient_norms(deep)
    evidence.ratio = first_over_last(norms.tolist())
    yield Rows("gradients", _gradient_rows(_columns("deep", deep), norms))
    model = shallow.model()
    factor, rest = divmod(len(block_sites(deep.model())), len(block_sites(model)))
    # A plain block can be the identity with ReLUs only: they leave x >= 0 as it is.
    if rest or shallow.experiment.activation != "relu":
        return
    images, _ = shallow.train_images(settings.images)
    graft = grafted(model, shallow.cifar_spec, factor, images)
    built = FinalErrors(*shallow.errors(graft, settings.images))
    evidence.graft = Graft(
        shallow.label, deep.depth, built.train, trained.train, deep.label, ends.train
    )
    columns = {**_columns("graft", shallow), "depth": deep.depth}
    yield Rows("errors", [_error_row(columns, 0, built)])


def _columns(role: str, network: TrainedNetwork) -> dict[str, Any]:
    trained = {"source": network.id, "role": role, "label": network.label}
    return {**trained, "family": network.family, "depth": network.depth}


def _error_row(columns: Mapping[str, Any], iterations: int, errors: FinalErrors) -> Row:
    return {**columns, "iterations": iterations, **asdict(errors)}


def _gradient_rows(columns: Mapping[str, Any], norms: NDArray[np.float64]) -> list[Row]:
    """`place` is 0 at the first layer and 1 at the last: depths differ."""
    return [
        {**columns, "layer": layer, "place": (layer - 1) / (len(norms) - 1), "norm": float(norm)}
        for layer, norm in enumerate(norms, start=1)
    ]
