from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from resnet_core.commands import root
from resnet_core.experiments.experiment import Experiment

COMMANDS = (
    *("describe", "train", "presets", "runs", "evaluate", "export", "record", "data"),
    *("measure", "worker", "supervise"),
)


def test_help_teaches_and_names_every_command(call: Callable) -> None:
    said = call("--help")
    assert said.code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in said.out
    assert "train --preset one-minute" in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(call: Callable, command: str) -> None:
    said = call(command, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: python -m resnet_core {command}")


def test_train_takes_every_field_with_its_description_and_default(call: Callable) -> None:
    shown = " ".join(call("train", "--help").out.split())
    for field, info in Experiment.model_fields.items():
        assert f"--{field.replace('_', '-')} " in shown
        assert str(info.description).split(";")[0].split(",")[0][:40].strip() in shown
    assert "[64000]" in shown
    assert "[cifar/resnet-20]" in shown


@pytest.mark.parametrize("arguments", [["trian"], ["train", "--nmae", "x"], ["runs", "shwo", "x"]])
def test_a_typing_error_is_explained(call: Callable, arguments: list[str]) -> None:
    said = call(*arguments)
    assert said.code == 2
    assert "Error: No such" in said.err


@pytest.mark.parametrize(
    "command",
    [
        ["describe", "cifar/resnet-20"],
        ["runs", "list"],
        ["runs", "--help"],
        ["presets"],
        ["data", "list"],
        ["train", "--help"],
        ["--help"],
    ],
)
def test_no_torch_where_it_is_not_needed(home: object, command: list[str]) -> None:
    program = (
        "import sys; from resnet_core.commands.root import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('torch' in sys.modules, 'pandas' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "False False"


def test_a_switch_can_be_said_in_three_ways() -> None:
    import click

    from resnet_core.commands.options import experiment_options, given_settings

    @click.command()
    @experiment_options(["flip", "milestones"])
    def said(**options: object) -> Experiment:
        return Experiment.create(**given_settings(options))

    def flip(*arguments: str) -> bool:
        return said.main(list(arguments), standalone_mode=False).flip

    assert flip() is True
    assert flip("--flip") is True
    assert flip("--no-flip") is False
    assert flip("--flip", "false") is False
    assert flip("--flip", "True") is True
    assert said.main(["--milestones", "5,7"], standalone_mode=False).milestones == (5, 7)


def test_every_command_is_in_its_file() -> None:
    assert set(COMMANDS) <= set(root._COMMANDS)
    for name in root._COMMANDS:
        command = root.root.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert command.name == name


@pytest.mark.parametrize(
    ("option", "sentence"),
    [("--epochs", "--iterations"), ("--lr", "--learning-rate"), ("--arch", "--network"),
     ("--dataset", "--data"), ("--wd", "--weight-decay"), ("--gpu", "--device")],
)  # fmt: skip
def test_options_of_other_programs_lead_to_ours(call: Callable, option: str, sentence: str) -> None:
    said = call("train", option, "1")
    assert said.code == 2
    assert f"No such option: {option}." in said.err
    assert sentence in said.err
