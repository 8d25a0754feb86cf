"""Names of curves: the network as the paper writes it, and the settings that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app.language.texts import Speaker
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs.record import RunRecord

_FAMILIES = {"resnet": "ResNet", "preresnet": "preResNet", "vgg": "VGG", "googlenet": "GoogLeNet"}
# Fields that never tell two experiments apart in a legend.
_IGNORED = {"name", "network", "seed", "record_every", "evaluate_every", "evaluation_images"}
_MOST_DIFFERENCES = 2


def network_label(network: str) -> str:
    """ "cifar/resnet-56" as "ResNet-56"."""
    family, _, depth = network.rpartition("/")[2].partition("-")
    return "-".join(filter(None, [_FAMILIES.get(family, family), depth]))


def own_name(record: RunRecord) -> str:
    """Return the name that a person gave; presets name runs after their networks, which is none."""
    name = record.experiment.name
    return "" if name == record.experiment.network.rpartition("/")[2] else name


def labels(groups: Sequence[Sequence[RunRecord]], say: Speaker) -> list[str]:
    """One label a group of runs of the same experiment, all different."""
    firsts = [group[0] for group in groups]
    plain = [_named(record, say) for record in firsts]
    shared = Counter(plain)
    distinct = [
        label if shared[label] == 1 else _distinguished(record, label, firsts, say)
        for record, label in zip(firsts, plain, strict=True)
    ]
    repeated = Counter(distinct)
    return [
        label if repeated[label] == 1 else f"{label} · {record.id[-6:]}"
        for record, label in zip(firsts, distinct, strict=True)
    ]


def _named(record: RunRecord, say: Speaker) -> str:
    label = network_label(record.experiment.network)
    return say("charts.label.imported", network=label) if record.imported else label


def _distinguished(record: RunRecord, label: str, others: Sequence[RunRecord], say: Speaker) -> str:
    """The label with the run's own name, or with the settings in which others of its network
    differ."""
    if own_name(record):
        return own_name(record)
    if record.imported:
        return label
    rivals = [o.experiment for o in others if o.experiment.network == record.experiment.network]
    differing = [
        field
        for field in Experiment.model_fields
        if field not in _IGNORED
        and any(getattr(rival, field) != getattr(record.experiment, field) for rival in rivals)
    ]
    if not differing:
        return label
    settings = [_setting(record.experiment, field, say) for field in differing[:_MOST_DIFFERENCES]]
    return " · ".join([label, *settings])


def _setting(experiment: Experiment, field: str, say: Speaker) -> str:
    value, name = getattr(experiment, field), say(f"form.field.{field}.label").lower()
    if isinstance(value, bool):
        return say("charts.label.with" if value else "charts.label.without", setting=name)
    if field == "data":
        return str(value).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return f"{name} {say('charts.label.default') if value is None else _plain(value)}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
