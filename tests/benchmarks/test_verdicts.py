"""The table of flips: counted right, and one laboratory asked again."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from benchmarks import verdicts
from benchmarks.verdicts import Repeat, stability, table


def _repeat(*findings: str) -> Repeat:
    return Repeat(0, (), findings, 1.0)


def test_a_verdict_flips_where_it_does_not_come_back() -> None:
    repeats = [_repeat("wins", "hurts"), _repeat("draw", "hurts"), _repeat("wins", "hurts")]
    wins, hurts = stability("microscope", repeats)
    assert (wins.flips, wins.total, wins.instead) == (1, 3, {"draw": 1})
    assert hurts.flips == 0
    lines = table([wins, hurts]).splitlines()
    assert lines[2] == "| microscope | wins | 1 of 3 | draw (1) |"
    assert lines[3] == "| microscope | hurts | 0 of 3 |  |"


def test_networks_of_another_seed_are_taken_where_all_exist(home: Path) -> None:
    both = ("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0")
    assert verdicts.networks_of(both, 2) == (
        "one-minute-plain-20-seed-2",
        "one-minute-resnet-20-seed-2",
    )
    assert verdicts.networks_of(both, 5) == both  # of plain-20 there are three
    assert verdicts.networks_of((), 3) == ()
    seeds = ("one-minute-resnet-20-seed-0", "one-minute-resnet-20-seed-1")
    assert verdicts.networks_of(seeds, 1) == seeds  # an ensemble of one network twice is none


def test_a_laboratory_is_asked_with_every_seed(home: Path, tmp_path: Path) -> None:
    settings = '{"depth": 4, "width": 12, "points": 128, "seeds": 2}'
    file = tmp_path / "verdicts.md"
    arguments = ["shattered", "--seeds", "2", "--settings", settings, "--write", str(file)]
    result = CliRunner().invoke(verdicts.main, arguments)
    assert result.exit_code == 0
    assert "shattered, seed 1000" in result.output
    assert file.read_text().count("of 2") >= 2
