"""Model folders: what the card says is done, word for word."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shlex
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import safetensors.torch
import torch

from resnet_core.data import augment, catalog
from resnet_core.data.dataset import Selection
from resnet_core.data.imagenet.views import centre_view
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.exporting import hub
from resnet_core.exporting.hub import copy_weights
from resnet_core.exporting.recipe import loading_code
from resnet_core.networks.catalog import build
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord
from resnet_core.specs.names import spec_of
from resnet_core.training.checkpoint.files import save_checkpoint
from resnet_core.training.images import load
from resnet_core.training.session import Session
from tests.picture_folders import photographs
from tests.resnet_core.commands.conftest import shell
from tests.resnet_core.exporting.recorded import RESNET_20, varied

__all__ = ["photographs", "shell"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESIDUAL_PLAYGROUND_HOME", str(tmp_path_factory.mktemp("home")))
        hub.write(RESNET_20, path, "MIT")
    return path


def block(card: str, language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", card, re.DOTALL)
    return found


def command_on(card: str) -> list[str]:
    """After `python -m resnet_core`."""
    (line,) = [line for line in card.splitlines() if line.startswith("python ")]
    python, module, package, *arguments = shlex.split(line)
    assert (python, module, package) == ("python", "-m", "resnet_core")
    return arguments


def executed(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    return names


def test_it_holds_what_a_hub_wants(folder: Path) -> None:
    names = {"README.md", "config.json", "model.safetensors", "preprocessing.safetensors"}
    assert {path.name for path in folder.iterdir()} == names


def test_the_command_on_the_card_measures_the_cards_error(
    folder: Path, home: Path, shell: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    monkeypatch.chdir(folder)
    said = shell(*command_on(card), "--json")
    assert said.code == 0, said.err
    recorded = queries.run(RESNET_20)
    assert said.json["error"] == pytest.approx(recorded.test_error, abs=1e-9)
    assert said.json["n"] == 1000
    assert said.json["warning"] is None
    assert f"Test error: {said.json['error']:.2f} % (n = 1,000)" in card


def test_the_code_on_the_card_loads_the_network(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = block((folder / "README.md").read_text(encoding="utf-8"), "python")
    names = executed(code, folder, monkeypatch)
    data = catalog.load(Selection("shapes", 16))
    mean = augment.per_pixel_mean(augment.as_tensors(data.train)[0])
    assert torch.equal(names["mean"], mean)
    images, labels = augment.as_tensors(data.test)
    with torch.inference_mode():
        wrong = (names["logits"](images).argmax(1) != labels).double().mean().item()
    recorded = queries.run(RESNET_20).test_error  # measured in bf16, here fp32: an image or two
    assert 100 * wrong == pytest.approx(recorded, abs=0.3)


def test_config_and_weights_rebuild_the_network(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["format"] == "residual-playground/1"
    network = build(spec_of(**config["network"]), seed=1)
    state = safetensors.torch.load_file(folder / config["weights"]["file"])
    network.load_state_dict(state)
    original = safetensors.torch.load_file(queries.RECORDED / RESNET_20 / "model.safetensors")
    assert all(torch.equal(tensor, state[name]) for name, tensor in original.items())
    written = (folder / "model.safetensors").read_bytes()
    digest = hashlib.sha256(written).hexdigest()
    assert config["weights"] == {"file": "model.safetensors", "sha256": digest, "iteration": 1060}
    assert digest in (folder / "README.md").read_text(encoding="utf-8")
    assert config["id2label"]["0"] == "disc"
    assert config["errors"]["test_images"] == 1000
    with safetensors.safe_open(folder / "model.safetensors", "pt") as file:
        said = file.metadata()
    assert said["format"] == "pt"
    assert json.loads(said["residual-playground"]) == config["network"]


def test_a_network_of_torchvisions_needs_nothing_of_ours(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of("imagenet/resnet-18", classes=3, image_size=64)
    ours = build(spec, seed=0).eval()
    state = ours.state_dict()
    safetensors.torch.save_file(state, tmp_path / "model.safetensors")
    subject = dataclasses.replace(varied(), spec=spec, tensor_names=frozenset(state))
    code = loading_code(subject, has_mean=False)
    assert "resnet_core" not in code
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        theirs = executed(code, tmp_path, monkeypatch)["network"](images)
        torch.testing.assert_close(theirs, ours(images), rtol=1e-5, atol=1e-5)


def test_data_that_are_gone_are_left_out_and_the_card_says_so(
    out: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = varied(data="/home/somebody/private/gone.zip", run={"data_title": "gone"})
    gone = dataclasses.replace(gone, facts=None)
    monkeypatch.setattr(hub, "load_trained", lambda _: gone)
    hub.write(RESNET_20, out)
    names = {"README.md", "config.json", "model.safetensors"}
    assert {path.name for path in out.iterdir()} == names
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "There was no copy of the images at hand" in card
    assert "license:" not in card
    assert "mean" not in block(card, "python")
    # Whose disk the data lay on is nobody's business.
    assert "somebody" not in card + (out / "config.json").read_text(encoding="utf-8")
    options = command_on(card)
    assert options[options.index("--data") + 1] == "gone.zip"


@pytest.mark.parametrize("license", ["", "my own words", "mit\nx: y", "a" * 65])
def test_a_licence_is_an_identifier(out: Path, home: Path, license: str) -> None:
    with pytest.raises(InvalidSetting, match="license"):
        hub.write(RESNET_20, out, license)
    assert not list(out.iterdir())


def test_a_network_for_imagenet_comes_with_its_recipe_and_its_own_command(
    out: Path,
    home: Path,
    photographs: Path,
    shell: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run of a few updates, on record as a worker would leave it."""
    fields = {"network": "imagenet/resnet-18", "shortcut": "B", "data": str(photographs)}
    sizes = {"image_size": 32, "batch_size": 4, "iterations": 2, "evaluation_images": 6}
    rest = {"schedule": "plateau", "precision": "fp32", "device": "cpu", "evaluate_every": 2}
    experiment = Experiment.create(**fields, **sizes, **rest)
    with closing(Session(experiment, load(experiment))) as session:
        for _ in range(2):
            session.step()
        train_error, test_error = session.evaluate()
        state = session.checkpoint()
    run = RunRecord(id="20261121-abcdef", experiment=experiment, state="finished", created=0.0)
    measured = {"train_error": train_error, "test_error": test_error, "iteration": 2}
    run = dataclasses.replace(run, precision="fp32", **measured)
    store.of_home().add([run])
    save_checkpoint(of_run(run.id).checkpoints, state)

    hub.write(run.id, out)
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert config["torchvision"] == "torchvision.models.resnet18(num_classes=3)"
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "at each plateau" in card
    assert "- batch size: 4 (the paper: 256)" in card
    assert "rate divided by ten" not in card
    assert "made 37 pixels long on its shorter side" in card
    monkeypatch.chdir(photographs.parent)  # the card says: beside the images
    arguments = [str(out / one) if one == "model.safetensors" else one for one in command_on(card)]
    said = shell(*arguments, "--json")
    assert said.code == 0, said.err
    assert said.json["error"] == pytest.approx(test_error, abs=1e-9)
    assert said.json["n"] == 12

    names = executed(block(card, "python"), out, monkeypatch)
    assert type(names["network"]).__module__.startswith("torchvision.")
    view = centre_view(load(experiment).test, 0, 32).pixels
    images = torch.from_numpy(view.copy()).permute(2, 0, 1)[None]
    with torch.inference_mode():
        ours = session.state.model.eval()(augment.centred(images, session.state.batches.mean))
        torch.testing.assert_close(names["logits"](images), ours, rtol=1e-4, atol=1e-4)


TENSORS = {
    "conv1.weight": np.arange(54, dtype=np.float32).reshape(2, 3, 3, 3),
    "bn1.num_batches_tracked": np.array(7, np.int64),
}


def test_tensors_stay_and_words_are_added(tmp_path: Path) -> None:
    old, new = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    safetensors.numpy.save_file(TENSORS, old, {"said": "before"})
    digest = copy_weights(old, new, {"format": "pt", "network": '{"name": "é"}'})
    assert digest == hashlib.sha256(new.read_bytes()).hexdigest()
    with safetensors.safe_open(new, "numpy") as file:
        assert file.metadata() == {"format": "pt", "network": '{"name": "é"}'}
    for name, tensor in safetensors.numpy.load_file(new).items():
        np.testing.assert_array_equal(tensor, TENSORS[name])
    # Readers map the tensors into memory, which needs whole multiples of eight bytes.
    assert int.from_bytes(new.read_bytes()[:8], "little") % 8 == 0


def test_the_same_weights_give_the_same_file(tmp_path: Path) -> None:
    old = tmp_path / "old.safetensors"
    safetensors.numpy.save_file(TENSORS, old)
    digests = {copy_weights(old, tmp_path / name, {"a": "b"}) for name in ("x", "y")}
    assert len(digests) == 1
