"""An experiment being written: what was typed, whether or not it can be used.

Nothing typed is ever lost: a draft keeps it as it is, and says beside each field what is
wrong with it. No interface in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.widgets.experiment_form.networks import joined, split, twin_of
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment, from_text
from resnet_core.experiments.network_settings import lacking
from resnet_core.specs.imagenet import PREFIX
from resnet_core.specs.names import is_imagenet

SEEDS = 5

# What the form calls by names of its own: the two halves of `Experiment.network`.
_HALVES = ("family", "depth")
# These mean something when they are empty.
LEFT_EMPTY = frozenset({"name", "milestones", "image_size", "train_images", "test_images"})


@dataclass(frozen=True)
class Draft:
    """The form's whole state.

    Attributes:
        values: as typed, by the name of the field in `Experiment`; `family` and `depth`
            in the place of `network`.
        twin: whether the plain or residual counterpart is trained as well.
        seeds: how many seeds, counted up from the experiment's own.
        preset: the preset that it was started from, or "".
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    twin: bool = False
    seeds: int = 1
    preset: str = ""

    @classmethod
    def of(cls, experiment: Experiment, **others: Any) -> Draft:
        """The draft that says this experiment."""
        return cls(values=_typed(experiment), **others)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Draft, dict[str, InvalidSetting]]:
        """The draft in a URL, and what was wrong with parameters that gave way to defaults."""
        given = {name: text for name, text in query.items() if name in Experiment.model_fields}
        experiment, errors = settle(given)
        draft = cls.of(experiment, preset=query.get("preset", "")[:60])
        twin, seeds = query.get("twin", "0"), query.get("seeds", "1")
        if twin not in {"0", "1"}:
            errors["twin"] = InvalidSetting(
                "twin", "setting.choice", given=twin[:20], options=["0", "1"]
            )
        if seeds not in _SEED_COUNTS:
            errors["seeds"] = InvalidSetting("seeds", "setting.seeds", given=seeds[:20], most=SEEDS)
        return replace(draft, twin=twin == "1", seeds=_SEED_COUNTS.get(seeds, 1)), errors

    def to_query(self) -> dict[str, str]:
        """The inverse of `from_query`.

        The network is always named: a URL without any setting is nobody's draft.

        Raises:
            InvalidSetting: the draft is not an experiment yet.
        """
        experiment = self.experiment()
        query = {"network": experiment.network, **experiment.to_query()}
        if self.preset:
            query["preset"] = self.preset
        if self.twin:
            query["twin"] = "1"
        if self.seeds > 1:
            query["seeds"] = str(self.seeds)
        return query

    def changed(self, **values: Any) -> Draft:
        """With some fields typed anew."""
        return replace(self, values={**self.values, **values})

    def experiment(self) -> Experiment:
        """The experiment as typed.

        Raises:
            InvalidSetting: names the first field that cannot be used.
        """
        return _create(_given(self.values))

    def settled(self) -> Experiment:
        """The experiment as typed, with defaults for what cannot be used."""
        return settle(_given(self.values))[0]

    def errors(self) -> dict[str, InvalidSetting]:
        """What is wrong, by field; empty once it is an experiment."""
        return settle(_given(self.values))[1]

    def experiments(self) -> list[Experiment]:
        """All that would be started: each seed, with its twin if that is wanted.

        Raises:
            InvalidSetting: the draft is not an experiment yet.
        """
        first = self.experiment()
        networks = [first.network, twin_of(first.network)] if self.twin else [first.network]
        found = [
            first.changed(network=network, seed=first.seed + number)
            for number in range(self.seeds)
            for network in networks
        ]
        if first.name and len(found) > 1:
            return [one.changed(name=_distinct(one)) for one in found]
        return found


_SEED_COUNTS = {str(count): count for count in range(1, SEEDS + 1)}


def settle(given: Mapping[str, Any]) -> tuple[Experiment, dict[str, InvalidSetting]]:
    """The experiment of what can be used, defaults for the rest; and what could not be."""
    kept = dict(given)
    errors: dict[str, InvalidSetting] = {}
    while True:
        try:
            return _create(kept), errors
        except InvalidSetting as error:
            if error.field in kept:
                errors[error.field] = error
                del kept[error.field]
            else:  # A default that does not go with the rest; begin with the rest's defaults.
                errors.setdefault(error.field, error)
                kept = {}


def _create(given: Mapping[str, Any]) -> Experiment:
    read = {}
    for name, value in given.items():
        value = from_text(name, value) if isinstance(value, str) else value
        if value in (None, "") and name not in LEFT_EMPTY:
            good = 20 if name == "network" else Experiment.model_fields[name].default
            raise InvalidSetting(name, "setting.empty", good=good)
        read[name] = value
    return Experiment.create(**read)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """From the form's names to the experiment's."""
    aside = {*_HALVES, *unused(str(values.get("family")))}
    if values.get("schedule") == "plateau":
        aside.add("milestones")
    given = {name: value for name, value in values.items() if name not in aside}
    depth = values.get("depth")
    given["network"] = None if depth is None else joined(str(values.get("family")), depth)
    return given


def unused(family: str) -> tuple[str, ...]:
    """Fields that a family's networks do not have; what they hold waits for another family."""
    return lacking(family.removeprefix(PREFIX)) if is_imagenet(family) else ("stride_in",)


def _typed(experiment: Experiment) -> dict[str, Any]:
    """As the form's controls hold it: rates and lists as text, the rest as it is."""
    values = experiment.model_dump()
    family, depth = split(values.pop("network"))
    milestones = values["milestones"]
    values["milestones"] = ", ".join(map(str, milestones)) if milestones else ""
    for name in ("learning_rate", "weight_decay", "momentum"):
        values[name] = repr(values[name])
    for name in ("image_size", "train_images", "test_images"):
        values[name] = "" if values[name] is None else str(values[name])
    return {**values, "family": family, "depth": depth}


def _distinct(experiment: Experiment) -> str:
    network = experiment.network.partition("/")[2]
    return f"{experiment.name} · {network} · seed {experiment.seed}"
