"""Deep plain networks from other starts than He's; their Jacobians; a Dirac network folded.

If a plain network trains as well from another start, part of what shortcuts do is the start. Tried
are starts near the identity (Zagoruyko and Komodakis 2017 build it into the layers),
delta-orthogonal ones (Xiao et al. 2018), and a leaky ReLU, whose slope keeps negative values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Event, Row, Rows, finite
from resnet_core.labs.start.question import Settings
from resnet_core.labs.start.verdicts import (
    OTHERS,
    RESIDUAL,
    ROLES,
    Fold,
    Result,
    verdicts,
)
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.chain import Chain
from resnet_core.labs.tools.derived_networks import set_batch_statistics
from resnet_core.labs.tools.short_runs import FinalErrors, ShortRun
from resnet_core.labs.tools.starts import (
    dirac_layers,
    folded,
    identity,
    leaky,
    near_identity,
    orthogonal,
)
from resnet_core.labs.tools.trained_network import TrainedNetwork, dataset_of, logits
from resnet_core.networks.catalog import build, response_sites
from resnet_core.training import loop
from resnet_core.training.session import Session

_RECORDS = 16  # of each run
_WIDTH = 8  # filters of the first stage
_BATCH = 64  # images whose statistics BN has where the Jacobian is taken
_JACOBIANS = 4  # images that it is taken at
_TINY = 1e-30
_RANKS = 64  # singular values in a table
_FOLDED_IMAGES = 200
_FOLD_SHARE = 10  # of the updates: as many before the Dirac network is folded


def run(settings: Settings, networks: Sequence[object] = ()) -> Iterator[Event]:
    """Measure the starts, train from each, and fold a Dirac network."""
    images = pictures(settings, _BATCH)
    spectra: dict[str, NDArray[np.float64]] = {}
    for role in ROLES:
        with leaky(model := initial(settings, role, settings.seed), settings.slope):
            spectra[role] = spectrum(model, images)
        yield Rows("singular", _ranks(role, spectra[role]))
    runs = all_runs(settings)
    yield from short_runs.train_together(
        runs, lambda measurement: {}, partial(_ended, settings.seed)
    )
    results = [
        Result(str(run.columns["role"]), run.experiment.seed, run.final)
        for run in runs
        if run.final
    ]
    yield from verdicts(results, spectra, fold(settings), settings)


# The networks


def experiment(settings: Settings, role: str, seed: int, iterations: int) -> Experiment:
    """One short run; a linear warm-up over its first quarter, as deep networks need one."""
    return short_runs.experiment(
        f"cifar/{'resnet' if role == RESIDUAL else 'plain'}-{settings.depth}",
        iterations,
        _RECORDS,
        settings,
        width=_WIDTH,
        data=settings.data,
        seed=seed,
        activation="leaky_relu" if role.endswith("leaky") else "relu",
        warmup="linear",
        warmup_iterations=iterations // 4,
        evaluation_images=settings.train_images,
    )


def initial(settings: Settings, role: str, seed: int) -> nn.Module:
    """The network of this role before any update."""
    own = experiment(settings, role, seed, settings.iterations)
    model = build(own.spec_for(dataset_of(own)), seed)
    if role.startswith("dirac"):
        near_identity(model, 0.0 if role == "dirac" else settings.noise)
    elif role == "orthogonal":
        orthogonal(model, seed)
    return model


def all_runs(settings: Settings) -> list[ShortRun]:
    """A run a role and seed; of the starts that no verdict is on, the first seed only."""
    runs = []
    for role in ROLES:
        for number in range(1 if role in OTHERS else settings.seeds):
            seed = settings.seed + number
            own = experiment(settings, role, seed, settings.iterations)
            weights = initial(settings, role, seed).state_dict()
            slope = partial(leaky, slope=settings.slope)
            columns: Row = {"role": role, "seed": seed}
            runs.append(ShortRun(own, columns, initial_weights=weights, around=slope))
    return runs


def pictures(settings: Settings, count: int) -> Tensor:
    """Training images, as many of each class, as the short runs see them; B, C, H, W."""
    own = experiment(settings, "he", settings.seed, settings.iterations)
    return (
        TrainedNetwork("", "", "plain", own.network_spec().depth, own, {})
        .train_images(count)[0]
        .cpu()
    )


def _ended(first: int, run: ShortRun, errors: FinalErrors) -> Iterator[Rows]:
    """Errors of every run; responses of those with the first seed."""
    yield Rows.one("errors", run.columns, vars(errors))
    if run.responses is not None and run.columns["seed"] == first:
        last = len(run.responses) - 1
        role = run.columns["role"]
        rows: list[Row] = [
            {"role": role, "layer": layer + 1, "place": layer / last, "std": finite(std)}
            for layer, std in enumerate(run.responses.tolist())
        ]
        yield Rows("responses", rows)


# Singular values


def spectrum(model: nn.Module, images: Tensor) -> NDArray[np.float64]:
    """Singular values of the Jacobian of all blocks, falling; means over a few images.

    Args:
        images: BN has their statistics, which are held fixed.
    """
    set_batch_statistics(model, images)
    values = [torch.linalg.svdvals(jacobian(model, image)) for image in images[:_JACOBIANS]]
    return np.asarray(torch.stack(values).double().mean(0).numpy(), float)


def jacobian(model: nn.Module, image: Tensor) -> Tensor:
    """d x_L / d x_0, from the first block's input to the last one's output, at one image.

    Args:
        model: in evaluation mode.
        image: C, H, W.

    Returns:
        elements of x_L, elements of x_0.
    """
    chain = Chain.of(model)
    with torch.no_grad():
        start = chain.stem(image[None])
        outputs = _through(chain, start).numel()
    # One copy of the image an output: a single pass back has every row.
    x = start.expand(outputs, -1, -1, -1).clone().requires_grad_()
    y = _through(chain, x).flatten(1)
    (rows,) = torch.autograd.grad(y.diagonal().sum(), x)
    return rows.flatten(1)


def _through(chain: Chain, x: Tensor) -> Tensor:
    for _, block in chain.blocks:
        x = block(x)
    return x


def _ranks(role: str, values: NDArray[np.float64]) -> list[Row]:
    """Some of the singular values, over the largest."""
    ranks = np.unique(np.linspace(0, len(values) - 1, min(len(values), _RANKS)).round().astype(int))
    return [
        {
            "role": role,
            "rank": int(rank) + 1,
            "share": float(rank + 1) / len(values),
            "value": float(values[rank] / max(values[0], _TINY)),
        }
        for rank in ranks
    ]


# Form into start


def fold(settings: Settings) -> Fold:
    """Train a Dirac network a little, then put W + I in place of W, one layer after the other."""
    updates = max(10, settings.iterations // _FOLD_SHARE)
    own = experiment(settings, "he", settings.seed, updates)
    branch = initial(settings, "he", settings.seed)
    with torch.no_grad():
        for site in response_sites(branch):
            site.conv.weight.mul_(settings.noise)
    session = Session(own, dataset_of(own), eager=True, initial_weights=branch.state_dict())
    model = session.state.model
    with dirac_layers(model):
        for _ in loop.train(session):
            pass
    model.eval().double()  # rounding would grow from layer to layer
    images = pictures(settings, _FOLDED_IMAGES).to(next(model.parameters()))
    return folding_steps(model, images, updates)


def folding_steps(model: nn.Module, images: Tensor, updates: int) -> Fold:
    """The largest change of an output in any step of the folding, and of a weight from W + I."""
    with dirac_layers(model):
        before = logits(model, images)
    sites = response_sites(model)
    outputs = weights = 0.0
    for count in range(1, len(sites) + 1):
        plain = folded(model, count)
        with dirac_layers(plain, count):
            outputs = max(outputs, float((logits(plain, images) - before).abs().max()))
    for site, own in zip(response_sites(plain), sites, strict=True):
        expected = own.conv.weight + identity(own.conv)
        weights = max(weights, float((site.conv.weight - expected).detach().abs().max()))
    return Fold(outputs, weights, len(images), len(sites), updates)
