"""`python -m resnet_core`: finds a command's file when the command is called."""

from __future__ import annotations

import importlib
import keyword
import logging
import sys
from typing import Any

import click

from resnet_core.errors import PlaygroundError
from resnet_core.system.texts import STORED, Message

# First argument of a command whose errors the caller reads: each is a line of JSON.
JSON_ERRORS = "--json-errors"

# Command, and its module; the function there has the command's name.
_COMMANDS = {
    "describe": "networks",
    "train": "train",
    "presets": "train",
    "runs": "runs",
    "evaluate": "weights",
    "import": "weights",
    "export": "export",
    "record": "export",
    "reproduce": "reproduce",
    "data": "data",
    "download": "data",
    "lab": "lab",
    "responses": "responses",
    "measure": "train",
    "forward": "networks",
    "worker": "worker",
    "supervise": "worker",
}


# What other programs call our options.
_HINTS = {
    **dict.fromkeys(("--epochs", "--epoch", "--num-epochs", "-e"), "command.hint.epochs"),
    **dict.fromkeys(("--lr", "--learning_rate", "--base-lr"), "command.hint.lr"),
    **dict.fromkeys(("--arch", "--model", "--net", "-a", "--architecture"), "command.hint.arch"),
    **dict.fromkeys(("--dataset", "--data-dir", "--data-path", "--root"), "command.hint.dataset"),
    **dict.fromkeys(("--wd", "--weight_decay", "--decay"), "command.hint.wd"),
    **dict.fromkeys(("--workers", "-j", "--num-workers", "--num_workers"), "command.hint.workers"),
    **dict.fromkeys(("--depth", "--layers"), "command.hint.depth"),
    **dict.fromkeys(("--gpu", "--gpus", "--gpu-id", "--cuda"), "command.hint.gpu"),
    **dict.fromkeys(("--batch", "--bs", "--batch_size", "-b"), "command.hint.batch"),
    **dict.fromkeys(("--resume", "--checkpoint-path"), "command.hint.resume"),
    **dict.fromkeys(("--output", "--save-dir", "--out"), "command.hint.output"),
}


class Commands(click.Group):
    """Imports a command's module only to run or to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"resnet_core.commands.{_COMMANDS[cmd_name]}")
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(module, name)
        return command


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Runs and data live in one folder; RESIDUAL_PLAYGROUND_HOME names another one.",
)
@click.option(JSON_ERRORS, is_flag=True, hidden=True, expose_value=False)
def root() -> None:
    """Residual Playground: train the networks of "Deep Residual Learning for Image
    Recognition" and look inside them.

    \b
    See the degradation problem in a minute, without a GPU or a download:
        python -m resnet_core train --preset one-minute
    Look at a network before training it:
        python -m resnet_core describe cifar/resnet-56
    Train one of your own, then find it again:
        python -m resnet_core train --network cifar/plain-56 --iterations 400 --width 8
        python -m resnet_core runs list
    Ask why, of a network that was trained:
        python -m resnet_core lab --list
    """


def _with_hint(error: click.ClickException) -> click.ClickException:
    """Return the error with our name of an option that other programs call differently."""
    if not isinstance(error, click.NoSuchOption) or error.option_name not in _HINTS:
        return error
    hint = Message(_HINTS[error.option_name])
    return click.UsageError(f"No such option: {error.option_name}. {hint}", error.ctx)


def main(arguments: list[str] | None = None) -> None:
    """Run a command; what a person can put right is one sentence and exit code 2."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    as_json = (sys.argv[1:] if arguments is None else arguments)[:1] == [JSON_ERRORS]
    try:
        code: Any = root.main(arguments, prog_name="python -m resnet_core", standalone_mode=False)
    except PlaygroundError as error:
        click.echo(error.message.dumps() if as_json else str(error), err=True)
        code = 2
    except click.ClickException as error:
        error = _with_hint(error)
        if as_json:
            click.echo(Message(STORED, text=error.format_message()).dumps(), err=True)
        else:
            error.show()
        code = error.exit_code
    except BrokenPipeError:
        # The reader, `head` perhaps, has closed the pipe: nothing more can be written.
        sys.stdout = None
        code = 0
    except OSError as error:
        message = Message("errors.system.file", path=str(error.filename or "-"), reason=error)
        click.echo(message.dumps() if as_json else str(message), err=True)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
