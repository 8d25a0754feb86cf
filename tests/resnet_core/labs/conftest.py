from __future__ import annotations

from tests.small_runs import small_data
from tests.tiny_laboratory import looking, tiny

__all__ = ["looking", "small_data", "tiny"]
