"""What a card says of runs that are unlike each other."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from resnet_core.experiments import presets
from resnet_core.exporting.model_card import front_matter, model_card
from resnet_core.exporting.recipe import deviations_from_paper, evaluation_command, recipe_sentences
from resnet_core.exporting.trained import Errors, Trained
from tests.resnet_core.exporting.recorded import varied

pytestmark = pytest.mark.usefixtures("home")

CIFAR = {"data_title": "CIFAR-10", "precision": "fp32"}


def the_papers(**settings: object) -> Trained:
    """The paper's own recipe for ResNet-20, as its preset has it."""
    (experiment,) = [e for e in presets.figure6() if e.network == "cifar/resnet-20"]
    found = varied(run=CIFAR, **{**experiment.model_dump(), **settings})
    spec = found.run.experiment.network_spec()
    return dataclasses.replace(found, spec=spec, facts=None)


def test_the_papers_own_recipe_has_nothing_else_to_say() -> None:
    found = the_papers()
    assert deviations_from_paper(found) == []
    assert "Every setting is the paper's." in model_card(found, None, "0" * 64)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"batch_size": 64}, "batch size: 64 (the paper: 128)"),
        ({"learning_rate": 0.05}, "learning rate: 0.05 (the paper: 0.1)"),
        ({"milestones": (100,)}, "rate divided by ten: at 100 (the paper: at 1/2 and 3/4"),
        ({"milestones": ()}, "rate divided by ten: at none (the paper: at 1/2 and 3/4"),
        ({"iterations": 100}, "iterations: 100 (the paper: 64,000)"),
        ({"flip": False}, "random mirroring: off (the paper: on)"),
        ({"warmup": "until-error"}, "warm-up: until-error (the paper: none)"),
        ({"shortcut": "B"}, "shortcuts: option B (the paper, on CIFAR-10: A)"),
        ({"batch_norm": False}, "batch normalisation: off (the paper: on)"),
        ({"train_images": 500}, "number of training images: 500 (the paper: all)"),
        ({"image_size": 16}, "image size: 16 pixels (the paper: 32)"),
        ({"validation": True}, "held out: a tenth of the training images"),
        ({"network": "cifar/highway-20"}, "highway, with learned gates"),
        ({"network": "cifar/preresnet-20"}, "pre-activation (He et al. 2016)"),
    ],
)
def test_what_is_not_the_papers_is_named(settings: dict[str, object], sentence: str) -> None:
    found = deviations_from_paper(the_papers(**settings))
    assert any(sentence in one for one in found), found
    assert sentence in model_card(the_papers(**settings), None, "0" * 64).replace("\\", "")


def test_a_shorter_run_at_the_papers_shares_differs_in_length_alone() -> None:
    (only,) = deviations_from_paper(the_papers(iterations=6400))
    assert only.startswith("iterations: 6,400")


def test_a_plain_network_has_no_shortcuts_to_differ_in() -> None:
    assert deviations_from_paper(the_papers(network="cifar/plain-20", shortcut="B")) == []


def test_other_images_are_not_the_papers() -> None:
    found = deviations_from_paper(varied(run={"data_title": "CIFAR-100"}))
    assert any(one.startswith("images: shapes (embedded) (the paper: CIFAR-10)") for one in found)


def test_a_run_that_is_under_way_says_so_and_measures_nothing() -> None:
    found = varied(iterations=5000, run={"state": "running"})
    card = model_card(dataclasses.replace(found, errors=Errors()), None, "0" * 64)
    assert "for 1,060 of the 5,000 planned iterations" in card
    assert "No error was measured after exactly 1,060 iterations." in card
    assert "Its training was not finished" in card
    assert "  results: []" in card


def test_a_fork_names_its_parent() -> None:
    found = varied(run={"parent": "20151210-9f3a2c", "parent_iteration": 500})
    assert "the run 20151210-9f3a2c had after 500 iterations" in " ".join(recipe_sentences(found))


def test_a_name_from_people_is_text() -> None:
    found = varied(name="[click] *bold* _it_", run={"data_title": "a|b #1: `c`"})
    found = dataclasses.replace(found, facts=None)
    title = next(line for line in model_card(found, None, "0").splitlines() if line[:2] == "# ")
    assert title.startswith(r"# \[click\] \*bold\* \_it\_")
    assert r"a\|b \#1: \`c\`" in title
    assert '- name: "[click] *bold* _it_"' in front_matter(found)
    assert 'name: "a|b #1: `c`"' in front_matter(found)


def test_front_matter_is_plain_yaml() -> None:
    assert front_matter(varied(), "Apache-2.0").splitlines()[:22] == [
        *("---", 'license: "apache-2.0"', "library_name: pytorch"),
        *("pipeline_tag: image-classification", "tags:", "- image-classification", "- resnet"),
        *("- safetensors", "- residual-playground", "datasets:", "- shapes"),
        *("metrics:", "- error", "model-index:", '- name: "resnet-20"', "  results:"),
        *("  - task:", "      type: image-classification", '      name: "Image classification"'),
        *("    dataset:", "      type: shapes", '      name: "shapes (embedded)"'),
    ]
    assert "      value: 0.4" in front_matter(varied())
    assert "        n: 1000" in front_matter(varied())


def test_the_command_names_all_that_the_file_does_not_say() -> None:
    found = varied(
        data="/somewhere/my pictures.npz",
        activation="tanh",
        option_a_padding="both",
        train_images=500,
        test_images=50,
        validation=True,
        run={"precision": "fp32"},
    )
    spec = found.run.experiment.network_spec(16)
    line = evaluation_command(dataclasses.replace(found, spec=spec))
    assert line == (
        "python -m resnet_core evaluate --weights model.safetensors --network cifar/resnet-20 "
        "--shortcut A --option-a-padding both --activation tanh --normalization per-pixel "
        "--data 'my pictures.npz' --image-size 16 --train-images 500 --test-images 50 "
        "--validation --split test"
    )


def test_a_held_out_tenth_is_called_validation(tmp_path: Path) -> None:
    found = varied(validation=True)
    assert "- Validation error: 0.40 %" in model_card(found, None, "0" * 64)
    assert "      split: validation" in front_matter(found)
