"""Files whose functions run in three flows, from a trace of every process that takes part.

python -m benchmarks.files_passed                       training, laboratory and import, as counts
python -m benchmarks.files_passed training --list       one flow, with its files
python -m benchmarks.files_passed --root PATH           the same flows in another checkout

A file counts when one of its functions runs in the flow; what only runs while modules are imported
(module and class bodies) does not count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import psutil

ROOT = Path(__file__).resolve().parents[1]

# Python imports this by itself in every process that has its folder on the path.
_TRACE = """
import os, sys, threading
_seen = set()
_root, _out = os.environ["TRACED_ROOT"] + os.sep, os.environ["TRACED_FILES"]
_folders = tuple(_root + name + os.sep for name in ("resnet_core", "app", "pages"))
def _profile(frame, event, argument):
    code = frame.f_code
    if event == "call" and code.co_filename not in _seen and code.co_flags & 1:
        _seen.add(code.co_filename)
        if code.co_filename.startswith(_folders):
            with open(_out, "a") as out:
                out.write(code.co_filename[len(_root):] + "\\n")
sys.setprofile(_profile)
threading.setprofile(_profile)
"""

_PREPARE = """
import time
from pathlib import Path
from streamlit.testing.v1 import AppTest
from starlette.applications import Starlette
from starlette.testclient import TestClient
try:
    from app.server import routes
except ImportError:
    from app import api as routes

def open_page(name, **query):
    page = AppTest.from_file(f"pages/{name}.py", default_timeout=120)
    for key, value in query.items():
        page.query_params[key] = value
    return page.run()

def press(page, key):
    page.button(key=key).click().run()
    assert not page.exception, [error.value for error in page.exception]

def ask_until(address, finished):
    client = TestClient(Starlette(routes=list(routes.routes())))
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        answer = client.get(address).json()
        if finished(answer):
            return answer
        time.sleep(0.2)
    raise SystemExit(f"not finished: {answer}")
"""


# One script a flow: it opens the page, starts the work and waits for the answer a chart asks for.
FLOWS = {
    "training": """
page = open_page("train", network="cifar/resnet-8", width="2", iterations="20", train_images="200",
                 test_images="100", record_every="5", evaluate_every="10", batch_size="16")
press(page, "train.start")
from resnet_core.runs import queries
runs = ",".join(run.id for run in queries.runs() if not run.recorded)
ask_until(f"/playground-api/charts?runs={runs}", lambda answer: not answer["active"])
""",
    "laboratory": """
page = open_page("labs/microscope", steps="20", seeds="1", depth="4")
press(page, "lab.run")
(folder,) = (HOME / "labs").glob("microscope-*")
ask_until(f"/playground-api/lab?id={folder.name}", lambda answer: not answer["active"])
""",
    "import": """
import subprocess, sys, torch
from resnet_core.specs.names import spec_of
from resnet_core.networks.catalog import build
torch.save(build(spec_of("cifar/resnet-8", width=4), 0).state_dict(), HOME / "net.th")
options = "--shortcut A --option-a-padding end --normalization per-pixel"
subprocess.run([sys.executable, "-m", "resnet_core", "import", str(HOME / "net.th"), "--data",
                "shapes", "--network", "cifar/resnet-8", *options.split()], check=True)
""",
}


@click.command()
@click.argument("flows", nargs=-1, type=click.Choice(list(FLOWS)))
@click.option("--list", "with_files", is_flag=True, help="Print the files too.")
@click.option("--root", default=ROOT, type=click.Path(path_type=Path), help="The checkout.")
def main(flows: tuple[str, ...], with_files: bool, root: Path) -> None:
    """Print how many files each flow passes."""
    for flow in flows or tuple(FLOWS):
        files = files_passed(flow, root.resolve())
        click.echo(f"{flow}: {len(files)} files")
        if with_files:
            click.echo("".join(f"    {file}\n" for file in files))


def files_passed(flow: str, root: Path) -> list[str]:
    """Run one flow with a new home folder and return the files that it passed."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home, traced = Path(folder, "home"), Path(folder, "files.txt")
        home.mkdir()
        traced.touch()
        Path(folder, "sitecustomize.py").write_text(_TRACE, encoding="utf-8")
        program = f"from pathlib import Path\nHOME = Path({str(home)!r})\n{_PREPARE}{FLOWS[flow]}"
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((folder, str(root))),
            "RESIDUAL_PLAYGROUND_HOME": str(home),
            "TRACED_ROOT": str(root),
            "TRACED_FILES": str(traced),
        }
        command = [sys.executable, "-c", program]
        try:
            subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
        finally:
            _stop_supervisor(home)
        return sorted(set(traced.read_text(encoding="utf-8").split("\n")) - {""})


def _stop_supervisor(home: Path) -> None:
    """End the supervisor and its workers that the flow has started."""
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("RESIDUAL_PLAYGROUND_HOME") == str(home):
            process.kill()


if __name__ == "__main__":
    main()
