"""Workers: `python -m resnet_core worker FOLDER`, and one that waits for folders with everything
slow already imported.

The other end of a waiting worker is `local_process.Spare`: it writes a folder, in JSON, a line.
Where the system can fork, each line gets a child, whose pid is the answer; elsewhere the first
line ends the waiting. It also ends when the other end closes.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import signal
import sys
from pathlib import Path

import pyarrow as pa

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.errors import PlaygroundError
from resnet_core.jobs.worker import shell
from resnet_core.jobs.worker.laboratory import run_laboratory
from resnet_core.jobs.worker.training import run_training
from resnet_core.networks.catalog import build
from resnet_core.runs.folder import JobFolder
from resnet_core.specs.cifar import NetworkSpec


def work(folder: Path) -> int:
    """Do the job whose folder this is; return the exit code: 0 unless it failed.

    Raises:
        PlaygroundError: there is no such folder.
    """
    return shell.work(folder, {"training": run_training, "laboratory": run_laboratory})


def wait(fork: bool) -> int:
    """Serve one folder, or with `fork` any number; return the exit code."""
    _warm_up()
    if not fork:
        line = sys.stdin.readline()
        return work_alone(Path(json.loads(line))) if line else 0
    # The system collects the children: no code here waits for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Objects that live on in every child are not to be touched by its collector: untouched
    # pages stay shared.
    gc.collect()
    gc.freeze()
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            _become_worker(Path(json.loads(line)))
        print(pid, flush=True)
    return 0


def _warm_up() -> None:
    """Import and read what runs need at their start: modules that torch and Arrow import when they
    are first used (a second), and the images that come with the package.

    Nothing here may start a thread or touch a GPU: forked children could not use them.
    """
    build(NetworkSpec(depth=8, width=1, image_size=8), seed=0)
    pa.array([0.0])  # imports pandas, if it is installed, to ask whether this is a series
    for name in catalog.INCLUDED:
        try:
            catalog.load(Selection(name))
        except (PlaygroundError, OSError) as error:
            print(f"The images of {name} are not ready: {error}", file=sys.stderr)


def work_alone(folder: Path) -> int:
    """Work on a folder with its log in place of the standard output and error."""
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(JobFolder(folder).log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for descriptor, standard in ((null, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, standard)
    faulthandler.enable()
    return work(folder)


def _become_worker(folder: Path) -> None:
    """In the child: leave the parent's session and never return."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        code = work_alone(folder)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # what the parent registered to run at its exit is the parent's
