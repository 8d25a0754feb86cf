"""Nothing in the form is without words."""

from __future__ import annotations

from app.language.texts import catalogue
from app.widgets.experiment_form.form import GROUPS, SETTINGS
from resnet_core.experiments.presets import PRESETS


def test_controls_options_and_presets_have_their_words() -> None:
    keys = {f"form.group.{group}" for group in GROUPS}
    for field, setting in SETTINGS.items():
        keys |= {f"form.field.{field}.label", f"form.field.{field}.help"}
        keys |= {
            f"form.option.{field}.{option.replace('/', '-')}"
            for option in setting.control.options
            if not isinstance(option, int)
        }
    keys |= {f"form.preset.{name}.{part}" for name in PRESETS for part in ("title", "description")}
    assert keys - set(catalogue()) == set()
