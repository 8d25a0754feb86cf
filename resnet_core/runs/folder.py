"""Where the files of one run lie, for whoever writes or reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from resnet_core.runs.record import check_id
from resnet_core.system import home
from resnet_core.training.checkpoint.folder import checkpoint_iterations, checkpoint_path

_EARLIER = re.compile(r"iteration-(\d{8})\.safetensors")


@dataclass(frozen=True)
class RunFolder:
    """The files of one run.

    `telemetry.arrow` grows while the run lasts; `telemetry.parquet` takes its place when
    it is over. A checkpoint is a folder `checkpoints/iteration-00001234`, with `-kept` at the end
    where it stays for forks, holding `model.safetensors`, `training.pt` and `manifest.json`.
    """

    path: Path

    @property
    def experiment(self) -> Path:
        return self.path / "experiment.json"

    @property
    def stream(self) -> Path:
        return self.path / "telemetry.arrow"

    @property
    def compacted(self) -> Path:
        return self.path / "telemetry.parquet"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def weights(self) -> Path:
        """Of a recording, where it has any, and of an import; other runs have checkpoints."""
        return self.path / "model.safetensors"

    def earlier_weights(self, iteration: int) -> Path:
        """Of a recording at an earlier iteration, which need not exist."""
        return self.path / "earlier" / f"iteration-{iteration:08d}.safetensors"

    def earlier_iterations(self) -> list[int]:
        """Earlier iterations that a recording has weights of, rising."""
        found = (_EARLIER.fullmatch(path.name) for path in self.path.glob("earlier/*"))
        return sorted(int(match[1]) for match in found if match)

    @property
    def imported(self) -> Path:
        """Where weights that were trained elsewhere come from, see `imported`."""
        return self.path / "imported.json"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def lock(self) -> Path:
        """Held by the run's one worker for as long as it lives."""
        return self.path / "worker.lock"

    @property
    def origin(self) -> Path:
        """A fork's own copy of what it started from: its parent's `experiment.json` and, in
        `checkpoints`, the one checkpoint. The parent may be deleted."""
        return self.path / "origin"

    @property
    def attempts(self) -> Path:
        """Telemetry and logs of attempts that were given up for a retry, a folder each."""
        return self.path / "attempts"

    def kept_iterations(self) -> list[int]:
        """Iterations of the checkpoints on disk, rising. Their contents are not verified here."""
        return checkpoint_iterations(self.checkpoints)

    def checkpoint(self, iteration: int) -> Path:
        """The folder of this iteration's checkpoint, which need not exist."""
        return checkpoint_path(self.checkpoints, iteration)


def of_run(run_id: str) -> RunFolder:
    """The folder of the run with this id, which need not exist yet.

    Raises:
        RunNotFound: the id is not one.
    """
    return RunFolder(home.runs_folder() / check_id(run_id))
