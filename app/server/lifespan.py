"""Preparation when the server starts."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st

import app as package
from app import services
from app.page_data import puzzle
from app.server import network, routes
from app.server.answers import base_path, routes_path
from resnet_core.classroom import codes, store
from resnet_core.errors import PlaygroundError
from resnet_core.runs import imported
from resnet_core.system import environment

_FIRST_PICTURE = 1.0  # seconds that the first visitor has the machine alone
_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(served: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Have runs that were left queued go on, and get ready for many short sessions."""
    network.attach(served)
    if environment.read().open_class:
        _announce()
    await asyncio.to_thread(_prepare)
    settling = asyncio.create_task(_settle())
    yield None
    network.close()
    settling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await settling


def _announce() -> None:
    """Open the app to the network, begin a class where there is none, and print how to join."""
    try:
        network.open_to_network()
        classes = store.of_home()
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
