"""`presets`: the experiments that have a name."""

from __future__ import annotations

import click

from resnet_core.commands.output import json_option, print_json, print_table
from resnet_core.experiments.presets import PRESETS


@click.command()
@json_option
def presets(as_json: bool) -> None:
    """List the experiments that `train --preset NAME` starts."""
    if as_json:
        print_json(
            [
                {
                    "name": preset.name,
                    "title": preset.title,
                    "description": preset.description,
                    "experiments": [e.model_dump() for e in preset.build(0)],
                }
                for preset in PRESETS.values()
            ]
        )
        return
    rows = [(p.name, str(len(p.build(0))), p.description) for p in PRESETS.values()]
    print_table(("preset", "runs#", "what it shows"), rows)
