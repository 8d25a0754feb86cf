"""What every laboratory has, as far as it can be said without torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.events import Verdict
from resnet_core.runs.record import RunRecord


class Settings(BaseModel):
    """What can be set in a laboratory; each one adds its own fields, described and bounded.

    The first fields are what matters most: a page shows two or three and keeps the rest
    behind "more".
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    seed: int = Field(0, ge=0, le=2**31 - 1, description="Of everything that is drawn at random.")


@dataclass(frozen=True)
class Question:
    """A laboratory's question.

    Attributes:
        name: as on the command line and in a URL: lower case, with hyphens.
        settings: the class of its settings.
        findings: English sentences with {placeholders} by the verdict's finding.
        tables: the columns of each table it fills.
        runs: recordings that it opens with; empty where it trains its own networks only.
        most_runs: how many runs can be looked at together; 0: it takes none.
        accepts: why a run of this experiment cannot be looked at, or "".
        of_imported: why no network that was trained elsewhere can be looked at, or "".
        code: the definitions that are shown beside the result: file and name.
        version: of what its tables and numbers mean; raised when that changes, so that results
            of before are not taken for the present ones.
    """

    name: str
    settings: type[Settings]
    findings: Mapping[str, str]
    tables: Mapping[str, tuple[str, ...]]
    runs: tuple[str, ...] = ()
    most_runs: int = 0
    accepts: Callable[[Experiment], str] = lambda experiment: ""
    of_imported: str = ""
    code: tuple[tuple[str, str], ...] = ()
    version: int = 1

    def refuses(self, run: RunRecord) -> str:
        """Why this run cannot be looked at, or ""."""
        return (self.of_imported if run.imported else "") or self.accepts(run.experiment)

    def sentence(self, verdict: Verdict) -> str:
        """The verdict in English."""
        return self.findings[verdict.finding].format(**verdict.values)
