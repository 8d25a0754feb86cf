"""A laboratory's settings as options of the command line."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import click

from resnet_core.labs.question import Question
from resnet_core.labs.results.request import as_text, setting_names

_NO = "no_"  # before a switch's name, the option that turns it off


def options(question: Question) -> list[click.Option]:
    """An option a setting, as text: the laboratory checks it, in the same words everywhere."""
    found = []
    for field in setting_names(question.settings):
        info = question.settings.model_fields[field]
        name = f"--{field.replace('_', '-')}"
        text = f"{question.help('en', field)} [{as_text(info.default) or 'none'}]"
        if info.annotation is bool:
            switch: dict[str, Any] = {"is_flag": False, "flag_value": "true"}
            found.append(click.Option([name, field], metavar="[true|false]", help=text, **switch))
            off = [f"--no-{name[2:]}", _NO + field]
            found.append(click.Option(off, is_flag=True, help=f"{name} false."))
        else:
            found.append(click.Option([name, field], metavar=_metavar(info.annotation), help=text))
    return found


def given(question: Question, values: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given."""
    known = question.settings.model_fields
    found = {field: values[field] for field in known if values.get(field) is not None}
    return found | {field: False for field in known if values.get(_NO + field)}


def _metavar(annotation: Any) -> str:
    if get_origin(annotation) is tuple:
        return f"{_metavar(get_args(annotation)[0])},..."
    if get_origin(annotation) is Literal:
        return "|".join(map(as_text, get_args(annotation)))
    return {int: "N", float: "X"}.get(annotation, "TEXT")
