"""docs/settings.md against the variables that the code reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resnet_core.system import environment

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
    assert len(read) > 8
    assert set(_documented()) == read


@pytest.mark.parametrize(
    ("variable", "default"),
    [
        ("SLOTS", environment.slots),
        ("CUDA_GRAPHS", lambda: int(environment.cuda_graphs())),
        ("CHECKPOINT_SECONDS", lambda: int(environment.checkpoint_seconds())),
        ("IDLE_SECONDS", lambda: int(environment.idle_seconds())),
    ],
)
def test_defaults_are_the_codes(
    variable: str, default: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"RESIDUAL_PLAYGROUND_{variable}"
    monkeypatch.delenv(name, raising=False)
    assert _documented()[name] == str(default())  # type: ignore[operator]


def test_the_readme_and_the_configuration_lead_there() -> None:
    for place in ("README.md", ".streamlit/config.toml"):
        assert "docs/settings.md" in (ROOT / place).read_text(encoding="utf-8")
