"""What happens once, when the server starts."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st

from app import api, recordings, services
from resnet_core.errors import PlaygroundError

_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Have runs that were left queued go on, and set the memory up for many short sessions."""
    await asyncio.to_thread(_prepare)
    # Streamlit collects garbage after each rerun; what is loaded now need not be walked again.
    gc.collect()
    gc.freeze()
    yield None


def _prepare() -> None:
    """A server that cannot start training can still show what was trained."""
    try:
        services.ensure_supervisor()
        api.warm_up([run.id for run in recordings.first()])
    except PlaygroundError as error:
        _log.warning("%s", error)
