"""When the error has stopped falling (section 3.4)."""

from __future__ import annotations

import math
from typing import Any


class Plateau:
    """Counts evaluations without a new least error; so many in a row are a plateau.

    Attributes:
        drops: plateaus so far. After each the count begins anew; the least error stays.
    """

    def __init__(self, evaluations: int) -> None:
        self._evaluations = evaluations
        self._least = math.inf
        self._since = 0
        self.drops = 0

    def evaluated(self, error: float) -> None:
        """Take note of an evaluation: percent wrong."""
        if error < self._least:
            self._least, self._since = error, 0
            return
        self._since += 1
        if self._since == self._evaluations:
            self.drops, self._since = self.drops + 1, 0

    def state(self) -> dict[str, Any]:
        """For `restore`, in a later process."""
        return {"least": self._least, "since": self._since, "drops": self.drops}

    def restore(self, state: dict[str, Any]) -> None:
        self._least, self._since, self.drops = state["least"], state["since"], state["drops"]
