from __future__ import annotations

from tests.children import children
from tests.small_runs import small_data
from tests.tiny_laboratory import looking, tiny

__all__ = ["children", "looking", "small_data", "tiny"]
