"""Names of curves: the network as the paper writes it, and the settings that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

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
    """Return one label a group of runs of the same experiment, all different."""
    firsts = [group[0] for group in groups]
    plain = [_plain_label(record, say) for record in firsts]
    shared = Counter(plain)
    fields = _differing_fields(firsts)
    distinct = [
        label if shared[label] == 1 else _distinguished(record, label, fields, say)
        for record, label in zip(firsts, plain, strict=True)
    ]
    repeated = Counter(distinct)
    return [
        label if repeated[label] == 1 else f"{label} · {record.id[-6:]}"
        for record, label in zip(firsts, distinct, strict=True)
    ]


def _plain_label(record: RunRecord, say: Speaker) -> str:
    label = network_label(record.experiment.network)
    return say("charts.label.imported", network=label) if record.imported else label


def _differing_fields(records: Sequence[RunRecord]) -> dict[str, list[str]]:
    """Return, by network, the settings in which its experiments differ."""
    experiments: dict[str, list[Experiment]] = {}
    for record in records:
        experiments.setdefault(record.experiment.network, []).append(record.experiment)
    fields = [field for field in Experiment.model_fields if field not in _IGNORED]
    return {
        network: [f for f in fields if len({getattr(one, f) for one in alike}) > 1]
        for network, alike in experiments.items()
    }


def _distinguished(
    record: RunRecord, label: str, fields: Mapping[str, list[str]], say: Speaker
) -> str:
    """Return the run's own name, or the label with the settings that differ."""
    if own_name(record):
        return own_name(record)
    differing = [] if record.imported else fields[record.experiment.network]
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
