"""Keeps fp16's gradients within what fp16 can hold."""

from __future__ import annotations

import math
from typing import Any

_FIRST = 2.0**16
_UPDATES_TO_DOUBLE = 2000


class LossScale:
    """A factor on the loss, found as training goes on (Micikevicius et al. 2018, section 3.2).

    Small gradients would become 0 in fp16, so the loss is multiplied before the backward
    pass and the gradient divided after it. The factor is halved when a gradient overflows,
    whose update is left out, and doubled after 2000 updates without that. In the other
    precisions it is 1 and stays so.
    """

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self.factor = _FIRST if enabled else 1.0
        self._since_change = 0

    def accepts(self, gradient_norm: float) -> bool:
        """Whether there is to be an update with a gradient of this norm."""
        finite = math.isfinite(gradient_norm)
        if self._enabled:
            self._adapt(finite)
        return finite

    def _adapt(self, finite: bool) -> None:
        self._since_change += 1
        if not finite:
            self.factor, self._since_change = self.factor / 2, 0
        elif self._since_change == _UPDATES_TO_DOUBLE:
            self.factor, self._since_change = self.factor * 2, 0

    @property
    def exhausted(self) -> bool:
        """Whether a smaller factor cannot mend a gradient that is not finite."""
        return not self._enabled or self.factor < 1

    def state(self) -> dict[str, Any]:
        """For `restore`, in a later process."""
        return {"factor": self.factor, "since_change": self._since_change}

    def restore(self, state: dict[str, Any]) -> None:
        if self._enabled:
            self.factor, self._since_change = state["factor"], state["since_change"]
