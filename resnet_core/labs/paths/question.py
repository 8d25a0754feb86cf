"""Through how many blocks does the gradient really go?"""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import question as laboratory
from resnet_core.labs.families import family, not_cifar
from resnet_core.labs.question import Question
from resnet_core.labs.tools.columns import RUN


class Settings(laboratory.Settings):
    """How exactly the paths are measured."""

    samples: int = Field(
        48,
        ge=2,
        le=400,
        description="Paths drawn of each length; all of them, where there are no more.",
    )
    images: int = Field(
        32, ge=2, le=256, description="Test images whose loss gradient is sent back."
    )


def accepts(experiment: Experiment) -> str:
    """Paths are products of branches and shortcuts, which are added; gates are neither."""
    if family(experiment) == "plain":
        return "a plain network has one path only; choose a resnet or preresnet."
    if family(experiment) == "highway":
        return (
            "a highway's gates weigh its paths, which then cannot be told apart; choose a "
            "resnet or preresnet."
        )
    return not_cifar(experiment)


_SEEN = (
    "The gradient of {label} goes through {effective:.1f} of its {blocks} blocks on average; "
    "paths through {low} to {high} blocks carry nine tenths of it, and they are {share:.0f} % of "
    "all. One block more on the way multiplies a path's gradient by {factor:.2f}, "
)

QUESTION = Question(
    name="paths",
    settings=Settings,
    findings={
        "short": _SEEN + "so short paths carry more than their number ({counted:.1f} blocks on "
        "average) would give them, as Veit et al. (2016) found.",
        "long": _SEEN + "so here long paths carry more than their number ({counted:.1f} blocks on "
        "average) would give them, which is not what Veit et al. (2016) found.",
        "even": _SEEN + "so here paths carry about what their number ({counted:.1f} blocks on "
        "average) gives them, which is not what Veit et al. (2016) found.",
        "none": "No gradient arrives at x_0 of {label} by any path that was measured.",
    },
    tables={
        "lengths": (
            *RUN,
            "blocks",
            "length",
            "paths",
            "sampled",
            "gradient",
            "uncertainty",
            "carried",
        )
    },
    runs=("one-minute-resnet-20-seed-0", "one-minute-resnet-56-seed-0"),
    most_runs=4,
    accepts=accepts,
    code=(
        ("resnet_core/labs/paths/run.py", "sent_back"),
        ("resnet_core/labs/paths/run.py", "drawn"),
        ("resnet_core/labs/paths/verdicts.py", "effective"),
    ),
)
