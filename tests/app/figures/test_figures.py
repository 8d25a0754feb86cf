"""Figures as data: what is drawn, on which axes, under which name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from app import theme
from app.figures.errors import error_figure, paper_errors, time_end
from app.figures.layers import (
    MOST_MAPS,
    QUANTITIES,
    Quantity,
    heat_map_figure,
    layer_figure,
    value_axis,
)
from app.figures.series import Member, Series, gather
from app.language.texts import Speaker, speaker
from app.page_state.view import View
from resnet_core.paper.cifar import TEST_ERROR
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from tests.app.runs_on_record import Rate, put_on_record


def _series(*records: RunRecord, view: View | None = None) -> list[Series]:
    view = view or View()
    members = [Member(record, queries.telemetry(record.id)) for record in records]
    return gather(members, speaker("en"), view.x, view.error)


def _traces(figure: go.Figure, role: str) -> list[Any]:
    return [trace for trace in figure.data if trace.meta["role"] == role]


@pytest.fixture
def twins(home: Path) -> list[Series]:
    return _series(
        put_on_record("plain", "cifar/plain-56", final_error=80.0),
        put_on_record("resnet", "cifar/resnet-56", final_error=10.0),
    )


def test_training_error_is_bold_test_error_thin_in_the_familys_colour(
    twins: list[Series], say: Speaker
) -> None:
    figure = error_figure(twins, View(), say, dark=False)
    for trace in _traces(figure, "train"):
        assert trace.line.width == 3
    for trace in _traces(figure, "test"):
        assert trace.line.width < 1.5
    colours = [trace.line.color for trace in _traces(figure, "train")]
    assert colours == [theme.colour("plain", 56), theme.colour("resnet", 56)]
    assert [trace.name for trace in _traces(figure, "train")] == ["plain-56", "ResNet-56"]


def test_the_curves_are_the_measurements(twins: list[Series], say: Speaker) -> None:
    trace = _traces(error_figure(twins, View(), say, dark=False), "train")[0]
    frame = queries.telemetry("plain").frame.dropna(subset="running_error")
    assert list(trace.x) == frame["iteration"].tolist()
    np.testing.assert_allclose(trace.y, frame["running_error"], rtol=1e-3)


def test_axes_are_named_with_units_and_the_error_axis_runs_from_0_to_100(
    twins: list[Series], say: Speaker
) -> None:
    layout = error_figure(twins, View(), say, dark=False).layout
    assert layout.yaxis.title.text == "error, %"
    assert layout.xaxis.title.text == "iterations"
    assert list(layout.yaxis.range) == [0, 100]
    assert list(layout.xaxis.range) == [0, 400]


def test_a_low_error_fills_the_panel_from_0(home: Path, say: Speaker) -> None:
    (one,) = _series(put_on_record("run-1", final_error=1.0))
    late = Series(**{**vars(one), "error": _cut(one.error), "test": _cut(one.test)})
    low, high = error_figure([late], View(), say, dark=False).layout.yaxis.range
    assert low == 0
    assert high < 60


def _cut(spread: Any) -> Any:
    """Only the last quarter of a curve."""
    parts = {name: np.array(getattr(spread, name)) for name in ("mean", "low", "high")}
    for part in parts.values():
        part[: len(part) * 3 // 4] = np.nan
    return type(spread)(**parts)


def test_a_logarithmic_error_axis_has_no_place_for_zero(home: Path, say: Speaker) -> None:
    series = _series(put_on_record("run-1", final_error=0.0))
    axis = error_figure(series, View(log=True), say, dark=False).layout.yaxis
    assert axis.type == "log"
    assert -2 <= axis.range[0] < axis.range[1] <= 2


def test_learning_rate_drops_are_marked_where_they_happen(
    twins: list[Series], say: Speaker
) -> None:
    layout = error_figure(twins, View(), say, dark=False).layout
    assert [shape.x0 for shape in layout.shapes if shape.name == "drop"] == [200, 300]
    labels = [note.text for note in layout.annotations if note.name == "drop"]
    assert labels == ["learning rate ÷ 10", "÷ 10"]


def test_drops_follow_the_axis_and_wait_until_they_have_happened(home: Path, say: Speaker) -> None:
    view = View(x="seconds")
    done = _series(put_on_record("done"), view=view)
    shapes = error_figure(done, view, say, dark=False).layout.shapes
    assert [shape.x0 for shape in shapes] == pytest.approx([10.0, 15.0])
    half = _series(put_on_record("half-way", state="running", reached=100), view=view)
    assert not error_figure(half, view, say, dark=False).layout.shapes


def test_too_many_different_schedules_are_not_marked_at_all(home: Path, say: Speaker) -> None:
    records = [put_on_record(f"run-{n}", milestones=(50 + n, 150 + n)) for n in range(3)]
    assert not error_figure(_series(*records), View(), say, dark=False).layout.shapes


def _falling(*drops: int) -> Rate:
    """Ten times lower after each of these; a record has the rate of the last update."""
    return lambda iteration: 0.1 / 10 ** sum(iteration > drop for drop in drops)


def test_drops_after_plateaus_are_marked_as_recorded_in_the_curves_colour(
    home: Path, say: Speaker
) -> None:
    view = View(x="seconds")
    plain = put_on_record("plain", "cifar/plain-56", schedule="plateau", rate=_falling(150, 250))
    residual = put_on_record("resnet", "cifar/resnet-56", schedule="plateau", rate=_falling(200))
    one, other = theme.colour("plain", 56), theme.colour("resnet", 56)
    for shown, scale in ((View(), 1.0), (view, 0.05)):
        layout = error_figure(_series(plain, residual, view=shown), shown, say, dark=False).layout
        lines = [(shape.x0, shape.line.color) for shape in layout.shapes if shape.name == "drop"]
        assert [at for at, _ in lines] == pytest.approx([150 * scale, 200 * scale, 250 * scale])
        assert [colour for _, colour in lines] == [one, other, one]
        labels = [note.text for note in layout.annotations if note.name == "drop"]
        assert labels == ["learning rate ÷ 10", "÷ 10", "÷ 10"]


def test_before_the_first_plateau_and_during_a_warm_up_nothing_falls(
    home: Path, say: Speaker
) -> None:
    warm = put_on_record("warm", schedule="plateau", rate=lambda i: 0.1 if i > 100 else 0.01)
    waiting = put_on_record("waiting", schedule="plateau", state="queued", measured=False)
    figure = error_figure(_series(warm, waiting), View(), say, dark=False)
    assert not [shape for shape in figure.layout.shapes if shape.name == "drop"]


def test_the_axis_reaches_to_where_a_running_run_will_end(home: Path) -> None:
    for view, end in ((View(), 400.0), (View(x="epochs"), 10.0), (View(x="seconds"), 5.0)):
        record = put_on_record(f"run-{view.x}", state="running", reached=100)
        assert time_end(_series(record, view=view), view) == pytest.approx(end)
    stopped = put_on_record("stopped", state="stopped", reached=100)
    assert time_end(_series(stopped), View()) == 100
    assert time_end([], View()) == 1


def test_seeds_are_drawn_with_a_band(home: Path, say: Speaker) -> None:
    records = [put_on_record(f"seed-{n}", seed=n, final_error=20 + 9 * n) for n in range(3)]
    series = _series(*records)
    for figure in (
        error_figure(series, View(), say, dark=False),
        layer_figure(series, "gradient", View(), say, dark=False),
    ):
        (band,) = _traces(figure, "band")
        assert band.fill == "toself"
        assert band.hoverinfo == "skip"


def test_smoothing_keeps_the_raw_curve_faint(twins: list[Series], say: Speaker) -> None:
    figure = error_figure(twins, View(smooth=0.8), say, dark=False)
    assert [trace.opacity for trace in _traces(figure, "raw")] == [0.3, 0.3]
    raw, smooth = _traces(figure, "raw")[0].y, _traces(figure, "train")[0].y
    assert np.abs(np.diff(smooth)).mean() < np.abs(np.diff(raw)).mean()


def test_a_long_run_is_thinned(twins: list[Series], say: Speaker) -> None:
    figure = error_figure(twins, View(), say, dark=False, points=20)
    assert all(len(trace.x) <= 20 for trace in figure.data)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_layer_has_its_value_at_the_moment_shown(
    twins: list[Series], say: Speaker, quantity: Quantity
) -> None:
    figure = layer_figure(twins, quantity, View(at=200), say, dark=False)
    telemetry = queries.telemetry("plain")
    values = telemetry.response_std if quantity == "response" else telemetry.gradient_norm
    trace = _traces(figure, "row")[0]
    np.testing.assert_allclose(trace.y, values[20], rtol=1e-3)
    assert list(trace.x) == list(range(1, 56))
    assert trace.customdata[0] == "1 · conv1"


def test_sorted_layers_fall_and_keep_their_names(twins: list[Series], say: Speaker) -> None:
    figure = layer_figure(twins, "response", View(order="sorted"), say, dark=False)
    telemetry = queries.telemetry("plain")
    trace = _traces(figure, "row")[0]
    assert np.all(np.diff(trace.y) <= 0)
    largest = int(telemetry.response_std[-1].argmax())
    assert trace.customdata[0] == f"{largest + 1} · {telemetry.layers[largest]}"
    assert "largest first" in figure.layout.xaxis.title.text


def test_the_value_axis_holds_all_moments(twins: list[Series]) -> None:
    low, high = value_axis(twins, "response", View())["range"]
    assert low == 0
    assert high >= max(one.response.high.max() for one in twins)
    gradients = value_axis(twins, "gradient", View())
    assert gradients["type"] == "log"
    assert 10 ** gradients["range"][0] <= min(one.gradient.low.min() for one in twins)


def test_maps_have_a_row_a_layer_and_one_colour_scale(twins: list[Series], say: Speaker) -> None:
    figure = heat_map_figure(twins, "gradient", View(heat=True), say, dark=True)
    assert len(figure.data) == 2
    for trace in figure.data:
        assert len(trace.z) == 55
        assert len(trace.z[0]) == len(trace.x) == 41
        assert trace.coloraxis == "coloraxis"
        assert len(trace.meta["names"]) == 55
    # The colour is the logarithm, from which the browser tells the value.
    assert 10 ** figure.data[0].z[3][5] == pytest.approx(twins[0].gradient.mean[5, 3], rel=0.002)


def test_maps_are_limited_and_need_two_moments(home: Path, say: Speaker) -> None:
    records = [put_on_record(f"run-{n}", milestones=(100 + n,)) for n in range(MOST_MAPS + 2)]
    figure = heat_map_figure(_series(*records), "response", View(), say, dark=False)
    assert len(figure.data) == MOST_MAPS
    begun = _series(put_on_record("begun", state="running", reached=0, seed=9))
    assert not heat_map_figure(begun, "response", View(), say, dark=False).data


def test_nothing_measured_is_an_empty_figure_with_axes(home: Path, say: Speaker) -> None:
    record = put_on_record("queued", state="queued", reached=0, measured=False)
    for series in ([], _series(record)):
        assert error_figure(series, View(), say, dark=False).layout.yaxis.range == (0, 100)
        for quantity in QUANTITIES:
            assert layer_figure(series, quantity, View(), say, dark=False).layout.xaxis.range
            assert not heat_map_figure(series, quantity, View(), say, dark=False).data


def test_a_zoom_survives_updates(twins: list[Series], say: Speaker) -> None:
    figures = [error_figure(twins, View(), say, dark=False) for _ in range(2)]
    assert figures[0].layout.uirevision == figures[1].layout.uirevision is not None


# The network, data and length of the paper; seconds to write, never trained.
_PAPERS = {
    "data": "cifar10",
    "image_size": None,
    "width": 16,
    "record_every": 8000,
    "evaluate_every": 8000,
}


def _papers_run(name: str, title: str = "CIFAR-10", **changes: Any) -> RunRecord:
    settings = {"network": "cifar/resnet-56", "iterations": 64_000, **_PAPERS, **changes}
    return put_on_record(name, measured=False, fields={"data_title": title}, **settings)


def test_the_papers_error_stands_beside_the_papers_experiment(home: Path, say: Speaker) -> None:
    series = _series(_papers_run("paper"))
    assert [value for _, value in paper_errors(series)] == [TEST_ERROR[56]] == [6.97]
    layout = error_figure(series, View(), say, dark=False).layout
    (line,) = [shape for shape in layout.shapes if shape.name == "paper"]
    assert line.line.dash == "dash"
    assert line.y0 == 6.97
    (label,) = [note.text for note in layout.annotations if note.name == "paper"]
    assert "paper" in label


@pytest.mark.parametrize(
    ("title", "changes"),
    [
        ("shapes (embedded)", {"data": "shapes"}),
        ("CIFAR-100", {"data": "cifar100"}),
        ("CIFAR-10", {"image_size": 16}),
        ("CIFAR-10", {"train_images": 5120}),
        ("CIFAR-10", {"width": 8}),
        ("CIFAR-10", {"iterations": 400}),
        ("CIFAR-10", {"network": "cifar/plain-56"}),
        ("CIFAR-10", {"network": "cifar/preresnet-56"}),
        ("CIFAR-10", {"shortcut": "B"}),
    ],
)
def test_and_beside_nothing_else(home: Path, title: str, changes: dict[str, Any]) -> None:
    assert paper_errors(_series(_papers_run("other", title, **changes))) == []
