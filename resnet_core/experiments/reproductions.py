"""The runs that repeat a figure or table of the paper, at full length or scaled to the machine.

On a GPU the networks and iterations are the paper's. On a CPU, plain and residual networks of
20 and 56 layers train for an eighth of them, with the schedule scaled by the same factor.
A run belongs to every figure that shows it: `figure7` uses the runs of `figure6`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.cifar import parse_name
from resnet_core.specs.imagenet import check_choice

PAPER_ITERATIONS = 64_000
SCALED_ITERATIONS = PAPER_ITERATIONS // 8

# The networks whose final weights are recorded too, with option A and the first seed.
WITH_WEIGHTS = frozenset(presets.FOUR)
_SEVERAL_SEEDS = WITH_WEIGHTS


@dataclass(frozen=True)
class Scale:
    """The extent of a reproduction.

    Attributes:
        full: all of its networks, as on a GPU; else those of 20 and 56 layers.
        iterations: of every run.
        seeds: for the networks of 20 and 56 layers; the others train with the first.
        data: CIFAR-10 or a copy of it, as in `Experiment.data`.
    """

    full: bool
    iterations: int
    seeds: tuple[int, ...]
    data: str

    def experiment(self, network: str, seed: int, shortcut: str = "A") -> Experiment:
        """Section 4.2, measured often enough for a smooth curve: 200 records, 16 evaluations."""
        option = "" if shortcut == "A" else f"-{shortcut}"
        return Experiment.create(
            name=f"{network.removeprefix('cifar/')}{option}",
            network=network,
            shortcut=shortcut,
            data=self.data,
            iterations=self.iterations,
            seed=seed,
            record_every=max(1, self.iterations // 200),
            evaluate_every=max(1, self.iterations // 16),
            audit_every=max(1, self.iterations // 8),
            evaluation_images=2000,
        )


@dataclass(frozen=True)
class Reproduction:
    """A figure or table and the runs that it needs.

    Attributes:
        name: as on the command line.
        title: a few words.
        plan: makes the experiments, the most useful ones first.
    """

    name: str
    title: str
    plan: Callable[[Scale], tuple[Experiment, ...]]


def reproduction(name: str) -> Reproduction:
    """Return the reproduction of this name.

    Raises:
        InvalidSetting: there is none; names those there are.
    """
    check_choice("reproduction", name, tuple(REPRODUCTIONS))
    return REPRODUCTIONS[name]


def group(scale: Scale) -> str:
    """Return the name of the recordings of this scale: `paper`, or `paper-8000`."""
    return "paper" if scale.iterations == PAPER_ITERATIONS else f"paper-{scale.iterations}"


def _figure6(scale: Scale) -> tuple[Experiment, ...]:
    plain, residual = (20, 32, 44, 56), (20, 32, 44, 56, 110)
    every = [*(f"cifar/plain-{n}" for n in plain), *(f"cifar/resnet-{n}" for n in residual)]
    return _over_seeds(every if scale.full else presets.FOUR, scale)


def _figure7(scale: Scale) -> tuple[Experiment, ...]:
    deepest = ("cifar/resnet-110",) if scale.full else ()
    return _over_seeds((*presets.FOUR, *deepest), scale)


def _table6(scale: Scale) -> tuple[Experiment, ...]:
    depths = (20, 32, 44, 56, 110, 1202) if scale.full else (20, 56)
    return _over_seeds([f"cifar/resnet-{depth}" for depth in depths], scale)


def _shortcuts(scale: Scale) -> tuple[Experiment, ...]:
    """Options A, B and C; the paper compares them on ImageNet only (Table 3)."""
    networks = ("cifar/resnet-20", "cifar/resnet-56")
    return tuple(
        scale.experiment(network, seed, option)
        for seed in scale.seeds
        for network in networks
        for option in "ABC"
    )


def _one_minute(scale: Scale) -> tuple[Experiment, ...]:
    return tuple(run for seed in scale.seeds for run in presets.one_minute(seed))


def _over_seeds(networks: Sequence[str], scale: Scale) -> tuple[Experiment, ...]:
    """The first seed of every network, so that the first runs are a full set; then further seeds.

    Within a seed the deepest come first: they take longest, and others train beside them.
    """
    deepest_first = sorted(networks, key=lambda network: -parse_name(network, 2)[1])
    return tuple(
        scale.experiment(network, seed)
        for turn, seed in enumerate(scale.seeds)
        for network in deepest_first
        if turn == 0 or network in _SEVERAL_SEEDS
    )


REPRODUCTIONS: Mapping[str, Reproduction] = MappingProxyType(
    {
        one.name: one
        for one in (
            Reproduction("figure6", "Fig. 6: training and test error by depth", _figure6),
            Reproduction("figure7", "Fig. 7: layer responses", _figure7),
            Reproduction("table6", "Table 6: test error of residual networks", _table6),
            Reproduction("shortcuts", "Shortcut options A, B and C", _shortcuts),
            Reproduction("one-minute", "The one-minute demo", _one_minute),
        )
    }
)
