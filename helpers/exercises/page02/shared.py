"""What the exercises of page 02 share."""

from __future__ import annotations

from torch import Tensor


def _error(weight: float, x: Tensor, y: Tensor) -> Tensor:
    return weight * x - y
