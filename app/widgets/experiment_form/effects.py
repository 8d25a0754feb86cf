"""What other choices would cost, said before one is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.language.texts import t
from app.widgets.experiment_form.networks import depths, joined, split
from resnet_core.anatomy import Anatomy
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment


@dataclass(frozen=True)
class Effects:
    """Of changing one setting of an experiment.

    Attributes:
        describe: gives the network of an experiment on its data.
    """

    experiment: Experiment
    describe: Callable[[Experiment], Anatomy]

    def by_depth(self) -> str:
        """The cost of the depths beside this one."""
        family, _ = split(self.experiment.network)
        costs = []
        for depth in depths(family):
            try:
                other = self.experiment.changed(network=joined(family, depth))
            except InvalidSetting:
                continue  # not reachable with these blocks
            costs.append(f"{depth}: {short(self.describe(other).multiply_adds)}")
        return t("form.multiply_adds_by_depth", list=_listed(costs))

    def by_shortcut(self) -> str:
        """The parameters with each option."""
        if not self.experiment.network_spec().has_shortcuts:
            return t("form.no_shortcut")
        counts = [
            f"{option} {self.describe(self.experiment.changed(shortcut=option)).parameters:,}"
            for option in ("A", "B", "C")
        ]
        return t("form.parameters_by_option", list=_listed(counts))


def _listed(parts: list[str]) -> str:
    """Parts that a line does not break within."""
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)


def short(count: int) -> str:
    """Three digits and a unit: 853 k, 40.6 M, 2.68 G."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return str(count)
