"""Answers of the read-only routes, built and zipped once for all browsers, and the files served.

The files are those that browsers load beside Streamlit's own: plotly.js and components' modules.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Generic, TypeVar

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response

PREFIX = "/playground-api"
_WIDGETS = Path(__file__).resolve().parents[1] / "widgets"
# Served side by side under one address, so no two modules may have the same name.
_FOLDERS = tuple(
    _WIDGETS / name
    for name in ("live_charts", "laboratory", "playground", "lesson", "frame", "classroom")
)

_GZIP_FROM = 1000  # bytes
_GZIP_LEVEL = 5

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def base_path() -> str:
    """Return what `server.baseUrlPath` puts before every path, such as "/resnet"; "" by default."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def routes_path() -> str:
    """Return the path that the addresses of all routes begin with."""
    return base_path() + PREFIX


@dataclass(frozen=True)
class Answer:
    """A body, plain and zipped, and the tag by which a browser knows that it has it already."""

    etag: str
    body: bytes
    zipped: bytes | None

    @classmethod
    def of_bytes(cls, body: bytes) -> Answer:
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        return cls(etag, body, gzip.compress(body, _GZIP_LEVEL) if len(body) > _GZIP_FROM else None)

    @classmethod
    def of_json(cls, fields: Mapping[str, Any]) -> Answer:
        """Raises ValueError for a number that JSON lacks, such as infinity."""
        text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return cls.of_bytes(text.encode())

    def response(self, request: Request, media_type: str, cache_control: str) -> Response:
        """Return the body, or 304 without one where the browser has it.

        Zipped here and not by Streamlit's GZipMiddleware, which zips for every browser again.
        """
        headers = {"ETag": self.etag, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
        etags = request.headers.get("if-none-match", "")
        if self.etag in [tag.strip().removeprefix("W/") for tag in etags.split(",")]:
            return Response(status_code=304, headers=headers)
        body = self.body
        if self.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = self.zipped, "gzip"
        return Response(body, media_type=media_type, headers=headers)


class LruCache(Generic[Key, Value]):
    """The values that were used last; not safe from many threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def put(self, key: Key, value: Value) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)


class AnswerCache(Generic[Key]):
    """Answers by request, each built once for a version of its data; safe from many threads."""

    def __init__(self, size: int) -> None:
        self._answers: LruCache[Key, tuple[Any, Answer]] = LruCache(size)
        self._guard = threading.Lock()

    def get(self, key: Key, version: Any, fields: Callable[[], Mapping[str, Any]]) -> Answer:
        """Return the answer with this version of the data, built where it is not cached.

        Args:
            version: compared with the cached answer's.
            fields: of the answer's JSON.
        """
        with self._guard:
            cached = self._answers.get(key)
            if cached is None or cached[0] != version:
                cached = (version, Answer.of_json(fields()))
                self._answers.put(key, cached)
            return cached[1]


def static_names() -> frozenset[str]:
    return frozenset({"plotly.min.js", *_modules()})


@lru_cache(maxsize=1)
def static_version() -> str:
    """Return the hash of all files: modules import each other by relative paths."""
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(static_names()):
        digest.update(static_content(name))
    return digest.hexdigest()


def static_content(name: str) -> bytes:
    """Return a file's bytes; plotly.js is the one of the installed plotly package."""
    if name == "plotly.min.js":
        return (files("plotly") / "package_data" / name).read_bytes()
    return _modules()[name].read_bytes()


def _modules() -> dict[str, Path]:
    return {path.name: path for folder in _FOLDERS for path in folder.glob("*.mjs")}
