"""`lab`: ask a laboratory its question of trained networks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from resnet_core.commands.follow import follow_laboratory, held_interrupts
from resnet_core.commands.options import field_options, given_fields, json_option, with_options
from resnet_core.commands.output import duration, print_json, print_table
from resnet_core.errors import ResultNotFound
from resnet_core.jobs import laboratories
from resnet_core.labs import catalog
from resnet_core.labs.catalog import Question
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest, as_text, setting_names
from resnet_core.labs.results.results import Result
from resnet_core.runs.record import ENDED

_MOST_ROWS = 40  # of a table, for people
_LONGEST_CELL = 48  # characters; packed maps are for programs


class Laboratories(click.Group):
    """A command a laboratory, with its own settings as options."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(catalog.all_names())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        return _command(catalog.question(cmd_name))


@click.group(cls=Laboratories, invoke_without_command=True)
@click.option("--list", "listed", is_flag=True, help="List the laboratories.")
@json_option
@click.pass_context
def lab(context: click.Context, listed: bool, as_json: bool) -> None:
    """Ask a laboratory its question of networks that were trained here, or are on record.

    \b
        python -m resnet_core lab --list
        python -m resnet_core lab lesion --help
        python -m resnet_core lab lesion --run one-minute-plain-20-seed-0 --json

    What was asked before is answered at once. Ctrl-C stops the laboratory.
    """
    if context.invoked_subcommand is None or listed:
        _list(as_json)
        context.exit()


def _list(as_json: bool) -> None:
    questions = [catalog.question(name) for name in catalog.all_names()]
    if as_json:
        print_json([_described(question) for question in questions])
        return
    rows = [
        (
            question.name,
            question.text("en", "title"),
            ", ".join(setting_names(question.settings)),
        )
        for question in questions
    ]
    print_table(("name", "question", "settings"), rows)


def _described(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "question": question.text("en", "title"),
        "runs": question.runs,
        "most_runs": question.most_runs,
        "settings": question.settings().model_dump(mode="json"),
    }


def _command(question: Question) -> click.Command:
    options = [
        option
        for field in setting_names(question.settings)
        for option in _setting_options(question, field)
    ]
    if question.most_runs:
        networks = f"A network, at most {question.most_runs}. [{', '.join(question.runs)}]"
        options.append(click.option("--run", "runs", multiple=True, metavar="ID", help=networks))
    options += [
        json_option,
        click.option("--again", is_flag=True, help="Compute it even if it was before."),
        click.option(
            "--record", is_flag=True, help="Put the answer on record, to ship with the project."
        ),
    ]

    def ask(**values: Any) -> None:
        _ask(question, **values)

    title = question.text("en", "title")
    return click.command(question.name, help=title, short_help=title)(with_options(options)(ask))


def _setting_options(question: Question, field: str) -> list[Callable[..., Any]]:
    info = question.settings.model_fields[field]
    text = f"{question.help('en', field)} [{as_text(info.default) or 'none'}]"
    return field_options(field, info.annotation, text)


def _ask(
    question: Question,
    as_json: bool,
    again: bool,
    record: bool,
    runs: tuple[str, ...] = (),
    **values: Any,
) -> None:
    settings = given_fields(question.settings.model_fields, values)
    request = LabRequest.create(question.name, runs, **settings)
    with held_interrupts():
        lab_id = (
            laboratories.retry(request.id)
            if _is_stale(request.id, again, record)
            else laboratories.submit(request)
        )
        result = follow_laboratory(lab_id)
    if record:
        click.echo(results.record(lab_id), err=True)
    if as_json:
        print_json(_as_dict(result))
    else:
        _print(result)
    if result.state != "finished":
        click.echo(f"{question.name}: {result.state}. {result.reason}", err=True)
        sys.exit(1)


def _is_stale(lab_id: str, again: bool, record: bool) -> bool:
    """Return whether a result must be computed again: no record is made of a recorded one."""
    try:
        result = results.read(lab_id)
    except ResultNotFound:
        return False
    return result.state in ENDED and (again or (record and result.recorded))


def _as_dict(result: Result) -> dict[str, Any]:
    verdicts = zip(result.verdicts, result.sentences, strict=True)
    return {
        "id": result.id,
        **result.request.to_json(),
        "state": result.state,
        "reason": result.reason,
        "seconds": result.seconds,
        "hardware": result.hardware,
        "day": result.day,
        "recorded": result.recorded,
        "tables": {name: table.to_dict("records") for name, table in result.tables.items()},
        "verdicts": [
            {"finding": verdict.finding, "values": dict(verdict.values), "sentence": sentence}
            for verdict, sentence in verdicts
        ],
    }


def _print(result: Result) -> None:
    for name, table in result.tables.items():
        # A number's heading ends in "#", see `print_table`.
        headings = [f"{c}#" if table[c].dtype.kind in "if" else c for c in table.columns]
        rows = table.head(_MOST_ROWS).itertuples(index=False)
        print_table(headings, [[*map(_cell, row)] for row in rows], title=name)
        more = len(table) - _MOST_ROWS
        click.echo(f"... and {more} rows more, which --json prints.\n" if more > 0 else "")
    for sentence in result.sentences:
        click.echo(sentence)
    origin = f"recorded on {result.day}" if result.recorded else f"computed on {result.day}"
    click.echo(f"\n{result.id}: {origin} in {duration(result.seconds)} on {result.hardware}.")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 3]}..."
