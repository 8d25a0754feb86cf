"""Nothing in the form is without words."""

from __future__ import annotations

import pytest

from app.language.texts import LANGUAGES, say
from app.widgets.experiment_form.fields import CONTROLS
from app.widgets.experiment_form.presets import all_of_preset, draft_of
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import PRESETS


@pytest.mark.parametrize("language", LANGUAGES)
def test_controls_options_and_presets_have_their_words(language) -> None:
    for field, control in CONTROLS.items():
        assert say(language, f"form.field.{field}.label")
        assert say(language, f"form.field.{field}.help")
        for option in control.options:
            if not isinstance(option, int):
                word = option.replace("/", "-")
                assert say(language, f"form.option.{field}.{word}")
    for name in PRESETS:
        assert say(language, f"form.preset.{name}.title")
        assert say(language, f"form.preset.{name}.description")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_starting_point_that_leads_back_to_all_of_it(name: str) -> None:
    draft = draft_of(name)
    experiment = draft.experiment()
    built = PRESETS[name].build(0)
    assert experiment.changed(name=built[-1].name) in built
    expected = built if len(built) > 1 else ()
    assert all_of_preset(name, experiment) == expected
    assert all_of_preset(name, experiment.changed(weight_decay=0.5)) == ()
    assert draft.twin == (name in {"one-minute", "cifar-two-minutes", "imagenet"})


def test_no_preset_no_offer() -> None:
    assert all_of_preset("", Experiment()) == ()
