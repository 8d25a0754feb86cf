"""What is typed is kept, said to be wrong where it is, and carried by a URL."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from app.page_state.controls import bounds, choices
from app.page_state.query import settle
from app.widgets.experiment_form.draft import (
    ALL_FAMILIES,
    DEPTHS,
    SEEDS,
    Draft,
    _create,
    all_of_preset,
    depths,
    has_twin,
    joined,
    split,
    twin_of,
)
from app.widgets.experiment_form.form import GROUPS, SETTINGS, group_of
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import PRESETS
from resnet_core.specs.cifar import FAMILIES
from resnet_core.specs.imagenet import ARCHITECTURES


def _rising(milestones: set[int]) -> tuple[int, ...]:
    return tuple(sorted(milestones))


# What a field may hold where its own bounds and options do not say it.
_OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["", "first try", "재미있는 실행", "a | b, c"]),
    "data": st.sampled_from(["shapes", "cifar10", "a folder/of images.zip"]),
    "device": st.sampled_from(["auto", "cpu", "cuda:1"]),
    "milestones": st.none() | st.just(()) | st.sets(st.integers(1, 10**6)).map(_rising),
    "learning_rate": st.floats(1e-9, 100),
    "momentum": st.floats(0, 0.999),
    "weight_decay": st.floats(0, 1),
    "seed": st.integers(0, 2**31 - 1 - SEEDS),
    "network": st.sampled_from(
        [
            *(f"cifar/{family}-{6 * n + 2}" for family in FAMILIES for n in (1, 9, 200)),
            *(f"imagenet/{name}" for name in ARCHITECTURES),
        ]
    ),
}


def _values(field: str) -> st.SearchStrategy[Any]:
    """Return values of a field: by its bounds, its options, or from the table above."""
    info = Experiment.model_fields[field]
    if field in _OTHERS:
        return _OTHERS[field]
    if info.annotation is bool:
        return st.booleans()
    if options := choices(info):
        return st.sampled_from(options)
    number = FieldInfo(annotation=int, metadata=info.metadata)
    low, high = bounds(number)
    some = st.integers(low, 10**6 if high is None else high)
    return some if info.annotation is int else st.none() | some


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Any experiment that there is: what does not go together gives way."""
    fields = draw(st.sets(st.sampled_from(sorted(Experiment.model_fields))))
    experiment, _ = settle(_create, {field: draw(_values(field)) for field in sorted(fields)})
    return experiment


@given(experiments(), st.booleans(), st.integers(1, SEEDS), st.sampled_from(["", "one-minute"]))
@settings(max_examples=300, deadline=None)
def test_the_form_and_its_url_hold_the_whole_experiment(
    experiment: Experiment, twin: bool, seeds: int, preset: str
) -> None:
    draft = Draft.of(experiment, twin=twin, seeds=seeds, preset=preset)
    assert draft.experiment() == experiment
    again, errors = Draft.from_query(draft.to_query())
    assert again == draft
    assert errors == {}


@pytest.mark.parametrize(("milestones", "text"), [(None, ""), ((), "never"), ((7, 800), "7, 800")])
def test_no_milestones_and_the_usual_ones_are_not_the_same(
    milestones: tuple[int, ...] | None, text: str
) -> None:
    draft = Draft.of(Experiment.create(milestones=milestones))
    assert draft.value("milestones") == text
    assert draft.changed(width=8).experiment().milestones == milestones


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
    experiment, errors = settle(_create, {"train_images": "64"})
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
    assert [one.name for one in draft.changed(twin=False).experiments()] == ["mine"]


def test_a_seed_beyond_the_last_is_a_fault_of_the_seed() -> None:
    draft = Draft.of(Experiment(seed=2**31 - 1), seeds=2)
    with pytest.raises(InvalidSetting) as caught:
        draft.experiments()
    assert caught.value.field == "seed"


def test_every_setting_has_one_control_and_one_place() -> None:
    fields = set(Experiment.model_fields) - {"network", "data"} | {"family", "depth"}
    assert set(SETTINGS) == fields
    grouped = [field for group in GROUPS.values() for field in group]
    assert len(grouped) == len(set(grouped))
    assert fields - set(grouped) == {"family", "depth", "shortcut"}
    assert group_of("data") == "data"
    assert group_of("depth") is None


def test_a_url_without_settings_opens_a_preset() -> None:
    assert Draft.from_query({}) == (Draft.of_preset("one-minute"), {})
    draft, errors = Draft.from_query({"preset": "depth-1202", "seeds": "3", "values": "{}"})
    assert draft == Draft.of_preset("depth-1202").changed(seeds=3)
    assert errors == {}
    assert set(Draft.from_query({"preset": "nope"})[1]) == {"preset"}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_starting_point_that_leads_back_to_all_of_it(name: str) -> None:
    draft = Draft.of_preset(name)
    experiment = draft.experiment()
    built = PRESETS[name].build(0)
    assert experiment.changed(name=built[-1].name) in built
    assert all_of_preset(name, experiment) == (built if len(built) > 1 else ())
    assert all_of_preset(name, experiment.changed(weight_decay=0.5)) == ()
    assert all_of_preset("", experiment) == ()
    assert draft.twin == (name in {"one-minute", "photographs", "cifar-two-minutes", "imagenet"})


IMAGENET = [f"imagenet/{name}" for name in ARCHITECTURES]


@pytest.mark.parametrize("network", [*IMAGENET, "cifar/resnet-110", "cifar/preresnet-8"])
def test_a_network_is_its_two_halves(network: str) -> None:
    family, depth = split(network)
    assert family in ALL_FAMILIES
    assert joined(family, depth) == network
    draft = Draft.of(Experiment.create(network=network))
    assert draft.experiment().network == network
    assert Draft.from_query(draft.to_query()) == (draft, {})


def test_each_family_offers_its_depths() -> None:
    assert depths("resnet") == DEPTHS
    assert depths("imagenet/plain") == (18, 34)
    assert depths("imagenet/resnet") == (18, 34, 50, 101, 152)
    assert depths("imagenet/vgg") == (16, 19)
    assert depths("imagenet/googlenet") == (22,)


def test_twins_are_those_of_table_2() -> None:
    assert twin_of("imagenet/plain-34") == "imagenet/resnet-34"
    assert twin_of("imagenet/resnet-18") == "imagenet/plain-18"
    assert [name for name in IMAGENET if not has_twin(name)] == [
        *("imagenet/resnet-50", "imagenet/resnet-101", "imagenet/resnet-152"),
        *("imagenet/vgg-16", "imagenet/vgg-19", "imagenet/googlenet"),
    ]
    with pytest.raises(InvalidSetting, match="network: imagenet/vgg-16 has no plain twin"):
        twin_of("imagenet/vgg-16")
    with pytest.raises(InvalidSetting, match="no plain twin"):
        Draft.of(Experiment.create(network="imagenet/resnet-50"), twin=True).experiments()


def test_settings_of_other_networks_wait_for_theirs() -> None:
    small = Draft.of(Experiment.create(width=8, crop_padding=0, batch_norm=False, shortcut="B"))
    imagenet = small.changed(family="imagenet/resnet", depth=50, stride_in="3x3")
    experiment = imagenet.experiment()
    assert (experiment.network, experiment.width) == ("imagenet/resnet-50", 16)
    assert (experiment.shortcut, experiment.stride_in) == ("B", "3x3")
    assert imagenet.changed(family="imagenet/vgg", depth=16).experiment().shortcut == "A"
    back = imagenet.changed(family="resnet", depth=20).experiment()
    assert (back.width, back.crop_padding, back.stride_in) == (8, 0, "1x1")


def test_a_depth_that_the_new_family_lacks_gives_way_to_its_first() -> None:
    draft = Draft.of(Experiment.create(network="cifar/resnet-56"))
    assert draft.changed(family="plain").value("depth") == 56
    imagenet = draft.changed(family="imagenet/plain")
    assert imagenet.value("depth") == 18
    assert imagenet.changed(depth=34, family="imagenet/resnet").value("depth") == 34
    assert imagenet.changed(family="imagenet/vgg").value("depth") == 16
    assert imagenet.changed(family="highway").value("depth") == 20


def test_milestones_wait_while_the_plateau_decides() -> None:
    draft = Draft.of(Experiment.create(milestones=(10, 20))).changed(schedule="plateau")
    assert draft.experiment().milestones is None
    assert draft.changed(schedule="milestones").experiment().milestones == (10, 20)
