"""Preparation when the server starts."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import pkgutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st

import app as package
from app import services
from app.page_data import puzzle
from app.server import network, routes
from app.server.answers import base_path, routes_path
from resnet_core.classroom import codes
from resnet_core.classroom import store as class_store
from resnet_core.errors import PlaygroundError
from resnet_core.runs import imported, store
from resnet_core.runs.record import ACTIVE
from resnet_core.system import environment

_WATCH_SECONDS = 2.0
_OPEN_FILES = 8192
_FIRST_PICTURE = 1.0  # seconds that the first visitor has the machine alone
_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(served: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Have runs that were left queued go on, and get ready for many short sessions."""
    raise_file_limit()
    network.attach(served)
    if environment.read().open_class:
        _announce()
    await asyncio.to_thread(_prepare)
    tasks = [asyncio.create_task(_settle()), asyncio.create_task(_watch())]
    yield None
    network.close()
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _announce() -> None:
    """Open the app to the network, begin a class where there is none, and print how to join."""
    try:
        network.open_to_network()
        classes = class_store.of_home()
        classes.sweep()
        record = next(iter(classes.all()), None) or classes.create()
    except PlaygroundError as error:
        _log.error("The class cannot be opened. %s", error)
        return
    link = f"{routes_path()}/class/teacher?token={codes.token('teacher', record.code)}"
    for address in network.addresses():
        print(f"Students open    {address}{base_path()}/classroom?code={record.code}")
        print(f"The teacher opens  {address}{link}")
    print(f"Code             {record.code}", flush=True)


def _prepare() -> None:
    """Start a supervisor and draw the first charts; each works without the other."""
    try:
        imported.sweep()  # what imports that were killed have left
        services.ensure_supervisor()
    except PlaygroundError as error:
        _log.warning("%s", error)
    try:
        routes.warm_up([run.id for run in puzzle.first_recording()])
    except PlaygroundError as error:
        _log.warning("%s", error)
    except Exception as error:  # whatever a figure raises; its place on the page says so too
        _log.error("The home page's charts could not be drawn at the start.", exc_info=error)


def raise_file_limit() -> None:
    """Let the server open as many files as the system allows it: each visitor needs three, and
    macOS starts programs with 256."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _watch() -> None:
    """Make sure of a supervisor while jobs are queued or run, whichever page is open."""
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        await asyncio.to_thread(ensure_while_active)


def ensure_while_active() -> None:
    """Start a supervisor if jobs wait for one and none runs."""
    try:
        if store.of_home().jobs(ACTIVE):
            services.ensure_supervisor()
    except PlaygroundError as error:
        _log.warning("%s", error)


async def _settle() -> None:
    """Load what other pages need once the first picture is drawn."""
    await asyncio.sleep(_FIRST_PICTURE)
    await asyncio.to_thread(load_pages)
    # Streamlit collects garbage after each rerun; what is loaded now need not be walked again.
    gc.collect()
    gc.freeze()


def load_pages() -> None:
    """Import every module of the app: the first visit to a page then costs what later ones do."""
    for module in pkgutil.walk_packages(package.__path__, "app."):
        if module.name != "app.main":  # which is the server's script, not a module to use
            importlib.import_module(module.name)
