"""Which picture an order means: "test:12" or "own:" and the id of a picture of one's own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

TEST, OWN = "test:", "own:"
PictureName = Annotated[str, StringConstraints(pattern=r"^(test:\d{1,6}|own:[0-9a-f]{32})$")]
SAID = (
    "The picture: test:12 is the test image at place 12, counted from 0; own:ID one that was "
    "uploaded."
)
FIRST = f"{TEST}5"


def of_test(place: int) -> str:
    """The test image at this place."""
    return f"{TEST}{place}"


def of_own(picture_id: str) -> str:
    return f"{OWN}{picture_id}"


def place(name: str) -> int | None:
    """The test image's place, or None for a picture of one's own."""
    return int(name.removeprefix(TEST)) if name.startswith(TEST) else None


def own_id(name: str) -> str:
    return name.removeprefix(OWN)


def field() -> PictureName:
    """The settings' field."""
    said: PictureName = Field(FIRST, description=SAID)
    return said
