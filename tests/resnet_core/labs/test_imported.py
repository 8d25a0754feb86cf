"""Laboratories and tools look at imported networks, or say why they cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from numpy.typing import NDArray
from torch import Tensor

from resnet_core.errors import InvalidSetting, WrongState
from resnet_core.exporting.export import export
from resnet_core.exporting.trained import load_trained
from resnet_core.jobs.worker.evaluation import evaluate
from resnet_core.labs import catalog
from resnet_core.labs.attribution import question as attribution_question
from resnet_core.labs.attribution import run as attribution
from resnet_core.labs.lesion import question as lesion_question
from resnet_core.labs.lesion import run as lesion
from resnet_core.labs.results.request import LabRequest
from resnet_core.labs.tools import trained_network
from resnet_core.labs.transfer import learners
from resnet_core.labs.transfer.scenes import draw
from resnet_core.runs.record import RunRecord
from resnet_core.weights import loading
from resnet_core.weights.answers import Answers
from resnet_core.weights.importing import import_weights
from tests.imported_networks import SPEC, imported_run, saved, weights
from tests.resnet_core.labs.small_networks import run as rows_of
from tests.small_runs import small_data

__all__ = ["small_data"]


@pytest.fixture
def run(home: Path, tmp_path: Path, small_data: Path) -> RunRecord:
    return imported_run(tmp_path, small_data, name="from elsewhere")


def test_it_is_called_imported(run: RunRecord) -> None:
    subject = trained_network.load(run.id)
    assert subject.label == "from elsewhere · imported"
    assert (subject.family, subject.depth, subject.normalization) == ("resnet", 8, "imagenet")


def test_a_laboratory_measures_the_error_of_the_file(run: RunRecord) -> None:
    """Against the file's own network on images that are normalised here."""
    lab_request = LabRequest.create("lesion", [run.id])
    (subject,) = trained_network.load_all(lab_request.runs)
    tables, _ = rows_of(lesion_question.QUESTION, lesion.run(lab_request.settings, [subject]))
    model, test = loading.network(SPEC, weights()), subject.dataset.test
    with torch.inference_mode():
        wrong = model(normalised(test.images)).argmax(1) != torch.from_numpy(test.labels)
    expected = 100 * wrong.double().mean().item()
    assert [row["whole"] for row in tables["removals"]] == [pytest.approx(expected)] * 3
    again = evaluate(run.id)
    assert (again["test_error"], again["iteration"]) == (pytest.approx(expected), None)


def normalised(images: NDArray[np.uint8]) -> Tensor:
    """By ImageNet's mean and deviation of each colour, as everybody has them."""
    centre, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    values = (images / 255 - centre) / deviation
    return torch.from_numpy(values).permute(0, 3, 1, 2).float()


def test_it_is_attributed(run: RunRecord) -> None:
    fields = {"picture": "test:3", "methods": ("saliency", "integrated_gradients"), "steps": 16}
    lab_request = LabRequest.create("attribution", [run.id], **fields)
    tables, _ = rows_of(
        attribution_question.QUESTION,
        attribution.run(lab_request.settings, trained_network.load_all(lab_request.runs)),
    )
    assert {row["method"] for row in tables["maps"]} == {"saliency", "integrated_gradients"}


def test_scenes_are_prepared_as_the_network_was_trained(run: RunRecord) -> None:
    subject = trained_network.load(run.id)
    scenes = draw(2, (0,))
    inputs = learners.training_data(subject, scenes, "segmentation").inputs
    torch.testing.assert_close(inputs.contiguous(), normalised(scenes.images).contiguous())


def test_laboratories_that_need_its_training_say_so(run: RunRecord) -> None:
    refused = {}
    for name in catalog.all_names():
        question = catalog.question(name)
        if question.most_runs and (reason := question.refuses(run)):
            refused[name] = reason
    # Two refuse its kind or its data, whoever trained it.
    assert refused.keys() == {"court", "gates", "graft", "masks"}
    with pytest.raises(InvalidSetting, match="not known for an imported network"):
        LabRequest.create("graft", [run.id])


def test_imagenets_networks_by_torchvisions_names_are_attributed(
    home: Path, tmp_path: Path, small_data: Path
) -> None:
    torch.manual_seed(0)
    model = torchvision.models.resnet18(num_classes=4).eval()
    path = saved(tmp_path / "resnet18.pth", model.state_dict())
    run = import_weights(path, str(small_data), Answers(normalization="imagenet")).run
    assert run.experiment.network == "imagenet/resnet-18"
    (subject,) = trained_network.load_all([run.id])
    x = normalised(subject.dataset.test.images)
    with torch.inference_mode():
        torch.testing.assert_close(subject.model()(subject.test_images()[0]), model(x))
    fields = {"picture": "test:3", "methods": ("saliency", "grad_cam")}
    lab_request = LabRequest.create("attribution", [run.id], **fields)
    tables, _ = rows_of(
        attribution_question.QUESTION, attribution.run(lab_request.settings, [subject])
    )
    assert {row["method"] for row in tables["maps"]} == set(fields["methods"])
    with pytest.raises(InvalidSetting, match="only networks of the CIFAR family"):
        LabRequest.create("lesion", [run.id])


def test_its_tables_are_exported_and_no_card_is_made_up(run: RunRecord, tmp_path: Path) -> None:
    written = {path.name for path in export(run.id, tmp_path / "tables")}
    assert {"config.json", "imported.json", "model.safetensors"} <= written
    with pytest.raises(WrongState, match="with what recipe it was trained is not known"):
        load_trained(run.id)
