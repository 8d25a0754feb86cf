"""The laboratories by name, and the parts of their questions that all share. No torch."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Event, Verdict
from resnet_core.runs.record import RunRecord
from resnet_core.system import texts
from resnet_core.system.texts import Language

# In the order in which they are shown.
NAMES: tuple[str, ...] = (
    "microscope",
    "convergence",
    "graft",
    "dial",
    "lesion",
    "paths",
    "forward",
    "backward",
    "exploding",
    "start",
    "court",
    "shattered",
    "landscape",
    "gates",
    "sweep",
    "ensemble",
    "depth",
    "transfer",
)

# On pages of their own, not among the questions of Why.
TOOLS: tuple[str, ...] = ("attribution", "masks", "randomised", "activations")


class LabSettings(BaseModel):
    """The settings that every laboratory has; each one adds its own, with bounds.

    The first fields matter most: a page shows two or three and keeps the rest behind "more".
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    seed: int = Field(0, ge=0, le=2**31 - 1)


@dataclass(frozen=True)
class Beside:
    """A laboratory's question of other data than its page opens with.

    Attributes:
        runs: recordings; empty: those that the page opens with.
        settings: those that differ from the defaults.
    """

    runs: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A laboratory's question.

    Its sentences stand in assets/texts: `labs.NAME.title`, `.lead` and `.paper`, those of its
    settings under `.setting`, `.help` and `.option`, of its verdicts under `.finding`. Reasons
    to refuse networks are keys under `errors.labs`.

    Attributes:
        name: as on the command line and in a URL: lower case, with hyphens.
        settings: the class of its settings.
        tables: the columns of each table it fills.
        runs: recordings that it opens with; empty where it trains its own networks only.
        beside: the same question of other data: recordings and settings that differ from those it
            opens with. Its answer is on record as well, and the page links to it.
        most_runs: how many runs can be looked at together; 0: it takes none.
        accepts: why a run of this experiment cannot be looked at, or "".
        combines: why runs of these experiments cannot be looked at together, or "".
        imported: why no network that was trained elsewhere can be looked at, or "".
        code: the definitions that are shown beside the result: file and name.
        version: of its tables and numbers; raised when their meaning changes, so that earlier
            results are not taken for present ones.
    """

    name: str
    settings: type[LabSettings]
    tables: Mapping[str, tuple[str, ...]]
    runs: tuple[str, ...] = ()
    beside: Beside | None = None
    most_runs: int = 0
    accepts: Callable[[Experiment], str] = lambda experiment: ""
    combines: Callable[[Sequence[Experiment]], str] = lambda experiments: ""
    imported: str = ""
    code: tuple[tuple[str, str], ...] = ()
    version: int = 1

    def refuses(self, run: RunRecord) -> str:
        """The reason why this run is refused, a key under `errors`, or ""."""
        return (self.imported if run.imported else "") or self.accepts(run.experiment)

    def sentence(self, verdict: Verdict, language: Language = "en") -> str:
        """The verdict in words."""
        key = f"labs.{self.name}.finding.{verdict.finding}"
        return texts.text(language, key, **verdict.values)

    def text(self, language: Language, key: str, **values: object) -> str:
        """One of the laboratory's sentences.

        Args:
            key: below `labs.NAME`.
        """
        return texts.text(language, f"labs.{self.name}.{key}", **values)

    def help(self, language: Language, field: str) -> str:
        """The effect of a setting, in words."""
        if field in LabSettings.model_fields:
            return texts.text(language, f"labs.common.help.{field}")
        return texts.text(language, f"labs.{self.name}.help.{field}")


# Settings of the laboratory's class and `TrainedNetwork`s in, events out.
Run = Callable[[LabSettings, Sequence[Any]], Generator[Event, None, None]]


def all_names() -> tuple[str, ...]:
    """Everything that can be requested: the laboratories, then the tools."""
    return (*NAMES, *TOOLS)


def question(name: str) -> Question:
    """The laboratory's question; imports no torch.

    Raises:
        InvalidSetting: there is no such laboratory; names the nearest.
    """
    question: Question = _module(name, "question").QUESTION
    return question


def experiment(name: str) -> Run:
    """The laboratory's `run`; imports torch.

    Raises:
        InvalidSetting: as `question`.
    """
    run: Run = _module(name, "run").run
    return run


def _module(name: str, part: str) -> Any:
    if name in all_names():
        return importlib.import_module(f"resnet_core.labs.{name}.{part}")
    near = difflib.get_close_matches(name, all_names(), n=1)
    if near:
        raise InvalidSetting("laboratory", "labs.unknown_near", name=name[:60], near=near[0])
    raise InvalidSetting("laboratory", "labs.unknown", name=name[:60], names=all_names())


# Which networks


def family(experiment: Experiment) -> str:
    """The network's family: plain, resnet, highway or preresnet."""
    return experiment.network.partition("/")[2].partition("-")[0]


def not_cifar(experiment: Experiment) -> str:
    """Refuse networks that cannot be taken apart block by block."""
    return "" if experiment.network.startswith("cifar/") else "labs.not_cifar"


def refusing(**reasons: str) -> Callable[[Experiment], str]:
    """Refuse some families, each for its own reason, and what `not_cifar` refuses."""
    return lambda experiment: reasons.get(family(experiment)) or not_cifar(experiment)


def different_data(experiments: Sequence[Experiment]) -> str:
    """Refuse networks that were certainly trained on different images.

    A size or number that one does not name may still be the other's.
    """
    for name in ("data", "image_size", "train_images", "test_images", "validation"):
        named = {getattr(experiment, name) for experiment in experiments} - {None}
        if len(named) > 1:
            return "labs.different_data"
    return ""


# Types of settings


def _six_n_plus_two(depth: int, info: ValidationInfo) -> int:
    if depth % 6 != 2:
        nearest = 6 * round((depth - 2) / 6) + 2
        raise InvalidSetting(info.field_name or "", "labs.six_n_plus_two", nearest=nearest)
    return depth


def _distinct(values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise InvalidSetting(info.field_name or "", "labs.names_twice")
    return values


SixNPlusTwo = AfterValidator(_six_n_plus_two)
Distinct = AfterValidator(_distinct)
