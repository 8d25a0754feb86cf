"""Every field of `Experiment` as an option of the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar, get_args, get_origin

import click

from resnet_core.experiments.experiment import Experiment, from_text

Command = TypeVar("Command", bound=Callable[..., Any])

NETWORK_FIELDS = (
    "shortcut",
    "option_a_padding",
    "stride_in",
    "block",
    "layers_per_block",
    "width",
    "activation",
    "batch_norm",
    "initialization",
    "image_size",
)

_NO = "no_"  # before a switch's name, the option that turns it off


def experiment_options(
    fields: Iterable[str] = tuple(Experiment.model_fields),
) -> Callable[[Command], Command]:
    """Add an option a field; those not given arrive as None."""

    def add(command: Command) -> Command:
        for field in reversed(tuple(fields)):
            command = _option(field)(command)
        return command

    return add


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The fields that were given, as `Experiment.create` takes them."""
    found = {
        field: from_text(field, value)
        for field, value in options.items()
        if field in Experiment.model_fields and value is not None
    }
    switched_off = {
        option.removeprefix(_NO): False
        for option, value in options.items()
        if option.startswith(_NO) and value
    }
    return {**found, **switched_off}


def _option(field: str) -> Callable[[Command], Command]:
    info = Experiment.model_fields[field]
    name = field.replace("_", "-")
    text = str(info.description)
    # Values stay text here: the experiment itself checks them, in the same words everywhere.
    if info.annotation is bool:
        return _switch(field, name, f"{text} [{'on' if info.default else 'off'}]")
    shown = "" if info.default in (None, "") else f" [{info.default}]"
    return click.option(f"--{name}", metavar=_metavar(field), help=text + shown)


def _switch(field: str, name: str, text: str) -> Callable[[Command], Command]:
    """`--flip`, `--no-flip`, or `--flip false` as a program would write it."""

    def add(command: Command) -> Command:
        off = click.option(f"--no-{name}", _NO + field, is_flag=True, help=f"--{name} false.")
        on = click.option(
            f"--{name}", field, is_flag=False, flag_value="true", metavar="[true|false]", help=text
        )
        return on(off(command))

    return add


def _metavar(field: str) -> str:
    annotation = Experiment.model_fields[field].annotation
    if get_origin(annotation) is Literal:
        return "|".join(map(str, get_args(annotation)))
    kind = str(annotation)
    if field == "milestones":
        return "N,N,..."
    if "int" in kind:
        return "N"
    return "X" if "float" in kind else "TEXT"
