"""The sessions that follow a result while it is computed.

A result that a page had computed unasked, by being looked at, is stopped when its last viewer
leaves. A viewer whose browser was closed says nothing, so each one counts for some seconds only.
"""

from __future__ import annotations

import time
from threading import Lock
from uuid import uuid4

import streamlit as st

_RECENT = 15.0  # seconds; pages that follow a result note it every 3 seconds or more often
_lock = Lock()
_seen: dict[str, dict[str, float]] = {}  # by result, by session: when it was last followed
_unasked: set[str] = set()  # results that nobody asked for by a button


def note_viewer(lab_id: str, *, unasked: bool = False) -> None:
    """Note that this session follows the result.

    Args:
        unasked: its computation began because a page showed it.
    """
    now = time.monotonic()
    with _lock:
        for other, sessions in list(_seen.items()):
            if all(now - last > _RECENT for last in sessions.values()):
                del _seen[other]
        _seen.setdefault(lab_id, {})[_session()] = now
        if unasked:
            _unasked.add(lab_id)


def leave(lab_id: str) -> bool:
    """Forget that this session follows the result; return True if it may be stopped now."""
    now = time.monotonic()
    with _lock:
        sessions = _seen.get(lab_id, {})
        sessions.pop(_session(), None)
        watched = any(now - last <= _RECENT for last in sessions.values())
        if watched or lab_id not in _unasked:
            return False
        _unasked.discard(lab_id)
        return True


def _session() -> str:
    session: str = st.session_state.setdefault("viewer", uuid4().hex)
    return session
