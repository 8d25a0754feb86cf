"""Plant faults in a copy of the product, one at a time, and report the test that catches each.

python -m benchmarks.planted_faults                 every fault
python -m benchmarks.planted_faults --only stride   those whose name contains a word
python -m benchmarks.planted_faults --write PATH    also write the table as Markdown

Each fault is an entry of planted_faults.toml: a file, a text that stands in it once, the text in
its place, and the tests that are to notice. The exit status is 1 if a fault is not caught.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
FAULTS = Path(__file__).with_name("planted_faults.toml")
# seconds; a fault may keep a test waiting for ever, and the suite's own limit is longer
TIMEOUT = 300


@dataclass(frozen=True)
class Fault:
    """One change of one place.

    Attributes:
        before: a text that stands exactly once in the file.
        tests: paths for pytest, the shortest list that notices.
    """

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    def plant(self, root: Path) -> None:
        """Change the file below this folder.

        Raises:
            ValueError: the text does not stand there exactly once.
        """
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.before) != 1:
            count = text.count(self.before)
            raise ValueError(f"{self.name}: the text stands {count} times in {self.file}")
        path.write_text(text.replace(self.before, self.after), encoding="utf-8")


def faults(path: Path = FAULTS) -> list[Fault]:
    """Read the list of faults."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["fault"]
    return [Fault(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


def caught_by(fault: Fault, root: Path) -> str:
    """Return the first failing test with the fault planted below `root`, or "" if all pass."""
    path = root / fault.file
    original = path.read_text(encoding="utf-8")
    fault.plant(root)
    options = ["-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-p", "no:randomly"]
    command = [sys.executable, "-m", "pytest", *options, *fault.tests]
    try:
        process = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"no end within {TIMEOUT} s"
    finally:
        path.write_text(original, encoding="utf-8")
    if process.returncode == 0:
        return ""
    failed = [line for line in process.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if failed:
        return failed[0].split(" - ")[0].split(maxsplit=1)[1]
    return f"pytest ended with status {process.returncode}"


def copy_of_product(folder: Path) -> Path:
    """Copy what the tests need; the virtual environment and caches stay where they are."""
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")
    return Path(shutil.copytree(ROOT, folder / "copy", ignore=ignored))


def results(selection: list[Fault]) -> Iterator[tuple[Fault, str, float]]:
    """Yield each fault with the test that caught it and the seconds that took."""
    with tempfile.TemporaryDirectory() as folder:
        root = copy_of_product(Path(folder))
        for fault in selection:
            begin = time.monotonic()
            yield fault, caught_by(fault, root), time.monotonic() - begin


@click.command()
@click.option("--only", default="", help="A word in the names of the faults to plant.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the table to this file.")
def main(only: str, write: Path | None) -> None:
    """Plant each fault and print the test that catches it."""
    rows = ["| fault | file | caught by |", "|---|---|---|"]
    missed = 0
    for fault, test, seconds in results([one for one in faults() if only in one.name]):
        missed += not test
        click.echo(f"{seconds:5.1f} s  {fault.name}: {test or 'NOT CAUGHT'}")
        rows.append(f"| {fault.name} | `{fault.file}` | {f'`{test}`' if test else '**no test**'} |")
    click.echo(f"{len(rows) - 2 - missed} of {len(rows) - 2} caught")
    if write:
        write.write_text("\n".join([*rows, ""]), encoding="utf-8")
    raise SystemExit(bool(missed))


if __name__ == "__main__":
    main()
