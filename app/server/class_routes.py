"""Routes of a class: joining, answering, leading. Each checks who asks before it does anything.

Who asks is told by HttpOnly cookies that only this module sets; see `app.roles.visitor`. Requests
that change something are POSTs with JSON, whose Origin `guard` has checked.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.language import texts
from app.language.errors import sentence
from app.page_data import classroom
from app.roles import visitor
from app.roles.visitor import NotAllowed, Visitor
from app.server import network
from app.server.answers import Answer as Body
from app.server.answers import base_path, routes_path
from resnet_core.classroom import codes, figure6, store
from resnet_core.classroom.record import DAYS, Answer, ClassRecord
from resnet_core.errors import PlaygroundError

MOST_BYTES = 32_768
_POLL = 1000  # ms after which a page asks again
_WRONG_CODES, _PER_SECONDS = 12, 60  # by one address
_WRONG_IN_ALL = 240
_SWITCHES = ("roam", "paused", "hide_names", "trainings", "dealt")

Action = Callable[[Visitor, Request, Mapping[str, Any]], Response | None]


def routes() -> Sequence[BaseRoute]:
    """Return the routes, below the path that the server is told to answer on."""
    path = f"{routes_path()}/class"
    actions: Mapping[str, Action] = {
        "open": _open,
        "join": _join,
        "leave": _leave,
        "lead": _lead,
        "answer": _answer,
        "result": _result,
        "end": _end,
        "network": _network,
    }
    return [
        Route(f"{path}/now", now),
        Route(f"{path}/teacher", teacher),
        Route(f"{path}/table.csv", table),
        *(Route(f"{path}/{name}", _posted(do), methods=["POST"]) for name, do in actions.items()),
    ]


def who(request: Request) -> Visitor:
    """Return who sends the request."""
    return visitor.of(request.headers.get(visitor.PLACE, "network"), request.cookies)


def now(request: Request) -> Response:
    """Return what the visitor's page of the class shows, or 304 where it has that already."""
    try:
        asking = who(request)
        if asking.role == "student":
            record = store.of_home().get(asking.code)
            member = store.of_home().member(asking.member)
            shown = classroom.for_student(record, member) if member else {"role": "guest"}
        elif asking.leads and (code := _code_of(asking, request.query_params.get("code", ""))):
            record = store.of_home().get(code)
            shown = {**classroom.for_teacher(record), **_addresses(asking, record)}
        else:
            present = store.of_home().all() if asking.role == "owner" else []
            shown = {"role": asking.role, "classes": [record.code for record in present]}
        shown = {**shown, "poll": _POLL}
        return Body.of_json(shown).response(request, "application/json", "no-cache")
    except PlaygroundError as error:
        return _refused(error, request)


def teacher(request: Request) -> Response:
    """Make the browser that opens a teacher's link the teacher's, and show the class."""
    token = request.query_params.get("token", "")
    try:
        code = codes.subject("teacher", token)
        if not code or store.of_home().find(code) is None:
            raise PlaygroundError("classroom.gone")
    except PlaygroundError as error:
        return _refused(error, request)
    response = RedirectResponse(f"{base_path()}/classroom", status_code=303)
    _set_cookie(response, request, visitor.TEACHER, token)
    response.headers["Cache-Control"] = "no-store"
    return response


def table(request: Request) -> Response:
    """Return the class's answers and results as CSV."""
    try:
        record = _led(who(request), request.query_params.get("code", ""))
        name = f"class-{record.code}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        text = "\ufeff" + classroom.table(record)  # by which spreadsheets know that it is UTF-8
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
    except PlaygroundError as error:
        return _refused(error, request)


def _posted(action: Action) -> Callable[[Request], Any]:
    async def route(request: Request) -> Response:
        try:
            sent = await _json(request)
            done = await run_in_threadpool(lambda: action(who(request), request, sent))
            return done or JSONResponse({"done": True}, headers={"Cache-Control": "no-store"})
        except PlaygroundError as error:
            return _refused(error, request)

    return route


def _open(asking: Visitor, request: Request, sent: Mapping[str, Any]) -> Response:
    if asking.role != "owner":
        raise NotAllowed("classroom.only_owner")
    record = store.of_home().create()
    return JSONResponse({"code": record.code})


def _join(asking: Visitor, request: Request, sent: Mapping[str, Any]) -> Response:
    address = request.client.host if request.client else ""
    _attempts.check(address)
    code = codes.normalised(str(sent.get("code", ""))[:40])
    if not code or store.of_home().find(code) is None:
        _attempts.failed(address)
        raise PlaygroundError("classroom.no_such_code")
    if asking.role == "student" and asking.code == code:
        return JSONResponse({"code": code})  # pressed twice, or came back
    member = store.of_home().join(code, str(sent.get("name", ""))[:200])
    response = JSONResponse({"code": code})
    _set_cookie(response, request, visitor.MEMBER, codes.token("member", member.id))
    return response


def _leave(asking: Visitor, request: Request, sent: Mapping[str, Any]) -> Response:
    if asking.role == "student":
        store.of_home().leave(asking.member)
    response = JSONResponse({"done": True})
    response.delete_cookie(visitor.MEMBER, path=_cookie_path(), httponly=True, samesite="lax")
    return response


def _lead(asking: Visitor, request: Request, sent: Mapping[str, Any]) -> None:
    record = _led(asking, sent.get("code", ""))
    changes: dict[str, Any] = {
        name: sent[name] for name in _SWITCHES if isinstance(sent.get(name), bool)
    }
    if "step" in sent:
        changes |= {"step": classroom.check_place(sent["step"]), "phase": "idle", "vote": 1}
    if sent.get("phase") in ("idle", "asked", "revealed"):
        changes["phase"] = sent["phase"]
    if sent.get("vote") in (1, 2):
        changes["vote"] = sent["vote"]
    store.of_home().lead(record.code, **changes)


def _answer(asking: Visitor, request: Request, sent: Mapping[str, Any]) -> None:
    record = _class_of_student(asking)
    question = str(sent.get("question", ""))[:60]
    store.of_home().answer(
        Answer(
            member=asking.member,
            question=question,
            vote=record.lesson.vote,
            value=classroom.checked(record, question, sent.get("value")),
        )
    )


def _result(asking: Visitor, request: Request, sent: Mapping[str, Any]) -> None:
    _class_of_student(asking)
    member = store.of_home().member(asking.member)
    if member is None:
        raise PlaygroundError("classroom.gone")
    result = figure6.checked(member.id, figure6.deal(member.number), sent.get("run"))
    store.of_home().put_result(result)


def _end(asking: Visitor, request: Request, sent: Mapping[str, Any]) -> None:
    store.of_home().end(_led(asking, sent.get("code", "")).code)


def _network(asking: Visitor, request: Request, sent: Mapping[str, Any]) -> None:
    if asking.role != "owner":
        raise NotAllowed("classroom.only_owner")
    network.open_to_network()


def _led(asking: Visitor, code: Any) -> ClassRecord:
    """Return the class that the visitor leads."""
    own = _code_of(asking, str(code)[:40])
    if not asking.leads or not own:
        raise NotAllowed("classroom.only_teacher")
    return store.of_home().get(own)


def _code_of(asking: Visitor, code: str) -> str:
    """Return the teacher's class; an owner may lead any."""
    return codes.normalised(code) if asking.role == "owner" else asking.code


def _class_of_student(asking: Visitor) -> ClassRecord:
    if asking.role != "student":
        raise NotAllowed("classroom.join_first")
    return store.of_home().get(asking.code)


def _addresses(asking: Visitor, record: ClassRecord) -> dict[str, Any]:
    """Return where students open the class, and for its owner the teacher's link."""
    addresses = network.addresses()
    link = ""
    if asking.role == "owner":
        token = codes.token("teacher", record.code)
        link = f"{routes_path()}/class/teacher?token={token}"
    join = [f"{address}{base_path()}/classroom?code={record.code}" for address in addresses]
    return {
        "owner": asking.role == "owner",
        "network": addresses,
        "link": link,
        "qr": network.qr_svg(join[0]) if join else "",
    }


async def _json(request: Request) -> Mapping[str, Any]:
    """Return the object that was sent.

    Raises:
        PlaygroundError: it is too large, or no JSON object.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise PlaygroundError("classroom.no_answer")
    try:
        sent = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise PlaygroundError("classroom.no_answer")
    return sent


def _refused(error: PlaygroundError, request: Request) -> Response:
    """Return the error's sentence in the language that the request names."""
    language: texts.Language = "ko" if request.query_params.get("lang") == "ko" else "en"
    code = 403 if isinstance(error, NotAllowed) else 400
    if error.key == "classroom.too_often":
        code = 429
    body = {"error": sentence(error, language), "key": error.key}
    return JSONResponse(body, code, {"Cache-Control": "no-store"})


def _set_cookie(response: Response, request: Request, name: str, value: str) -> None:
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    response.set_cookie(
        name,
        value,
        max_age=DAYS * 86400,
        path=_cookie_path(),
        httponly=True,
        secure=secure,
        samesite="lax",
    )


def _cookie_path() -> str:
    return f"{base_path()}/"


class _Attempts:
    """Counts of wrong codes in a minute, by address and in all: they limit guessing."""

    def __init__(self) -> None:
        self._failed: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """Raise PlaygroundError where there were too many."""
        with self._lock:
            since = time.monotonic() - _PER_SECONDS
            while self._failed and self._failed[0][0] < since:
                self._failed.popleft()
            own = [at for at, other in self._failed if other == address]
            if len(own) < _WRONG_CODES and len(self._failed) < _WRONG_IN_ALL:
                return
            first = own[0] if len(own) >= _WRONG_CODES else self._failed[0][0]
            raise PlaygroundError("classroom.too_often", seconds=max(1, round(first - since)))

    def failed(self, address: str) -> None:
        with self._lock:
            self._failed.append((time.monotonic(), address))


_attempts = _Attempts()
