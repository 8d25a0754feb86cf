"""Scores as they are measured, and pictures whose pixels say what the heads said."""

from __future__ import annotations

import base64
import io
import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from app.figures.labs import pictures
from app.language.texts import Speaker
from app.server import lab_answers
from resnet_core.labs.events import NOTHING, pack
from resnet_core.labs.transfer.question import QUESTION, Settings

draw = partial(lab_answers.draw, "transfer")

LABELS = np.zeros((32, 32), np.uint8)
LABELS[4:14, 6:20] = 4  # a star
SCENE = np.full((32, 32, 3), 128, np.uint8)
GREEN = pictures.CLASS_COLOURS[3]


def _who(run: str, how: str) -> dict[str, object]:
    family, depth = run.split("-")
    return {"run": run, "label": run, "family": family, "depth": int(depth), "how": how}


def _scenes(box: str) -> pd.DataFrame:
    truth = {f"truth_{key}": value for key, value in pack(LABELS).items()}
    return pd.DataFrame(
        [{"scene": scene, **pack(SCENE), **truth, "box": box} for scene in range(2)]
    )


def _tables(box: bool) -> dict[str, pd.DataFrame]:
    over, predictions, final = [], [], []
    for run in ("plain-20", "resnet-20"):
        for how in ("frozen", "tuned"):
            who = _who(run, how)
            for at in (0, 5, 10):
                measured = {"loss": None if at == 0 else 1 / at, "score": at * 5.0, "error": None}
                over.append({**who, "update": at, **measured})
                answer = (
                    {**NOTHING, "box": "[5, 5, 15, 12]"} if box else {**pack(LABELS), "box": ""}
                )
                predictions += [
                    {**who, "update": at, "scene": scene, **answer} for scene in range(2)
                ]
            ends = {"score": 50.0, "low": 45.0, "high": 56.0, "error": 1.5 if box else None}
            final.append({**who, **ends, "classification": 0.0})
    tables = {"scenes": _scenes("[6, 4, 20, 14]" if box else ""), "curves": pd.DataFrame(over)}
    tables |= {"predictions": pd.DataFrame(predictions), "final": pd.DataFrame(final)}
    assert {name: set(table) for name, table in tables.items()} == {
        name: set(columns) for name, columns in QUESTION.tables.items()
    }
    return tables


def _pixels(address: str) -> np.ndarray:
    content = base64.b64decode(address.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def test_curves_and_bars_are_the_tables_numbers(say: Speaker) -> None:
    figures = draw(_tables(box=False), Settings(updates=10), say, False)
    assert list(figures) == [
        *("scores", "final", "pictures", "improving", "classifiers", "losses"),
    ]
    frozen, tuned, *_ = figures["scores"].data
    listed = [trace.name for trace in figures["scores"].data if trace.showlegend is not False]
    assert listed == ["plain-20", "resnet-20", "frozen", "fine-tuned"]
    assert list(frozen.y) == [0, 25, 50]
    assert (frozen.line.dash, tuned.line.dash) == ("dot", "solid")
    assert frozen.line.color == tuned.line.color != figures["scores"].data[2].line.color
    assert figures["scores"].layout.yaxis.range[0] == 0
    assert list(figures["losses"].data[0].x) == [5, 10]
    bar, strong = figures["final"].data
    assert strong.marker.color[0] == tuned.line.color != bar.marker.color[0]
    assert list(bar.y) == [50, 50]
    assert list(bar.error_y.array) == pytest.approx([6, 6])
    assert list(bar.error_y.arrayminus) == pytest.approx([5, 5])
    assert figures["classifiers"].data[0].x[0] == pytest.approx(0.1)  # 0 on a logarithmic axis


def test_the_pictures_are_those_of_the_last_way_and_update(say: Speaker) -> None:
    tables = _tables(box=False)
    figures = draw(tables, Settings(updates=10), say, True)
    images, notes = figures["pictures"].layout.images, figures["pictures"].layout.annotations
    assert len(images) == 2 * 3  # scenes; the truth and two networks
    assert "10" in notes[1].text
    assert [trace.name for trace in figures["pictures"].data] == [say("labs.transfer.shape.star")]
    assert len(figures["improving"].layout.images) == 2 * 2  # networks; 5 and 10 updates
    begun = {**tables, "predictions": tables["predictions"][:2]}
    assert len(draw(begun, Settings(updates=10), say, True)["pictures"].layout.images) == 2 * 2


def test_a_mask_is_tinted_and_the_truth_outlined_in_the_class_s_colour() -> None:
    guess = np.zeros((32, 32), np.uint8)
    guess[20:30, 20:30] = 1
    drawn = _pixels(pictures.masked(SCENE, guess, LABELS))
    size = drawn.shape[0] // 32
    assert drawn[9 * size, 6 * size].tolist() == pytest.approx(_rgb(GREEN), abs=12)
    red, green, blue = drawn[25 * size, 25 * size]
    assert red > green + 60
    assert red > blue + 60
    assert np.ptp(drawn[2 * size, 2 * size]) < 8  # grey
    assert np.ptp(drawn[9 * size, 12 * size]) < 8  # in the shape, but nothing was said of it


def test_a_box_is_a_frame_where_its_edges_are() -> None:
    drawn = _pixels(pictures.boxed(SCENE, [((6, 4, 20, 14), "#ffffff")]))
    size = drawn.shape[0] // 32
    white = (drawn > 240).all(axis=2)
    rows, columns = np.nonzero(white)
    assert (columns.min(), rows.min()) == (6 * size, 4 * size)
    assert (columns.max() + 1, rows.max() + 1) == (20 * size, 14 * size)
    assert not white[9 * size, 12 * size]
    assert pictures.boxed(SCENE, [((9, 9, 2, 2), "#ffffff")])  # inside out: no frame


def test_boxes_have_no_legend_of_classes_but_their_error(say: Speaker) -> None:
    figures = draw(_tables(box=True), Settings(task="box", updates=10), say, False)
    assert list(figures["edges"].data[0].y) == [1.5, 1.5]
    assert not figures["pictures"].layout.showlegend
    assert all(json.loads(figure.to_json()) for figure in figures.values())


def test_networks_begun_anew_are_not_drawn_as_the_classifiers_they_are_not(say: Speaker) -> None:
    tables = _tables(box=False)
    tables["final"].loc[tables["final"]["how"] == "frozen", "classification"] = None
    figures = draw(tables, Settings(updates=10), say, False)
    curves = [trace for trace in figures["classifiers"].data if trace.x[0] is not None]
    assert [len(trace.x) for trace in curves] == [1, 1]
    tables["final"]["classification"] = None
    assert "classifiers" not in draw(tables, Settings(updates=10), say, False)


def test_the_truth_is_shown_before_anything_is_said(say: Speaker) -> None:
    only = {"scenes": _scenes("")}
    assert list(draw(only, Settings(), say, False)) == ["pictures"]
