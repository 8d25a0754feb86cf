"""docs/settings.md against the variables that the code reads."""

from __future__ import annotations

import re
from pathlib import Path

from resnet_core.system import environment
from resnet_core.system.environment import Environment

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = re.compile(r"RESIDUAL_PLAYGROUND_[A-Z_]*[A-Z]")


def _documented() -> dict[str, str]:
    """The variables of the table and what they are by default."""
    rows = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in row.split("|")] for row in rows if row.startswith("| `")]
    return {name.strip("`"): default for _, name, default, *_ in cells}


def test_every_variable_that_is_read_is_documented_and_no_other() -> None:
    code = [
        path for folder in ("resnet_core", "app", "pages") for path in (ROOT / folder).rglob("*.py")
    ]
    read = {name for path in code for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    assert set(_documented()) == read | set(map(environment.variable, Environment.model_fields))


def test_documented_defaults_are_the_codes() -> None:
    documented, values = _documented(), Environment()
    for field in ("slots", "cuda_graphs", "checkpoint_seconds", "idle_seconds"):
        assert documented[environment.variable(field)] == f"{getattr(values, field):g}"


def test_the_readme_and_the_configuration_lead_there() -> None:
    for place in ("README.md", ".streamlit/config.toml"):
        assert "docs/settings.md" in (ROOT / place).read_text(encoding="utf-8")
