"""What is typed is kept, said to be wrong where it is, and carried by a URL."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.widgets.experiment_form.draft import SEEDS, Draft, settle, twin_of
from app.widgets.experiment_form.fields import CONTROLS, GROUPS, group_of
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.cifar import FAMILIES


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    iterations = draw(st.integers(1, 10**7))
    return Experiment.create(
        network=f"cifar/{draw(st.sampled_from(FAMILIES))}-{6 * draw(st.integers(1, 30)) + 2}",
        shortcut=draw(st.sampled_from("ABC")),
        width=draw(st.integers(1, 256)),
        batch_norm=draw(st.booleans()),
        learning_rate=draw(st.floats(1e-6, 100)),
        momentum=draw(st.floats(0, 0.999)),
        iterations=iterations,
        milestones=draw(st.none() | st.just((7, 8, 1000))),
        image_size=draw(st.none() | st.integers(4, 256)),
        seed=draw(st.integers(0, 2**31 - 1 - SEEDS)),
        name=draw(st.sampled_from(["", "first try", "재미있는 실행"])),
        flip=draw(st.booleans()),
    )


@given(experiments(), st.booleans(), st.integers(1, SEEDS), st.sampled_from(["", "one-minute"]))
@settings(max_examples=100, deadline=None)
def test_a_url_holds_the_whole_form(
    experiment: Experiment, twin: bool, seeds: int, preset: str
) -> None:
    draft = Draft.of(experiment, twin=twin, seeds=seeds, preset=preset)
    assert draft.experiment() == experiment
    again, errors = Draft.from_query(draft.to_query())
    assert again == draft
    assert errors == {}


@given(st.dictionaries(st.sampled_from(sorted(Experiment.model_fields)), st.text(max_size=40)))
@settings(max_examples=200, deadline=None)
def test_whatever_a_url_says_there_is_a_form_and_a_sentence_for_each_fault(
    query: dict[str, str],
) -> None:
    draft, errors = Draft.from_query(query)
    assert isinstance(draft.experiment(), Experiment)
    assert draft.errors() == {}
    assert all(str(error).startswith(f"{field}: ") for field, error in errors.items())


def test_faults_of_a_url_give_way_to_defaults_and_the_rest_stays() -> None:
    draft, errors = Draft.from_query(
        {"network": "cifar/plain-21", "width": "8", "learning_rate": "nan", "twin": "x"}
    )
    assert set(errors) == {"network", "learning_rate", "twin"}
    assert "20 and 26" in str(errors["network"])
    assert draft.experiment() == Experiment(width=8)


def test_a_default_that_contradicts_the_rest_takes_the_rest_along() -> None:
    experiment, errors = settle({"train_images": "64"})
    assert experiment == Experiment()
    assert "use at most 64" in str(errors["batch_size"])


def test_every_fault_is_told_at_once_and_what_was_typed_is_kept() -> None:
    draft = Draft.of(Experiment()).changed(depth=21, learning_rate="fast", batch_size=None)
    assert set(draft.errors()) == {"network", "learning_rate", "batch_size"}
    assert draft.values["learning_rate"] == "fast"
    assert draft.settled() == Experiment()
    with pytest.raises(InvalidSetting):
        draft.to_query()


def test_twins_differ_in_their_shortcuts_and_share_their_seeds() -> None:
    draft = Draft.of(Experiment(network="cifar/resnet-56", seed=5), twin=True, seeds=3)
    planned = [(one.network, one.seed) for one in draft.experiments()]
    assert planned == [
        *(("cifar/resnet-56", 5), ("cifar/plain-56", 5)),
        *(("cifar/resnet-56", 6), ("cifar/plain-56", 6)),
        *(("cifar/resnet-56", 7), ("cifar/plain-56", 7)),
    ]
    assert twin_of("cifar/plain-20") == "cifar/resnet-20"
    assert {twin_of(f"cifar/{family}-20") for family in ("highway", "preresnet", "resnet")} == {
        "cifar/plain-20"
    }


def test_a_name_shared_by_several_runs_is_told_apart() -> None:
    draft = Draft.of(Experiment(name="mine"), twin=True)
    assert [one.name for one in draft.experiments()] == [
        "mine · resnet-20 · seed 0",
        "mine · plain-20 · seed 0",
    ]
    assert [one.name for one in replace(draft, twin=False).experiments()] == ["mine"]


def test_a_seed_beyond_the_last_is_a_fault_of_the_seed() -> None:
    draft = Draft.of(Experiment(seed=2**31 - 1), seeds=2)
    with pytest.raises(InvalidSetting) as caught:
        draft.experiments()
    assert caught.value.field == "seed"


def test_every_setting_has_one_control_and_one_place() -> None:
    fields = set(Experiment.model_fields) - {"network", "data"} | {"family", "depth"}
    assert set(CONTROLS) == fields
    grouped = [control.field for group in GROUPS.values() for control in group]
    assert len(grouped) == len(set(grouped))
    assert fields - set(grouped) == {"family", "depth", "shortcut"}
    assert group_of("data") == "data"
    assert group_of("depth") is None
