"""An experiment that is being written: what was typed, and a network's family and depth.

A draft keeps what was typed as it is, and says beside each field what is wrong with it. Nothing
here shows anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import Field

from app.page_state.query import Errors, PageState, settle
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import NEVER, Experiment, from_text
from resnet_core.experiments.network_settings import lacking
from resnet_core.experiments.presets import PRESETS
from resnet_core.specs.cifar import FAMILIES
from resnet_core.specs.imagenet import ARCHITECTURES, GOOGLENET_DEPTH, PREFIX
from resnet_core.specs.names import is_imagenet

_CIFAR = "cifar/"
_GOOGLENET = f"{PREFIX}googlenet"
# CIFAR's families go by their bare names, as they always have.
IMAGENET_FAMILIES = tuple(
    dict.fromkeys(f"{PREFIX}{name.partition('-')[0]}" for name in ARCHITECTURES)
)
ALL_FAMILIES = (*FAMILIES, *IMAGENET_FAMILIES)
# The paper's depths for CIFAR; any other can be typed.
DEPTHS = (20, 32, 44, 56, 110, 1202)


def joined(family: str, depth: int | str) -> str:
    """Return the network's name, without a check that it exists."""
    if family == _GOOGLENET:
        return family
    return f"{family}-{depth}" if is_imagenet(family) else f"{_CIFAR}{family}-{depth}"


def split(network: str) -> tuple[str, int]:
    """Return family and depth of a valid network's name."""
    family, _, depth = network.removeprefix(_CIFAR).partition("-")
    return family, int(depth or GOOGLENET_DEPTH)


def depths(family: str) -> tuple[int, ...]:
    """Return the paper's depths of a family."""
    if not is_imagenet(family):
        return DEPTHS
    networks = [f"{PREFIX}{name}" for name in ARCHITECTURES]
    return tuple(split(name)[1] for name in networks if split(name)[0] == family)


def has_twin(network: str) -> bool:
    """Return whether there is a network that differs in nothing but the shortcuts."""
    return not is_imagenet(network) or network.startswith(f"{PREFIX}plain") or _plain_too(network)


def twin_of(network: str) -> str:
    """Return the network that differs in nothing but the shortcuts.

    A residual, pre-activation or highway network's twin is plain; a plain one's is residual.

    Raises:
        InvalidSetting: the paper has no plain counterpart.
    """
    if not has_twin(network):
        raise InvalidSetting("network", "setting.no_plain_twin", network=network)
    family, depth = split(network)
    prefix = PREFIX if is_imagenet(family) else ""
    plain = family.removeprefix(PREFIX) == "plain"
    return joined(f"{prefix}{'resnet' if plain else 'plain'}", depth)


def _plain_too(network: str) -> bool:
    family, depth = split(network)
    return family == f"{PREFIX}resnet" and depth in depths(f"{PREFIX}plain")


SEEDS = 5
FIRST_PRESET = "one-minute"

# The form's own names for the two halves of `Experiment.network`.
_HALVES = ("family", "depth")
_SETTINGS = frozenset(Experiment.model_fields)
# These mean something when they are empty.
LEFT_EMPTY = frozenset({"name", "milestones", "image_size", "train_images", "test_images"})


class Draft(PageState):
    """The form's whole state.

    Attributes:
        values: as typed, by the name of the field in `Experiment`; `family` and `depth`
            in the place of `network`.
        twin: train the plain or residual counterpart as well.
        seeds: how many seeds, counted up from the experiment's own.
        preset: the preset that it was started from, or "".
    """

    values: dict[str, Any] = Field(default_factory=dict)
    twin: bool = False
    seeds: int = Field(1, ge=1, le=SEEDS)
    preset: str = ""

    @classmethod
    def of(cls, experiment: Experiment, **others: Any) -> Self:
        """Return the draft that describes this experiment."""
        return cls(values=_typed(experiment), **others)

    @classmethod
    def of_preset(cls, name: str) -> Self:
        """Return the preset's last network, its deepest residual one, with its twin if the preset
        has that."""
        experiments = PRESETS[name].build(0)
        last = experiments[-1]
        twin = twin_of(last.network) in {experiment.network for experiment in experiments}
        return cls.of(last.changed(name=""), preset=name, twin=twin)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, Errors]:
        """Return the draft in a URL, from its preset or from the paper's values, and the errors
        by parameter."""
        settings = {name: text for name, text in query.items() if name in _SETTINGS}
        others = {
            name: text for name, text in query.items() if name not in _SETTINGS and name != "values"
        }
        preset = others.get("preset", "")
        faults = Errors()
        if preset and preset not in PRESETS:
            faults["preset"] = InvalidSetting(
                "preset", "setting.choice", given=preset[:60], options=PRESETS
            )
            preset = others["preset"] = ""
        options, errors = super().from_query(others)
        faults |= errors
        if not settings:
            start = cls.of_preset(preset or FIRST_PRESET)
            return start.changed(twin=options.twin or start.twin, seeds=options.seeds), faults
        experiment, errors = settle(_create, settings)
        return options.changed(values=_typed(experiment)), faults | errors

    def to_query(self) -> dict[str, str]:
        """Return the inverse of `from_query`. The network is always named, so that a URL with the
        paper's settings is not taken for one without any.

        Raises:
            InvalidSetting: the draft is not an experiment yet.
        """
        experiment = self.experiment()
        options = super().to_query()
        options.pop("values", None)
        return {"network": experiment.network, **experiment.to_query(), **options}

    def value(self, name: str) -> Any:
        """Return what was typed into a field, or an option of the draft itself."""
        return self.values[name] if name in self.values else getattr(self, name)

    def changed(self, **values: Any) -> Self:
        """Return a copy with other typed values.

        A depth that the new family does not have is replaced by the family's first one.
        """
        own = {name: value for name, value in values.items() if name in type(self).model_fields}
        typed = {name: value for name, value in values.items() if name not in own}
        if typed:
            own["values"] = {**self.values, **typed}
            if "family" in typed and "depth" not in typed:
                own["values"]["depth"] = _depth(self.values, str(typed["family"]))
        return super().changed(**own)

    @classmethod
    def names(cls) -> list[str]:
        """Return the parameters of its URL."""
        return [*Experiment.model_fields, "twin", "seeds", "preset"]

    def experiment(self) -> Experiment:
        """Return the experiment as typed.

        Raises:
            InvalidSetting: names the first field that cannot be used.
        """
        return _create(**_settings(self.values))

    def settled(self) -> Experiment:
        """Return the experiment as typed, with defaults for what cannot be used."""
        return settle(_create, _settings(self.values))[0]

    def errors(self) -> Errors:
        """Return the errors by field; none for a valid experiment."""
        return settle(_create, _settings(self.values))[1]

    def experiments(self) -> list[Experiment]:
        """Return all that would be started: each seed, with its twin if that is wanted.

        Raises:
            InvalidSetting: the draft is not an experiment yet.
        """
        first = self.experiment()
        networks = [first.network, twin_of(first.network)] if self.twin else [first.network]
        experiments = [
            first.changed(network=network, seed=first.seed + number)
            for number in range(self.seeds)
            for network in networks
        ]
        if first.name and len(experiments) > 1:
            return [one.changed(name=_distinct(one)) for one in experiments]
        return experiments


def all_of_preset(name: str, experiment: Experiment) -> Sequence[Experiment]:
    """Return all of the preset's experiments, if this is one of them and they are several."""
    if name not in PRESETS:
        return ()
    try:
        together = PRESETS[name].build(experiment.seed)
    except InvalidSetting:
        return ()
    unnamed = experiment.changed(name="")
    is_one = any(one.changed(name="") == unnamed for one in together)
    return together if is_one and len(together) > 1 else ()


def unused(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that networks of this family and block do not have; what they hold waits
    for another family or block."""
    family, block = str(values.get("family")), str(values.get("block"))
    bottlenecks = family == f"{PREFIX}resnet" if is_imagenet(family) else block == "bottleneck"
    fields = lacking(family.removeprefix(PREFIX)) if is_imagenet(family) else ()
    return fields if bottlenecks else (*fields, "stride_in")


def milestones_as_typed(milestones: Sequence[int] | None) -> str:
    """Return the text of a form's field for milestones: "" for the default, or "never"."""
    if milestones is None:
        return ""
    return ", ".join(map(str, milestones)) or NEVER


def _create(**settings: Any) -> Experiment:
    """Create an experiment from what was typed.

    Raises:
        InvalidSetting: names the first field that cannot be used.
    """
    read = {}
    for name, value in settings.items():
        value = from_text(name, value) if isinstance(value, str) else value
        if value in (None, "") and name not in LEFT_EMPTY:
            good = 20 if name == "network" else Experiment.model_fields[name].default
            raise InvalidSetting(name, "setting.empty", good=good)
        read[name] = value
    return Experiment.create(**read)


def _settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings by the experiment's own names, without those that do not matter."""
    aside = {*_HALVES, *unused(values)}
    if values.get("schedule") == "plateau":
        aside.add("milestones")
    settings = {name: value for name, value in values.items() if name not in aside}
    depth = values.get("depth")
    settings["network"] = None if depth is None else joined(str(values.get("family")), depth)
    return settings


def _typed(experiment: Experiment) -> dict[str, Any]:
    """Return the values as the form's controls hold them: rates and lists as text."""
    values = experiment.model_dump()
    family, depth = split(values.pop("network"))
    values["milestones"] = milestones_as_typed(values["milestones"])
    for name in ("learning_rate", "weight_decay", "momentum"):
        values[name] = repr(values[name])
    for name in ("image_size", "train_images", "test_images"):
        values[name] = "" if values[name] is None else str(values[name])
    return {**values, "family": family, "depth": depth}


def _depth(before: Mapping[str, Any], family: str) -> Any:
    """Return the depth to go on with in another family."""
    if is_imagenet(family):
        offered = depths(family)
        return before["depth"] if before["depth"] in offered else offered[0]
    return DEPTHS[0] if is_imagenet(str(before["family"])) else before["depth"]


def _distinct(experiment: Experiment) -> str:
    network = experiment.network.partition("/")[2]
    return f"{experiment.name} · {network} · seed {experiment.seed}"
