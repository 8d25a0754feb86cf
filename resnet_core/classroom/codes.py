"""Codes that students type, and signed tokens that their browsers keep."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Literal

from resnet_core.errors import PlaygroundError
from resnet_core.system import home

# Without letters and digits that look alike on a projector: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
LENGTH = 6

Role = Literal["teacher", "member"]
_TOKEN = re.compile(r"(teacher|member)\.([A-Za-z0-9]{1,40})\.([A-Za-z0-9_-]{43})", re.ASCII)


def new_code() -> str:
    """Return a random code: one of 148 million."""
    return "".join(ALPHABET[secrets.randbelow(len(ALPHABET))] for _ in range(LENGTH))


def normalised(typed: str) -> str:
    """Return the code that was typed, in small letters or with spaces; "" if it cannot be one."""
    code = re.sub(r"[\s-]", "", typed).upper()
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def token(role: Role, subject: str) -> str:
    """Return a text that shows that this server gave `subject` the role.

    Args:
        subject: a class's code for its teacher, or a member's id.

    Raises:
        PlaygroundError: the home folder cannot be written to.
    """
    return f"{role}.{subject}.{_signature(f'{role}.{subject}')}"


def subject(role: Role, given: str) -> str:
    """Return whom a token was made for; "" if it was not made here or for another role.

    Raises:
        PlaygroundError: the home folder cannot be read.
    """
    match = _TOKEN.fullmatch(given)
    if match is None or match[1] != role:
        return ""
    right = hmac.compare_digest(_signature(f"{match[1]}.{match[2]}"), match[3])
    return match[2] if right else ""


def _signature(text: str) -> str:
    digest = hmac.new(_key(home.home() / "class.key"), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@lru_cache(maxsize=8)
def _key(path: Path) -> bytes:
    """Return the home folder's key, made once; readable by its owner alone."""
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_bytes()
            if len(key) >= 32:
                return key
            path.unlink()  # cut off by a full disk
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            key = secrets.token_bytes(32)
            file.write(key)
        return key
    except OSError as error:
        raise PlaygroundError("classroom.unusable", path=path, reason=error) from error
