"""Five claims of what makes deep plain networks train worse, each with the run that could prove it.

The paper argues against them one by one in sections 1 and 4.1: gradients with BN are healthy,
training error is what rises, a constructed solution exists, three times the iterations did not
help. Here the same is tried on short runs and, where there are some, on trained networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.court import question as court
from resnet_core.labs.court import verdicts as court_verdicts
from resnet_core.labs.court.question import SHALLOW
from resnet_core.labs.court.verdicts import Graft, Pair
from resnet_core.labs.events import Event, Progress, Row, Rows, Verdict
from resnet_core.labs.question import Settings
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.identity_blocks import grafted
from resnet_core.labs.tools.trained_network import Subject
from resnet_core.networks.catalog import block_sites, response_sites
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.telemetry.events import Diverged, Finished, Measurement

LONGER = 3  # times the steps, as the paper tried (its footnote 3)

_RECORDS = 16  # of each run
_MOST_AT_ONCE = 8
_BATCH = 128  # the paper's, for gradients of recorded networks
_IMAGES_AT_ONCE = 250
_STARTS = ("xavier", "small_normal")  # other initialisations than He et al.'s


def experiments(settings: court.Settings) -> dict[str, Experiment]:
    """The short runs by their roles: those that take longest first."""
    deep, shallow = f"cifar/plain-{settings.depth}", f"cifar/plain-{SHALLOW}"
    long = settings.iterations * LONGER
    brief = max(10, settings.iterations // 4)  # a gradient that never comes is soon seen
    return {
        "deep_long": _experiment(settings, deep, iterations=long),
        "deep": _experiment(settings, deep),
        "shallow": _experiment(settings, shallow),
        "vanishing": _experiment(
            settings, deep, iterations=brief, activation="sigmoid", batch_norm=False
        ),
        **{start: _experiment(settings, deep, initialization=start) for start in _STARTS},
        "shallow_long": _experiment(settings, shallow, iterations=long),
    }


def _experiment(settings: court.Settings, network: str, **changes: Any) -> Experiment:
    """8x8 shapes and 16 filters: small enough for seven runs within a minute."""
    iterations = changes.get("iterations", settings.iterations)
    recipe: dict[str, Any] = {
        "network": network,
        "image_size": 8,
        "width": 16,
        "train_images": settings.train_images,
        "crop_padding": 0,
        "batch_size": 32,
        "iterations": iterations,
        "learning_rate": settings.learning_rate,
        # As long a ramp in the long run as in the short one.
        "warmup": "linear",
        "warmup_iterations": min(iterations, settings.iterations // 2),
        "milestones": (iterations * 3 // 4,),
        "record_every": max(1, iterations // _RECORDS),
        "evaluate_every": iterations,
        "audit_every": 0,
        "seed": settings.seed,
        "device": "cpu",
        "precision": "fp32",
    }
    return Experiment.create(**{**recipe, **changes})


def gradient_norms(subject: Subject) -> NDArray[np.float64]:
    """||dLoss/dW|| of every 3x3 layer, on one mini-batch as in training."""
    model = subject.model().train()
    images, labels = subject.train_images(_BATCH)
    functional.cross_entropy(model(images), labels).backward()
    gradients = [site.conv.weight.grad for site in response_sites(model)]
    return np.array([float(g.norm()) for g in gradients if g is not None])


@torch.inference_mode()
def error(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Percent wrong."""
    parts = zip(images.split(_IMAGES_AT_ONCE), labels.split(_IMAGES_AT_ONCE), strict=True)
    wrong = sum(int((model(x).argmax(1) != y).sum()) for x, y in parts)
    return 100 * wrong / len(labels)


@dataclass
class _Run:
    """One short run so far."""

    role: str
    experiment: Experiment
    iteration: int = 0
    norms: list[NDArray[np.float32]] = field(default_factory=list)  # records x layers
    end: Finished | None = None

    @property
    def depth(self) -> int:
        return int(self.experiment.network.rsplit("-", 1)[1])

    @property
    def label(self) -> str:
        return f"plain-{self.depth}"

    @property
    def layers(self) -> NDArray[np.float64]:
        """Every layer's median over the run; nothing where not even one pass was finite."""
        if not self.norms:
            return np.zeros(1)
        return np.median(np.stack(self.norms), axis=0).astype(float)

    @property
    def train(self) -> float:
        return self.end.train_error if self.end else 100.0  # diverged: everything is wrong

    @property
    def test(self) -> float:
        return self.end.test_error if self.end else 100.0

    def row(self, measured: Measurement) -> Row:
        self.iteration = measured.iteration
        self.norms.append(measured.gradient_norm)
        return {
            "role": self.role,
            "depth": self.depth,
            "iteration": measured.iteration,
            "error": measured.running_error,
            "first": float(measured.gradient_norm[0]),
            "last": float(measured.gradient_norm[-1]),
        }

    def named(self) -> dict[str, Any]:
        live = {"source": "live", "role": self.role, "label": self.label}
        return {**live, "family": "plain", "depth": self.depth}


def run(settings: Settings, subjects: Sequence[Subject] = ()) -> Iterator[Event]:
    """Measure the trained networks, make the short runs, and rule on each claim.

    Raises:
        PlaygroundError: the two trained networks cannot be compared.
    """
    asked = cast(court.Settings, settings)
    exhibits = _Exhibits(asked, subjects)
    yield from exhibits.measure()
    runs = {role: _Run(role, made) for role, made in experiments(asked).items()}
    yield from _trained(runs)
    yield from verdicts(asked, runs, exhibits)


def _trained(runs: Mapping[str, _Run]) -> Iterator[Event]:
    each = list(runs.values())
    total = sum(one.experiment.iterations for one in each)
    workers = min(short_runs.cores(), _MOST_AT_ONCE)
    training = short_runs.many([one.experiment for one in each], workers)
    try:
        for index, event in training:
            one = each[index]
            match event:
                case Measurement():
                    yield Rows("curves", [one.row(event)])
                case Finished() | Diverged():
                    one.end = event if isinstance(event, Finished) else None
                    one.iteration = one.experiment.iterations
                    yield Rows("errors", [_error_row(one.named(), one)])
                    if one.norms:
                        yield Rows("gradients", _gradient_rows(one.named(), one.layers))
            yield Progress(sum(other.iteration for other in each), total)
    finally:
        training.close()  # type: ignore[attr-defined]  # ends the children, whoever closes us


class _Exhibits:
    """What the trained networks show: errors, gradients, and the grafted solution.

    Attributes:
        pair: their errors; None without a shallow and a deep one.
        ratio: first over last layer's gradient norm of the deep one.
        graft: None where the depths do not fit.
    """

    def __init__(self, settings: court.Settings, subjects: Sequence[Subject]) -> None:
        self._images = settings.images
        self._subjects = sorted(subjects, key=lambda subject: subject.depth)
        self.pair: Pair | None = None
        self.ratio: float | None = None
        self.graft: Graft | None = None
        _check(self._subjects)

    def measure(self) -> Iterator[Event]:
        if not self._subjects:
            return
        shallow, deep = self._subjects
        errors = {}
        for role, subject in (("shallow", shallow), ("deep", deep)):
            errors[role] = self._errors(subject)
            train, test = errors[role]
            row = {**_named(role, subject), "iterations": subject.experiment.iterations}
            yield Rows("errors", [{**row, "train": train, "test": test}])
        self.pair = Pair(deep.label, shallow.label, *errors["deep"], *errors["shallow"])
        norms = gradient_norms(deep)
        self.ratio = _ratio(norms)
        yield Rows("gradients", _gradient_rows(_named("deep", deep), norms))
        yield from self._construct(shallow, deep, self.pair)

    def _errors(self, subject: Subject) -> tuple[float, float]:
        model = subject.model()
        train, test = subject.train_images(self._images), subject.test_images(self._images)
        return error(model, *train), error(model, *test)

    def _construct(self, shallow: Subject, deep: Subject, pair: Pair) -> Iterator[Event]:
        model = shallow.model()
        blocks, rest = divmod(len(block_sites(deep.model())), len(block_sites(model)))
        if rest or not _fits(shallow.experiment):
            return
        images, labels = shallow.train_images(self._images)
        data = shallow.dataset
        spec = shallow.experiment.spec_for(data)
        assert isinstance(spec, NetworkSpec)  # the question accepts no others
        built = grafted(model, spec, blocks, images)
        tests = shallow.test_images(self._images)
        found = error(built, images, labels)
        self.graft = Graft(
            shallow.label, deep.depth, found, pair.shallow_train, deep.label, pair.deep_train
        )
        named = {**_named("graft", shallow), "depth": deep.depth}
        row = {**named, "iterations": 0, "train": found, "test": error(built, *tests)}
        yield Rows("errors", [row])


def _fits(experiment: Experiment) -> bool:
    """Whether a plain block can copy its input: only a ReLU leaves it as it is."""
    return experiment.activation == "relu"


def _check(subjects: Sequence[Subject]) -> None:
    if not subjects:
        return
    if len(subjects) == 1:
        raise PlaygroundError("The trial needs a shallow and a deep network; choose two, or none.")
    shallow, deep = subjects
    if shallow.depth == deep.depth:
        raise PlaygroundError(
            f"Both networks have {deep.depth} layers; choose a shallow and a deep one."
        )
    if shallow.dataset.fingerprint != deep.dataset.fingerprint:
        raise PlaygroundError(
            f"{shallow.label} and {deep.label} were trained on other images; choose two that "
            "were trained on the same."
        )


def verdicts(
    settings: court.Settings, runs: Mapping[str, _Run], exhibits: _Exhibits
) -> Iterator[Verdict]:
    """One a claim; or one alone, where the deep network is not the worse one."""
    deep, shallow = runs["deep"], runs["shallow"]
    long = runs["deep_long"].train, runs["shallow_long"].train
    if not court_verdicts.degrades(deep.train, shallow.train):
        values = {"depth": deep.depth, "deep": deep.train, "shallow": shallow.train}
        yield Verdict("no_degradation", values)
        return
    ratios = [_ratio(deep.layers)] + ([exhibits.ratio] if exhibits.ratio is not None else [])
    yield court_verdicts.gradients(ratios, _ratio(runs["vanishing"].layers))
    live = Pair(deep.label, shallow.label, deep.train, deep.test, shallow.train, shallow.test)
    yield court_verdicts.overfitting(exhibits.pair or live)
    yield court_verdicts.capacity(exhibits.graft)
    yield court_verdicts.steps(deep.train, shallow.train, *long, settings.iterations)
    others = {name: runs[name].train for name in _STARTS}
    yield court_verdicts.start(deep.train, shallow.train, others)


def _ratio(norms: NDArray[np.float64]) -> float:
    """The first layer's over the last one's; 0 where there is none anywhere."""
    return float(norms[0] / norms[-1]) if norms[-1] > 0 else 0.0


def _named(role: str, subject: Subject) -> dict[str, Any]:
    trained = {"source": subject.id, "role": role, "label": subject.label}
    return {**trained, "family": subject.family, "depth": subject.depth}


def _error_row(named: Mapping[str, Any], one: _Run) -> Row:
    return {
        **named,
        "iterations": one.experiment.iterations,
        "train": one.end.train_error if one.end else None,
        "test": one.end.test_error if one.end else None,
    }


def _gradient_rows(named: Mapping[str, Any], norms: NDArray[np.float64]) -> list[Row]:
    """`place` is 0 at the first layer and 1 at the last: depths differ."""
    return [
        {**named, "layer": layer, "place": (layer - 1) / (len(norms) - 1), "norm": float(norm)}
        for layer, norm in enumerate(norms, start=1)
    ]
