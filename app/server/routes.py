"""Read-only routes for the live charts, beside Streamlit's own.

Nothing here changes a run. An id is checked before it is looked up; files are served by
name from a fixed list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.language import texts, unexpected
from app.page_state.view import View
from app.server.chart_answers import Answer, BadQuestion, Charts, Question
from app.server.feed import Feed
from app.server.lab_answers import LabAnswers, LabQuestion
from app.server.static_files import PREFIX, plotly_script, static_file, static_names
from resnet_core.errors import PlaygroundError, ResultNotFound

_FOREVER = "public, max-age=31536000, immutable"
_JAVASCRIPT = "text/javascript; charset=utf-8"

_charts = Charts(Feed())
_labs = LabAnswers()


def routes() -> Sequence[BaseRoute]:
    return [
        Route(f"{PREFIX}/alive", alive),
        Route(f"{PREFIX}/charts", charts),
        Route(f"{PREFIX}/history", history),
        Route(f"{PREFIX}/lab", lab),
        Route(f"{PREFIX}/static/{{version}}/{{name}}", static),
    ]


def warm_up(ids: Sequence[str]) -> None:
    """Draw the home page's charts once: the first figure of a process takes a second or two.

    Raises:
        PlaygroundError: the index of runs cannot be read.
    """
    for language in texts.LANGUAGES:
        for dark in (False, True):
            _charts.now(Question(tuple(ids), View(), language, dark))
    plotly_script()


def newest(question: Question) -> str:
    """What `charts` answers, as JSON.

    Raises:
        PlaygroundError: the index of runs cannot be read.
    """
    return _charts.now(question).body.decode("utf-8")


async def alive(_request: Request) -> Response:
    """A page that lost the server asks here until it answers."""
    return JSONResponse({"alive": True}, headers={"Cache-Control": "no-store"})


def charts(request: Request) -> Response:
    """The figures of `runs=id,id,...` at their newest moment, as the view parameters say."""
    return _answered(request, lambda query: _charts.now(Question.from_query(query)))


def history(request: Request) -> Response:
    """Every layer's values over time, for the same parameters."""
    return _answered(
        request, lambda query: _charts.history(Question.from_query(query)), missing="history"
    )


def lab(request: Request) -> Response:
    """The result of a laboratory, `id`, as far as it has come."""
    return _answered(request, lambda query: _labs.now(LabQuestion.from_query(query)))


def static(request: Request) -> Response:
    """plotly.js from the installed package, and the modules of charts and laboratories.

    The version in the path is the contents' hash, so a browser may keep them for good.
    """
    name = request.path_params["name"]
    if name not in static_names():
        return JSONResponse({"error": "There is no such file."}, status_code=404)
    content, version = static_file(name)
    known = request.path_params["version"] == version
    headers = {"Cache-Control": _FOREVER if known else "no-cache"}
    return Response(content, media_type=_JAVASCRIPT, headers=headers)


def _answered(
    request: Request, answer: Callable[[Mapping[str, str]], Answer], missing: str = "figures"
) -> Response:
    try:
        found = answer(request.query_params)
    except (BadQuestion, ResultNotFound) as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    except Exception as error:  # whatever it is, the reader gets a sentence and the log the rest
        code = 503 if isinstance(error, PlaygroundError) else 500
        spoken: texts.Language = "ko" if request.query_params.get("lang") == "ko" else "en"
        told = unexpected.in_a_figures_place(error, spoken, missing)
        return JSONResponse({"error": told}, code, {"Cache-Control": "no-store"})
    headers = {"ETag": found.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    body = found.body
    if found.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = found.zipped, "gzip"
    return Response(body, media_type="application/json", headers=headers)
