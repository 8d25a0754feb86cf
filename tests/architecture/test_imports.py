"""What may be in memory where: no torch beside the pages, no interface beside the science."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_core.system.home import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "pages").rglob("*.py"))
HEAVY = ("torch", "torchvision", "captum")

# Loads the server's routes and opens every page as a browser would, by the router's own list;
# then tells what is in memory, and what went wrong on a page.
_OPEN_EVERY_PAGE = """
import json, sys
from streamlit.testing.v1 import AppTest
from app import router
from app.background.measurements import training
from app.server import lifespan, routes
training.measure = training.together = lambda _: None  # starts a process of its own
faults = {}
test = AppTest.from_file("app/main.py", default_timeout=120).run()
faults["main"] = [error.value for error in test.exception]
for name in [*router.NAMES, *(f"labs/{name}" for name in router.laboratories())]:
    test = AppTest.from_file(f"pages/{name}.py", default_timeout=120).run()
    faults[name] = [error.value for error in test.exception]
lifespan.load_pages()
print(json.dumps([faults, sorted(sys.modules)]))
"""

_IMPORT_ALL = """
import importlib, json, pathlib, sys
for path in sorted(pathlib.Path("resnet_core").rglob("*.py")):
    if path.stem != "__main__":
        importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
print(json.dumps(sorted(sys.modules)))
"""

# What pages, commands and other people's tools import without paying for torch.
_LIGHT = (
    "resnet_core.experiments.experiment",
    "resnet_core.specs.cifar",
    "resnet_core.anatomy.describe",
    "resnet_core.system.home",
    "resnet_core.errors",
    "resnet_core.experiments.presets",
    "resnet_core.runs.queries",
    "resnet_core.runs.store",
    "resnet_core.exporting.tables",
    "resnet_core.exporting.export",
    "resnet_core.exporting.hub",
    "resnet_core.exporting.event_files",
    "resnet_core.runs.recording",
    "resnet_core.jobs.queue",
    "resnet_core.jobs.laboratories",
    "resnet_core.jobs.supervisor",
    "resnet_core.telemetry.events",
    "resnet_core.telemetry.stream",
    "resnet_core.data.catalog",
    "resnet_core.labs.catalog",
    "resnet_core.labs.results.results",
    "resnet_core.commands.root",
    "app.services",
    "app.server.routes",
)


def _run(program: str, home: Path) -> list[object]:
    """What the program prints last, from a fresh process at the repository's root."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, VARIABLE: str(home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def _heavy(modules: object) -> list[str]:
    assert isinstance(modules, list)
    return [name for name in modules if name.split(".")[0] in HEAVY]


def test_every_page_opens_and_torch_stays_out(tmp_path: Path) -> None:
    faults, modules = _run(_OPEN_EVERY_PAGE, tmp_path)
    assert faults == {name: [] for name in ["main", *_routed()]}
    assert _heavy(modules) == []


def _routed() -> list[str]:
    """Every page is reachable: the router names all there are."""
    from app import router

    names = [*router.NAMES, *(f"labs/{name}" for name in router.laboratories())]
    there = [path.relative_to(ROOT / "pages").with_suffix("").as_posix() for path in PAGES]
    assert sorted(names) == sorted(there)
    return names


def test_the_science_knows_no_interface(tmp_path: Path) -> None:
    modules = _run(_IMPORT_ALL, tmp_path)
    assert [name for name in modules if str(name).split(".")[0] in {"streamlit", "plotly"}] == []
    assert "torch" in modules  # the test did import what trains


@pytest.mark.parametrize("module", _LIGHT)
def test_what_pages_use_imports_without_torch(module: str, tmp_path: Path) -> None:
    program = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    assert _heavy(_run(program, tmp_path)) == []


def test_every_question_is_asked_without_torch(tmp_path: Path) -> None:
    """And every question that there is, is one of the catalogue's."""
    program = """
import json, pathlib, sys
from resnet_core.labs import catalog
from resnet_core.labs.results.request import LabRequest
for name in catalog.all_names():
    LabRequest.create(name)
print(json.dumps([catalog.all_names(), sorted(sys.modules)]))
"""
    names, modules = _run(program, tmp_path)
    assert _heavy(modules) == []
    files = (ROOT / "resnet_core/labs").glob("*/question.py")
    asked = [
        path.parent.name for path in files if "\nQUESTION = " in path.read_text(encoding="utf-8")
    ]
    assert sorted(names) == sorted(asked)


@pytest.mark.parametrize("package", ["streamlit", "plotly"])
def test_no_file_of_the_science_names_an_interface(package: str) -> None:
    for path in (ROOT / "resnet_core").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert f"import {package}" not in text, path
        assert f"from {package}" not in text, path
