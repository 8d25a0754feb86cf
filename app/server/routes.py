"""Read-only routes for the live charts and laboratories, beside Streamlit's own.

No route changes a run. An id is checked before it is looked up; files are served by name from
a fixed list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.language import texts
from app.language.errors import figure_error, sentence
from app.page_data.lesson.handout import handout as lesson_handout
from app.page_state.query import PageState
from app.server.answers import (
    Answer,
    routes_path,
    static_content,
    static_names,
    static_version,
)
from app.server.chart_answers import ChartRequest, Charts, Feed
from app.server.lab_answers import LabAnswers, ResultRequest
from resnet_core.errors import InvalidSetting, PlaygroundError, ResultNotFound

_NO_STORE = {"Cache-Control": "no-store"}
_FOREVER = "public, max-age=31536000, immutable"

_charts = Charts(Feed())
_labs = LabAnswers()

Parameters = TypeVar("Parameters", bound=PageState)


def routes() -> Sequence[BaseRoute]:
    """Return the routes, below the path that the server is told to answer on."""
    path = routes_path()
    return [
        Route(f"{path}/alive", alive),
        Route(f"{path}/charts", charts),
        Route(f"{path}/history", history),
        Route(f"{path}/lab", lab),
        Route(f"{path}/handout", handout),
        Route(f"{path}/static/{{version}}/{{name}}", static),
    ]


def warm_up(ids: Sequence[str]) -> None:
    """Draw the home page's charts once: the first figure of a process takes a second or two.

    Raises:
        PlaygroundError: the index of runs cannot be read.
    """
    for language in texts.LANGUAGES:
        for dark in (False, True):
            _charts.now(ChartRequest(runs=tuple(ids), lang=language, dark=dark))
    static_version()


def newest(request: ChartRequest) -> str:
    """Return the answer of `charts` as JSON.

    Raises:
        PlaygroundError: the index of runs cannot be read.
    """
    return _charts.now(request).body.decode("utf-8")


async def alive(_request: Request) -> Response:
    """For a page that lost the server: it asks here until there is an answer."""
    return JSONResponse({"alive": True}, headers=_NO_STORE)


def charts(request: Request) -> Response:
    """The figures of `runs=id,id,...` at their newest time, for the view's parameters."""
    return _answered(request, ChartRequest, _charts.now)


def history(request: Request) -> Response:
    """Every layer's values over time, for the same parameters."""
    return _answered(request, ChartRequest, _charts.history, missing="history")


def lab(request: Request) -> Response:
    """The result so far of the laboratory request `id`."""
    return _answered(request, ResultRequest, _labs.now)


def handout(request: Request) -> Response:
    """The lesson's handout, a page to print, which opens in the language `lang`."""
    language: texts.Language = "ko" if request.query_params.get("lang") == "ko" else "en"
    return HTMLResponse(lesson_handout(language), headers={"Cache-Control": "no-cache"})


def static(request: Request) -> Response:
    """plotly.js of the installed package, and the modules of charts and laboratories.

    The version in the path is the contents' hash, so a browser may keep them for good.
    """
    name = request.path_params["name"]
    if name not in static_names():
        return JSONResponse({"error": "There is no such file."}, status_code=404)
    current = request.path_params["version"] == static_version()
    cache_control = _FOREVER if current else "no-cache"
    return _static(name).response(request, "text/javascript; charset=utf-8", cache_control)


@lru_cache(maxsize=64)
def _static(name: str) -> Answer:
    return Answer.of_bytes(static_content(name))


@lru_cache(maxsize=512)
def _parsed(kind: type[Parameters], query: str) -> Parameters:
    """Return the parameters in a URL, parsed once for all browsers that poll it.

    Raises:
        InvalidSetting: names the first one that cannot be used.
    """
    names = kind.names()
    own = {name: text for name, text in QueryParams(query).items() if name in names}
    parameters, errors = kind.from_query(own)
    for error in errors.values():
        raise error
    return parameters


def _answered(
    request: Request,
    kind: type[Parameters],
    answer: Callable[[Parameters], Answer],
    missing: str = "figures",
) -> Response:
    """Answer the URL's parameters; an unusable one is refused in a sentence that names it."""
    language: texts.Language = "ko" if request.query_params.get("lang") == "ko" else "en"
    try:
        parameters = _parsed(kind, str(request.query_params))
        return answer(parameters).response(request, "application/json", "no-cache")
    except InvalidSetting as error:
        text = f"{error.field}: {sentence(error, language)}"
        return JSONResponse({"error": text}, status_code=400)
    except ResultNotFound as error:
        return JSONResponse({"error": sentence(error, language)}, status_code=400)
    except Exception as error:  # the reader gets a sentence, the log the traceback
        code = 503 if isinstance(error, PlaygroundError) else 500
        return JSONResponse({"error": figure_error(error, language, missing)}, code, _NO_STORE)
