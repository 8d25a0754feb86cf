"""Options of the command line: settings of an experiment or a laboratory, and answers about a
file of weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import click

from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment, from_text
from resnet_core.experiments.network_settings import NetworkSettings
from resnet_core.runs.queries import RECORDED
from resnet_core.specs.names import Spec, is_imagenet, spec_of

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
run_id_argument = click.argument("run_id", metavar="ID")
recordings_option = click.option(
    "--to",
    "folder",
    default=RECORDED,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of recordings. [assets/recorded]",
)

NETWORK_FIELDS = (
    *(field for field in NetworkSettings.model_fields if field != "network"),
    "image_size",
)

_NO = "no_"  # before a switch's name, the option that turns it off

_FILE_OPTIONS = (
    click.option("--network", metavar="NAME", help="FILE's, if its shapes leave it open."),
    click.option("--shortcut", metavar="A|B|C", help="FILE's, if its shapes leave it open."),
    click.option(
        "--option-a-padding", metavar="both|end", help="Where option A's zeros go in FILE."
    ),
    click.option(
        "--stride-in", metavar="1x1|3x3", help="Which layer of FILE's bottlenecks halves."
    ),
    click.option(
        "--normalization",
        metavar="NAME",
        help="FILE's preparation of images: imagenet, cifar, cifar10, cifar100, half, none, "
        "per-pixel, or mean/deviation such as 0.5,0.5,0.5/0.25,0.25,0.25.",
    ),
    click.option("--mean", metavar="X,X,X", help="In its place: the mean of each colour, 0 to 1."),
    click.option("--std", metavar="X,X,X", help="And the standard deviation of each colour."),
    click.option("--activation", metavar="NAME", help="FILE's nonlinearity. [relu]"),
    click.option("--image-size", type=int, metavar="N", help="Pixels to resize to. [as they are]"),
)


def with_options(options: Iterable[Callable[..., Any]]) -> Callable[[Command], Command]:
    """Add options in this order."""
    decorators = list(options)

    def add(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return add


def field_options(field: str, annotation: Any, text: str) -> list[Callable[..., Any]]:
    """Return the options of a setting. Values stay text: the model checks them, in the same words
    everywhere.

    A switch has `--flip`, `--no-flip`, and `--flip false` as a program would write it.
    """
    name = f"--{field.replace('_', '-')}"
    if annotation is not bool:
        return [click.option(name, field, metavar=_metavar(annotation), help=text)]
    return [
        click.option(
            name, field, is_flag=False, flag_value="true", metavar="[true|false]", help=text
        ),
        click.option(f"--no-{name[2:]}", _NO + field, is_flag=True, help=f"{name} false."),
    ]


def given_fields(fields: Iterable[str], options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that were given, as text, and False for a switch turned off."""
    values: dict[str, Any] = {}
    for field in fields:
        if options.get(field) is not None:
            values[field] = options[field]
        if options.get(_NO + field):
            values[field] = False
    return values


def experiment_options(
    fields: Iterable[str] = tuple(Experiment.model_fields),
) -> Callable[[Command], Command]:
    """Add an option a field; those not given arrive as None."""
    return with_options(option for field in fields for option in _experiment_options(field))


def given_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that were given, as `Experiment.create` takes them."""
    values = given_fields(Experiment.model_fields, options)
    return {
        field: from_text(field, value) if isinstance(value, str) else value
        for field, value in values.items()
    }


def spec_from(network: str, options: dict[str, Any], **sizes: int | None) -> Spec:
    """Return the network's description.

    Args:
        options: as `experiment_options` give them; text, None where not given.
        sizes: `channels` and `classes`; None: the usual of this network.

    Raises:
        InvalidSetting: names the option and the nearest good value.
    """
    known_sizes = {name: size for name, size in sizes.items() if size is not None}
    settings = given_settings(options)
    if not is_imagenet(network):
        return Experiment.create(network=network, **settings).network_spec(**known_sizes)
    if settings.get("image_size") is not None:
        settings["image_size"] = _pixels(settings["image_size"])
    return spec_of(network, **settings, **known_sizes)


def file_options(command: Command) -> Command:
    """Add the options that say of a file of weights what it does not say itself."""
    return with_options(_FILE_OPTIONS)(command)


def given_normalization(options: dict[str, Any]) -> None:
    """Put --mean and --std into the place of --normalization.

    Raises:
        InvalidSetting: one of them is missing.
    """
    mean, deviation = options.pop("mean"), options.pop("std")
    if mean is None and deviation is None:
        return
    if mean is None or deviation is None or options["normalization"] is not None:
        raise InvalidSetting("mean" if mean is None else "std", "command.mean_and_std")
    options["normalization"] = f"{mean}/{deviation}"


def _experiment_options(field: str) -> list[Callable[..., Any]]:
    info = Experiment.model_fields[field]
    default = {True: "on", False: "off"}[info.default] if info.annotation is bool else info.default
    suffix = "" if default in (None, "") else f" [{default}]"
    return field_options(field, info.annotation, f"{info.description}{suffix}")


def _metavar(annotation: Any) -> str:
    arguments = [part for part in get_args(annotation) if part not in (type(None), ...)]
    if get_origin(annotation) is Literal:
        return "|".join(map(str, arguments))
    if get_origin(annotation) is tuple:
        return f"{_metavar(arguments[0])},..."
    if arguments:  # X | None
        return _metavar(arguments[0])
    return {int: "N", float: "X"}.get(annotation, "TEXT")


def _pixels(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidSetting(
            "image_size", "setting.no_whole_number", given=text[:40], good=224
        ) from None
