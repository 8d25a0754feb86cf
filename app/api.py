"""Read-only routes for the live charts, beside Streamlit's own."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

PREFIX = "/playground-api"


def routes() -> Sequence[BaseRoute]:
    return [Route(f"{PREFIX}/alive", alive)]


async def alive(_request: Request) -> Response:
    """A page that lost the server asks here until it answers."""
    return JSONResponse({"alive": True})
