"""ImageNet's recipe on a folder of pictures: whoever decodes them, whenever, changes no bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from resnet_core.data import augment, catalog
from resnet_core.data.dataset import Selection
from resnet_core.data.imagenet.views import centre_view
from resnet_core.errors import DataError, InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.system import environment
from resnet_core.telemetry.events import Event, Finished, Measurement, Stepped
from resnet_core.training import device
from resnet_core.training.batches import PictureOrder
from resnet_core.training.checkpoint.files import load_checkpoint, save_checkpoint
from resnet_core.training.cost import run_time
from resnet_core.training.images import load, prepare
from resnet_core.training.loop import train
from resnet_core.training.session import Session
from tests.picture_folders import draw_folder

CROP = 32
Make = Callable[..., Experiment]


@pytest.fixture
def make(home: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Experiments of five updates, with an evaluation after every second; the networks of
    Table 1 an eighth as wide, for time's sake."""
    monkeypatch.setattr(ImageNetSpec, "width", 8)

    def experiment(**changes: Any) -> Experiment:
        fields: dict[str, Any] = {
            "network": "imagenet/resnet-18",
            "data": str(photographs),
            "image_size": CROP,
            "batch_size": 4,
            "iterations": 5,
            "learning_rate": 0.02,
            "record_every": 1,
            "evaluate_every": 2,
            "evaluation_images": 6,
            "test_images": 6,
            "audit_every": 5,
            "precision": "fp32",
            "device": "cpu",
            "seed": 3,
        }
        return Experiment.create(**{**fields, **changes})

    return experiment


def _trained(experiment: Experiment) -> list[Event]:
    with closing(Session(experiment, load(experiment))) as session:
        return list(train(session))


def _told(events: list[Event]) -> list[dict[str, Any]]:
    rows = [dict(vars(event)) for event in events if isinstance(event, Measurement)]
    for row in rows:
        del row["seconds"], row["images_per_second"]
    return rows


def _same(one: list[Event], other: list[Event]) -> None:
    assert isinstance(one[-1], Finished)
    assert isinstance(other[-1], Finished)
    assert one[-1].weights_sha256 == other[-1].weights_sha256
    for mine, theirs in zip(_told(one), _told(other), strict=True):
        for name in mine:
            np.testing.assert_array_equal(mine[name], theirs[name], err_msg=name)


def _batches(experiment: Experiment, count: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    execution = device.choose("cpu", "fp32")
    with closing(prepare(load(experiment), experiment, execution)) as found:
        return [found.batches.next() for _ in range(count)]


def test_every_picture_comes_once_a_pass_in_an_order_of_its_own() -> None:
    order = PictureOrder(10, seed=0)
    turns = [place for index in range(15) for place in order.batch(index, 4)]
    assert [place.epoch for place in turns] == [turn // 10 for turn in range(60)]
    passes = [tuple(place.picture for place in turns[i : i + 10]) for i in range(0, 60, 10)]
    assert all(sorted(one) == list(range(10)) for one in passes)
    assert len(set(passes)) == 6
    assert PictureOrder(10, seed=0).batch(11, 4) == turns[44:48]
    assert PictureOrder(10, seed=1).batch(0, 10) != turns[:10]
    assert len(PictureOrder(2, seed=0).batch(3, 7)) == 7


def test_any_number_of_decoders_gives_the_same_batches(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make(iterations=20)
    found = []
    for count in ("0", "1", "4"):
        monkeypatch.setenv(environment.variable("decoders"), count)
        found.append(_batches(experiment, 9))  # more than a pass
    for other in found[1:]:
        for (x, labels), (y, others) in zip(found[0], other, strict=True):
            assert torch.equal(x, y)
            assert torch.equal(labels, others)
    assert found[0][0][0].shape == (4, 3, CROP, CROP)
    assert not torch.equal(_batches(make(seed=4), 1)[0][0], found[0][0][0])


def test_a_batch_is_views_less_the_mean_with_their_colours_shifted(make: Make) -> None:
    experiment = make(batch_size=30)
    data = catalog.load_folder(Selection(experiment.data, CROP))
    (x, labels) = _batches(experiment, 1)[0]
    assert sorted(labels.tolist()) == sorted(data.train.labels.tolist())
    # The colour shifts are small, and the mean of all views is near the mean that was taken.
    assert x.mean().abs() < 0.05
    assert 0.05 < x.std() < 0.4


def test_the_error_is_that_of_the_centre_views(make: Make) -> None:
    experiment = make(test_images=None)
    data = catalog.load_folder(Selection(experiment.data, CROP))
    with closing(Session(experiment, load(experiment))) as session:
        session.step()
        _, test_error = session.evaluate()
        pixels = [centre_view(data.test, place, CROP).pixels for place in range(12)]
        x = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)
        with torch.inference_mode():
            session.state.model.eval()
            logits = session.state.model(augment.centred(x, session.state.batches.mean))
    wrong = (logits.argmax(1) != torch.from_numpy(data.test.labels)).double().mean()
    assert test_error == pytest.approx(100 * wrong.item())


@pytest.mark.parametrize(
    ("changes", "cuts"),
    [
        # With patience one every second evaluation may drop the rate; 7.5 updates are a pass.
        ({"schedule": "plateau", "plateau_evaluations": 1, "iterations": 9}, (1, 2, 8)),
        ({"network": "imagenet/googlenet", "iterations": 3}, (2,)),  # with dropout
        ({"network": "imagenet/resnet-50", "shortcut": "B", "iterations": 2}, (1,)),
    ],
)
def test_interrupted_runs_end_in_the_same_weights(
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    cuts: tuple[int, ...],
) -> None:
    experiment = make(**changes)
    monkeypatch.setenv(environment.variable("decoders"), "2")
    whole = _trained(experiment)
    monkeypatch.setenv(environment.variable("decoders"), "0")
    for cut in cuts:
        events: list[Event] = []
        with closing(Session(experiment, load(experiment))) as session:
            for event in train(session):
                events.append(event)
                if event == Stepped(cut):
                    break
            path = save_checkpoint(tmp_path / str(cut), session.checkpoint())
        torch.rand(5)
        later = Session(experiment, load(experiment), load_checkpoint(path))
        _same(events + list(train(later)), whole)


def test_a_plateau_lowers_the_rate(make: Make) -> None:
    rates = [row["learning_rate"] for row in _told(_trained(make(
        schedule="plateau", plateau_evaluations=1, learning_rate=1e-12, iterations=7
    )))]  # fmt: skip
    # Nothing is learnt at this rate, so each evaluation after the first is a plateau.
    assert rates[1:] == pytest.approx([1e-12] * 4 + [1e-13] * 2 + [1e-14])


def test_dropout_does_not_touch_the_global_state(make: Make) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    experiment = make(network="imagenet/googlenet", iterations=1, test_images=1)
    with closing(Session(experiment, load(experiment))) as session:
        session.step()
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("count", ["0", "2"])
def test_a_bad_picture_ends_the_run_with_its_name_and_mended_it_goes_on(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    monkeypatch.setenv(environment.variable("decoders"), count)
    root = draw_folder(tmp_path / "mine")
    experiment = make(data=str(root), test_images=3)
    whole = _trained(experiment)
    data = load(experiment)
    bad = data.train.path(PictureOrder(30, 3).batch(3, 4)[1].picture)  # type: ignore[union-attr]
    good = bad.read_bytes()
    bad.write_bytes(good[: len(good) // 3])
    with closing(Session(experiment, data)) as session:
        events = train(session)
        for event in events:
            if event == Stepped(3):
                path = save_checkpoint(tmp_path / "checkpoints", session.checkpoint())
                break
        with pytest.raises(DataError, match=rf"{bad.name} cannot be read as an image; repair it"):
            list(events)
    bad.write_bytes(good)
    again = list(train(Session(experiment, load(experiment), load_checkpoint(path))))
    assert isinstance(whole[-1], Finished)
    assert isinstance(again[-1], Finished)
    assert again[-1].weights_sha256 == whole[-1].weights_sha256


def test_the_mean_is_the_checkpoints(make: Make, tmp_path: Path) -> None:
    experiment = make()
    with closing(Session(experiment, load(experiment))) as session:
        mean = session.state.batches.mean
        path = save_checkpoint(tmp_path, session.checkpoint())
    shutil.rmtree(tmp_path / "home" / "cache")
    (tmp_path / "home" / "cache").mkdir()
    later = Session(experiment, load(experiment), load_checkpoint(path))
    assert torch.equal(later.state.batches.mean, mean)
    assert not list((tmp_path / "home" / "cache").glob("mean-*"))


def test_too_large_a_batch_is_refused(make: Make) -> None:
    experiment = make(batch_size=31)
    with pytest.raises(InvalidSetting, match="31 is more than the 30 training images"):
        Session(experiment, load(experiment))


def test_the_time_estimate_counts_decoding(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = make()
    e = experiment
    facts = catalog.facts(
        Selection(e.data, e.image_size, e.train_images, e.test_images, on_disk=True)
    )
    monkeypatch.setattr(run_time, "seconds_per_picture", lambda *_: 100.0)
    monkeypatch.setattr(run_time, "_MAX_SECONDS", 0.0)
    found = run_time.estimate_run_time(experiment, facts)
    assert found.seconds_per_iteration == pytest.approx(400)
    assert found.seconds_per_evaluation == pytest.approx(1200)
