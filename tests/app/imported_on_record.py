"""A network on record as imported, for the tests of the app; its numbers are made up."""

from __future__ import annotations

from dataclasses import replace

from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import imported, store
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.imported import Imported
from resnet_core.runs.record import RunRecord
from resnet_core.telemetry.stream import StreamWriter, compact
from tests.app.runs_on_record import measurement, started

SOURCE = Imported(
    file="resnet20.th",
    sha256="ab" * 32,
    form="pytorch",
    normalization="imagenet",
    mean_of="",
    classes=10,
    images=10_000,
)


def import_on_record(
    network: str = "cifar/resnet-20", warning: str = "", **settings: object
) -> RunRecord:
    """Tested and measured once, never trained here.

    Args:
        warning: as stored with the run.
        settings: of the `Experiment`.
    """
    experiment = Experiment.create(network=network, **settings)
    with imported.staged() as path:
        folder = RunFolder(path)
        folder.weights.write_bytes(b"weights")
        imported.write(path, replace(SOURCE, warning=warning))
        with StreamWriter(folder.stream, started(experiment)) as writer:
            writer.append(measurement(experiment, 0, 0.0))
        compact(folder.stream, folder.compacted)
        folder.stream.unlink()
        run = RunRecord(
            id=path.name,
            experiment=experiment,
            state="imported",
            created=1.0,
            test_error=8.27,
            data_title="CIFAR-10",
        )
        store.of_home().adopt(run, path)
    return run
