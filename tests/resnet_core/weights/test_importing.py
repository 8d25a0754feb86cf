"""What is imported is whole, says where it is from, and answers as its file does."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from resnet_core.errors import CheckpointError, DataError, InvalidSetting, PlaygroundError
from resnet_core.labs.tools import trained_network
from resnet_core.networks.catalog import build
from resnet_core.runs import imported, queries, store
from resnet_core.runs.folder import of_run
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.system import home as home_module
from resnet_core.training.checkpoint.files import weights_sha256
from resnet_core.weights import importing
from resnet_core.weights.answers import Answers
from resnet_core.weights.evaluation import OpenQuestions, evaluate
from resnet_core.weights.importing import import_weights
from tests.imported_networks import ANSWERS, SPEC, saved, weights
from tests.imported_networks import imported as brought_in
from tests.resnet_core.weights.public_names import as_public
from tests.small_runs import small_data

__all__ = ["small_data"]

ASKED = Answers(**ANSWERS)


@pytest.fixture(autouse=True)
def own_home(home: Path) -> None:
    pass


def nothing_is_left() -> bool:
    return (
        not queries.runs()
        and not list(home_module.runs_folder().iterdir())
        and not list(home_module.imports_folder().iterdir())
    )


def test_a_run_like_record_says_all(tmp_path: Path, small_data: Path) -> None:
    kept = brought_in(tmp_path, small_data)
    run = queries.run(kept.run.id)
    assert run == kept.run
    assert (run.state, run.title, run.iteration) == ("imported", "resnet-8 · imported", 0)
    assert run.experiment.network_spec(8, 3, 4) == NetworkSpec(**{**vars(SPEC), "image_size": 8})
    assert run.test_error == evaluate(tmp_path / "net.th", str(small_data), ASKED).error
    source = imported.of(run)
    assert source is not None
    assert (source.file, source.form, source.normalization) == ("net.th", "pytorch", "imagenet")
    assert source.sha256 == hashlib.sha256((tmp_path / "net.th").read_bytes()).hexdigest()
    assert (source.classes, source.images, source.mean_of) == (4, 80, "")
    assert not list(home_module.imports_folder().iterdir())
    store.of_home().close()
    home_module.database_path().unlink()  # a lost index is rebuilt from the folders
    assert queries.run(run.id) == run


@pytest.mark.parametrize("names", ["ours", "safetensors", "public"])
def test_the_weights_are_kept_by_our_names(tmp_path: Path, small_data: Path, names: str) -> None:
    state, path = weights(), tmp_path / "weights"
    if names == "public":
        saved(path, as_public(state))
    elif names == "safetensors":
        safetensors.torch.save_file(state, path)
    else:
        torch.save(state, path)
    run = import_weights(path, str(small_data), ASKED).run
    found = safetensors.torch.load_file(queries.weights(run).path)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state if "batches" not in name)
    assert run.weights_sha256 == weights_sha256(found)


def test_the_measurement_is_that_of_a_run_before_its_first_update(
    tmp_path: Path, small_data: Path
) -> None:
    """Against hooks on the same network in training mode, and autograd's own gradients."""
    run = brought_in(tmp_path, small_data, normalization="per-pixel").run
    seen = queries.telemetry(run.id)
    assert len(seen.frame) == 1
    assert seen.frame[["running_error", "train_error", "test_error"]].isna().all(axis=None)
    subject = trained_network.load(run.id)
    model = subject.model().train()
    outputs = {}
    for name, module in model.named_modules():
        if name.rpartition(".")[2] in {"bn1", "bn2"}:
            conv = name.replace("bn", "conv")
            module.register_forward_hook(
                lambda _, __, y, conv=conv: outputs.update(
                    {conv: float(y.detach().std(correction=0))}
                )
            )
    x, y = subject.train_images(128)
    torch.nn.functional.cross_entropy(model(x), y).backward()
    assert list(seen.layers) == list(outputs)
    np.testing.assert_allclose(seen.response_std[0], list(outputs.values()), rtol=1e-3)
    gradients = [model.get_submodule(name).weight.grad.norm().item() for name in seen.layers]
    np.testing.assert_allclose(seen.gradient_norm[0], gradients, rtol=1e-3)


@pytest.mark.parametrize("way", ["imagenet", "cifar", "per-pixel"])
def test_a_laboratory_sees_what_evaluate_saw(tmp_path: Path, small_data: Path, way: str) -> None:
    """The npz's 80 images are what `evaluate --weights` tests on; here a tenth is set aside."""
    kept = brought_in(tmp_path, small_data, normalization=way)
    subject = trained_network.load(kept.run.id)
    model, wrong, seen = subject.model(), 0, []
    for x, y in (subject.train_images(), subject.test_images()):
        with torch.inference_mode():
            wrong += int((model(x).argmax(1) != y).sum())
        seen.append(x)
    assert wrong / 80 * 100 == pytest.approx(kept.evaluated.error)
    pixels = torch.from_numpy(np.load(small_data)["images"]).permute(0, 3, 1, 2).double()
    if way == "per-pixel":
        expected = (pixels - pixels.mean(0)) / 255
    else:
        numbers = {
            "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            "cifar": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
        }[way]
        centre, deviation = (torch.tensor(n).double().reshape(1, 3, 1, 1) for n in numbers)
        expected = (pixels / 255 - centre) / deviation
    both = [torch.cat(seen).double().flatten(1).sum(1), expected.flatten(1).sum(1)]
    torch.testing.assert_close(*(sums.sort().values for sums in both), rtol=1e-5, atol=1e-4)


def test_a_network_with_more_outputs_than_the_data_have_classes(
    tmp_path: Path, small_data: Path
) -> None:
    path = saved(tmp_path / "ten.th", weights(NetworkSpec(depth=8, width=4, classes=10)))
    subject = trained_network.load(import_weights(path, str(small_data), ASKED).run.id)
    assert subject.dataset.classes == tuple(map(str, range(10)))
    assert subject.model()(subject.test_images(2)[0]).shape == (2, 10)
    few = saved(tmp_path / "three.th", weights(NetworkSpec(depth=8, width=4, classes=3)))
    with pytest.raises(DataError, match="labels up to 3; the network knows 3 classes"):
        import_weights(few, str(small_data), ASKED)


def test_what_is_open_is_asked_with_every_answer_tried(tmp_path: Path, small_data: Path) -> None:
    path = saved(tmp_path / "net.th", weights())
    with pytest.raises(OpenQuestions, match="choose network ") as caught:
        import_weights(path, str(small_data), Answers())
    assert "option_a_padding (end, both), normalization (imagenet, " in str(caught.value)
    assert len(caught.value.trials) == 21
    assert nothing_is_left()
    with pytest.raises(InvalidSetting, match="cifar/resnet-20 is not what the file holds"):
        import_weights(path, str(small_data), Answers(network="cifar/resnet-20"))


def pickled_code(path: Path) -> None:
    class Code:
        def __reduce__(self):
            return print, ("it ran",)

    torch.save({"state_dict": weights(), "extra": Code()}, path)


def not_a_number(path: Path) -> None:
    saved(path, {name: tensor * float("nan") for name, tensor in weights().items()})


def huge_header(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 2**40) + json.dumps({}).encode().ljust(64))


def cut_short(path: Path) -> None:
    safetensors.torch.save_file(weights(), path)
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (pickled_code, "it would call __builtin__.print"),
        (not_a_number, "values that are not finite"),
        (huge_header, "its header would be"),
        (cut_short, "damaged or cut short"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_nothing_of_a_bad_file_is_kept(
    tmp_path: Path, small_data: Path, make, sentence: str, capsys
) -> None:
    make(tmp_path / "weights")
    with pytest.raises(CheckpointError, match=sentence):
        import_weights(tmp_path / "weights", str(small_data), ASKED)
    assert nothing_is_left()
    assert "it ran" not in capsys.readouterr().out


def test_answers_that_are_not_finite_are_refused(tmp_path: Path, small_data: Path) -> None:
    state = weights()
    state["fc.weight"] = state["fc.weight"] * 1e38
    with pytest.raises(CheckpointError, match="answers to these images are not finite"):
        import_weights(saved(tmp_path / "net.th", state), str(small_data), ASKED)
    assert nothing_is_left()


def test_nothing_is_kept_where_it_cannot_be_written(
    tmp_path: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(importing.disk, "write_synced", full)
    with pytest.raises(PlaygroundError, match="The disk is full"):
        brought_in(tmp_path, small_data)
    monkeypatch.undo()
    assert nothing_is_left()


def test_a_source_that_is_gone_is_said(tmp_path: Path, small_data: Path) -> None:
    run = brought_in(tmp_path, small_data).run
    of_run(run.id).imported.unlink()
    with pytest.raises(PlaygroundError, match=r"no readable imported\.json"):
        trained_network.load(run.id)


@pytest.mark.parametrize("architecture", ["vgg-16", "googlenet", "resnet-18", "plain-34"])
def test_networks_for_imagenet_are_measured(architecture: str) -> None:
    spec = ImageNetSpec(architecture, classes=4, image_size=32)
    images, labels = torch.rand(2, 3, 32, 32), torch.tensor([1, 3])
    measurement = importing.measure(build(spec, 0), images, labels)
    assert np.isfinite(measurement.response_std).all()
    assert (measurement.gradient_norm > 0).any()
