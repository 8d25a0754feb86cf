"""Event files, read back with TensorBoard's own reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resnet_core.errors import WrongState
from resnet_core.exporting import event_files
from resnet_core.runs import queries
from tests.app.runs_on_record import put_on_record
from tests.resnet_core.exporting.recorded import RESNET_20

REASON = "the extra requirements-tensorboard.txt is not installed"


def test_every_curve_is_there_with_its_values_and_steps(out: Path, home: Path) -> None:
    reading = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason=REASON
    )
    event_files.write(RESNET_20, out)
    (file,) = out.iterdir()
    assert file.name.startswith("events.out.tfevents.")
    found = reading.EventAccumulator(str(out), size_guidance={reading.SCALARS: 0}).Reload()
    run, telemetry = queries.run(RESNET_20), queries.telemetry(RESNET_20)
    frame, layers, blocks = telemetry.frame, telemetry.layers, telemetry.blocks
    assert set(found.Tags()["scalars"]) == {
        *event_files.SCALARS.values(),
        *(f"{name}/{layer}" for name in ("response_std", "gradient_norm") for layer in layers),
        *(f"branch_ratio/{block}" for block in blocks),
    }
    for column, tag in event_files.SCALARS.items():
        known = frame[frame[column].notna()]
        scalars = found.Scalars(tag)
        assert [one.step for one in scalars] == known["iteration"].tolist()
        np.testing.assert_allclose([one.value for one in scalars], known[column], rtol=1e-6)
    for number, layer in enumerate(layers):
        values = [one.value for one in found.Scalars(f"response_std/{layer}")]
        np.testing.assert_array_equal(values, telemetry.response_std[:, number])
    times = [one.wall_time for one in found.Scalars("loss")]
    np.testing.assert_allclose(times, run.started + frame["seconds"], atol=1e-3)


def test_what_was_not_measured_is_left_out(home: Path) -> None:
    put_on_record("20261121-000001")
    rows = list(event_files.measurements(queries.telemetry("20261121-000001")))
    iteration, seconds, values = rows[0]
    assert (iteration, seconds) == (0, 0.0)
    tags = dict(values)
    assert "error/test" not in tags
    assert "error/running" not in tags
    assert tags["learning_rate"] == pytest.approx(0.1)
    assert not any(np.isnan(value) for _, _, values in rows for _, value in values)


def test_a_run_without_measurements_is_a_sentence(out: Path, home: Path) -> None:
    pytest.importorskip("tensorboard", reason=REASON)
    put_on_record("20261121-000002", state="queued", measured=False)
    with pytest.raises(WrongState, match="has measured nothing yet"):
        event_files.write("20261121-000002", out)
