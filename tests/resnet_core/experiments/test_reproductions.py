"""What each figure and table asks for, against the paper's section 4.2."""

from __future__ import annotations

from collections import Counter

import pytest

from resnet_core.errors import InvalidSetting
from resnet_core.experiments import presets, reproductions
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.reproductions import Scale

FULL = Scale(full=True, iterations=64_000, seeds=(0, 1, 2), data="cifar10")
SCALED = Scale(full=False, iterations=8_000, seeds=(0,), data="cifar10")


def _plan(name: str, scale: Scale) -> tuple[Experiment, ...]:
    return reproductions.reproduction(name).plan(scale)


def test_at_full_length_the_recipe_is_the_papers() -> None:
    for experiment in _plan("figure6", FULL):
        assert experiment.iterations == 64_000
        assert experiment.drops == (32_000, 48_000)
        assert (experiment.batch_size, experiment.learning_rate) == (128, 0.1)
        assert (experiment.momentum, experiment.weight_decay) == (0.9, 1e-4)
        assert (experiment.width, experiment.image_size, experiment.train_images) == (
            16,
            None,
            None,
        )
        deep = experiment.network == "cifar/resnet-110"
        assert experiment.effective_warmup == ("until-error" if deep else "none")


def test_scaled_to_an_eighth_the_schedule_is_too() -> None:
    assert {run.drops for run in _plan("figure6", SCALED)} == {(4_000, 6_000)}
    assert {run.network for run in _plan("figure6", SCALED)} == set(presets.FOUR)


def test_figure_6_trains_every_network_before_any_second_seed() -> None:
    plan = _plan("figure6", FULL)
    assert {run.seed for run in plan[:9]} == {0}
    assert Counter(run.network for run in plan) == {
        **{f"cifar/{family}-{n}": 3 for family in ("plain", "resnet") for n in (20, 56)},
        **{f"cifar/{family}-{n}": 1 for family in ("plain", "resnet") for n in (32, 44)},
        "cifar/resnet-110": 1,
    }
    assert plan[0].network == "cifar/resnet-110"


def test_figure_7_and_table_6_find_what_figure_6_has_trained() -> None:
    trained = set(_plan("figure6", FULL))
    assert set(_plan("figure7", FULL)) <= trained
    assert {run.network for run in set(_plan("table6", FULL)) - trained} == {"cifar/resnet-1202"}
    assert set(_plan("figure7", SCALED)) == set(_plan("figure6", SCALED))


def test_options_a_b_and_c_differ_in_nothing_else() -> None:
    a, b, c = _plan("shortcuts", SCALED)[:3]
    assert [run.shortcut for run in (a, b, c)] == ["A", "B", "C"]
    assert b.changed(shortcut="A", name=a.name) == a == c.changed(shortcut="A", name=a.name)
    assert a in _plan("figure6", SCALED)


def test_the_one_minute_demo_is_the_preset() -> None:
    assert _plan("one-minute", SCALED) == presets.one_minute(0)


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidSetting, match="shortcuts, photographs or one-minute"):
        reproductions.reproduction("figure8")
