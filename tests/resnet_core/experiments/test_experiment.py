from __future__ import annotations

import math
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_core.commands.options import experiment_options
from resnet_core.commands.options import given_settings as given_options
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment, as_text, from_text
from resnet_core.specs.cifar import FAMILIES

names = st.text(st.characters(categories=["L", "N"], include_characters=" .,-_()"), max_size=80)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    iterations = draw(st.integers(1, 10_000_000))
    block = draw(st.sampled_from(["basic", "bottleneck"]))
    layers = draw(st.integers(1, 3))
    depth = 3 * (3 if block == "bottleneck" else layers) * draw(st.integers(1, 100)) + 2
    warmup = draw(st.sampled_from(["auto", "none", "linear", "until-error"]))
    milestones = st.lists(st.integers(1, 10_000_000), unique=True, max_size=5)
    schedule = draw(st.sampled_from(["milestones", "plateau"]))
    return Experiment.create(
        name=draw(names).strip(),
        network=f"cifar/{draw(st.sampled_from(FAMILIES))}-{depth}",
        block=block,
        layers_per_block=layers,
        shortcut=draw(st.sampled_from("ABC")),
        width=draw(st.integers(1, 256)),
        batch_norm=draw(st.booleans()),
        image_size=draw(st.none() | st.integers(4, 256)),
        validation=draw(st.booleans()),
        flip=draw(st.booleans()),
        iterations=iterations,
        batch_size=draw(st.integers(2, 65_536)),
        learning_rate=draw(st.floats(1e-12, 100)),
        schedule=schedule,
        milestones=(
            None
            if schedule == "plateau"
            else draw(st.none() | st.just(()) | milestones.map(sorted).map(tuple))
        ),
        warmup=warmup,
        warmup_iterations=draw(st.integers(1, iterations)) if warmup == "linear" else 0,
        weight_decay=draw(st.floats(0, 1)),
        seed=draw(st.integers(0, 2**31 - 1)),
    )


@given(experiments())
def test_an_experiment_survives_url_and_json(experiment: Experiment) -> None:
    assert Experiment.from_query(experiment.to_query()) == experiment
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment
    assert Experiment.create(**experiment.model_dump()) == experiment


@click.command()
@experiment_options()
def _settings(**options: Any) -> Experiment:
    return Experiment.create(**given_options(options))


@settings(max_examples=30)
@given(experiments())
def test_an_experiment_survives_the_command_line(experiment: Experiment) -> None:
    arguments = [
        f"--{field.replace('_', '-')}={text}" for field, text in experiment.to_query().items()
    ]
    assert _settings.main(arguments, standalone_mode=False) == experiment


@pytest.mark.parametrize("milestones", [(), (30,), None])
def test_a_schedule_without_drops_is_not_the_default(milestones: tuple[int, ...] | None) -> None:
    experiment = Experiment.create(milestones=milestones)
    assert Experiment.from_query(experiment.to_query()).milestones == milestones
    assert experiment.changed(seed=1).milestones == milestones
    text = as_text(experiment.milestones)
    assert Experiment.create(milestones=from_text("milestones", text)).milestones == milestones


@given(experiments())
def test_drops_rise_within_the_run(experiment: Experiment) -> None:
    drops = experiment.drops
    assert list(drops) == sorted(set(drops))
    assert all(0 < drop < experiment.iterations for drop in drops)


@given(st.dictionaries(st.sampled_from([*Experiment.model_fields, "x", "__class__"]), st.text()))
def test_any_url_gives_an_experiment_or_a_sentence(query: dict[str, str]) -> None:
    error = None
    try:
        Experiment.from_query(query)
    except InvalidSetting as raised:
        error = raised
    assert error is None or str(error).startswith(f"{error.field}: ")
    assert len(str(error)) < 500


def test_the_defaults_are_the_papers_and_need_no_url() -> None:
    experiment = Experiment()
    assert experiment.to_query() == {}
    assert (experiment.iterations, experiment.drops) == (64_000, (32_000, 48_000))
    assert (experiment.batch_size, experiment.learning_rate) == (128, 0.1)
    assert (experiment.momentum, experiment.weight_decay) == (0.9, 1e-4)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("network", "cifar/resnet-21", "nearest are 20 and 26"),
        ("network", "cifar/resnet-0", "the least is 8"),
        ("network", "cifar/resnet--1", "the least is 8"),
        ("network", "cifar/resnet-1000000000", "the deepest in the paper is 1202"),
        ("network", "resnet-20", "write cifar/resnet-20"),
        ("network", "alexnet", "write cifar/FAMILY-DEPTH"),
        ("network", "cifar/vgg-20", "choose one of plain, resnet, highway, preresnet"),
        ("learning_rate", math.nan, "not a finite number"),
        ("learning_rate", math.inf, "not a finite number"),
        ("learning_rate", -math.inf, "not a finite number"),
        ("learning_rate", -0.1, "use a value above 0"),
        ("learning_rate", "fast", "is not a number"),
        ("batch_size", 0, "use at least 2"),
        ("batch_size", 10**9, "use at most 65536"),
        ("iterations", 0, "use at least 1"),
        ("iterations", 1.5, "is not a whole number"),
        ("momentum", 1.0, "use a value below 1"),
        ("shortcut", "D", "choose 'A', 'B' or 'C'"),
        ("device", "tpu", "does not fit; use auto"),
        ("milestones", (5, 3), "rising positive iterations"),
        ("milestones", (0, 3), "rising positive iterations"),
        ("data", "", "a data set's name or a path"),
        ("data", "a\x00b", "a data set's name or a path"),
        ("name", "x" * 81, "has 81 characters; use at most 80"),
        ("name", "x" * 10_000, "has 10000 characters"),
        ("name", "../../etc", "the character solidus"),
        ("name", "a\\b", "the character reverse solidus"),
        ("name", "<script>", "the character less-than sign"),
        ("name", "a\u202eb", "right-to-left override"),
        ("name", "a\nb", "u+000a"),
        ("name", "\ud800", "character"),
    ],
)
def test_bad_values_are_refused_with_the_field_and_a_good_value(
    field: str, value: object, sentence: str
) -> None:
    with pytest.raises(InvalidSetting) as caught:
        Experiment.create(**{field: value})
    assert caught.value.field == field
    assert sentence.lower() in str(caught.value).lower()
    assert len(str(caught.value)) < 300


def test_an_unknown_setting_suggests_the_nearest() -> None:
    with pytest.raises(InvalidSetting, match="did you mean learning_rate"):
        Experiment.create(learning_rat=0.1)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"warmup": "linear"}, "warmup_iterations"),
        ({"warmup": "linear", "warmup_iterations": 11, "iterations": 10}, "warmup_iterations"),
        ({"train_images": 100, "batch_size": 101}, "batch_size"),
    ],
)
def test_settings_that_contradict_each_other(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        Experiment.create(**fields)
    assert caught.value.field == field


def test_experiments_are_frozen_and_hashable() -> None:
    experiment = Experiment()
    with pytest.raises(ValueError, match="frozen"):
        experiment.seed = 1  # type: ignore[misc]
    assert len({experiment, Experiment(), experiment.changed(seed=1)}) == 2


def test_the_warm_up_of_110_layers_is_automatic() -> None:
    assert Experiment.create(network="cifar/resnet-110").effective_warmup == "until-error"
    assert Experiment.create(network="cifar/resnet-56").effective_warmup == "none"
    bottleneck = Experiment.create(network="cifar/resnet-110", block="bottleneck")
    assert bottleneck.effective_warmup == "until-error"


def test_the_network_follows_the_data_unless_a_size_is_set() -> None:
    assert Experiment().network_spec(28, 1, 7).image_size == 28
    spec = Experiment.create(image_size=16).network_spec(28, 1, 7)
    assert (spec.image_size, spec.channels, spec.classes) == (16, 1, 7)
    bottleneck = Experiment.create(network="cifar/resnet-20", block="bottleneck")
    assert bottleneck.network_spec().layers_per_block == 3


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("milestones", "", None),
        ("milestones", "none", None),
        ("milestones", "(30, 40)", (30, 40)),
        ("milestones", "30", (30,)),
        ("milestones", "never", ()),
        ("image_size", " ", None),
        ("image_size", "16", 16),
        ("flip", "False", False),
        ("seed", "7", 7),
    ],
)
def test_fields_as_text(field: str, text: str, value: object) -> None:
    assert getattr(Experiment.create(**{field: from_text(field, text)}), field) == value
