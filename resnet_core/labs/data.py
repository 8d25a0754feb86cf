"""Image sets of laboratories that train networks of their own. No torch."""

from __future__ import annotations

from typing import Literal

Data = Literal["cifar10-sample", "shapes"]
PHOTOGRAPHS: Data = "cifar10-sample"
