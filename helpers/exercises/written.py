"""Values as a learner would write them down: short, rounded, whole where they are small."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

MOST_NUMBERS = 24  # of a tensor that is written out in full


def written(value: object) -> str:
    """A value as code: numbers with four decimals at most, a small tensor in full, a large one by its shape.

    Example:
        >>> written((torch.tensor([[0.123456, 1.0]]), 2 / 3))
        '([[0.1235, 1.0]], 0.6667)'
    """
    if isinstance(value, Tensor):
        value = value.detach()
        if value.numel() <= MOST_NUMBERS:
            return written(value.tolist())
        first = ", ".join(written(number) for number in value.flatten()[:3].tolist())
        return f"numbers of shape {tuple(value.shape)}: {first}, ..."
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float):
        return str(round(value, 4)) if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.4g}"
    if isinstance(value, tuple | list):
        opening, closing = "()" if isinstance(value, tuple) else "[]"
        parts = [written(part) for part in value[:MOST_NUMBERS]] + ["..."] * (len(value) > MOST_NUMBERS)
        return opening + ", ".join(parts) + ("," if isinstance(value, tuple) and len(value) == 1 else "") + closing
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_shape_or_value(part)}" for key, part in value.items()) + "}"
    if isinstance(value, nn.Module):
        return f"a model ({type(value).__name__})"
    if hasattr(value, "__array__"):
        return written(torch.as_tensor(value))
    text = repr(value)
    return text if len(text) <= 80 and " at 0x" not in text else f"a `{type(value).__name__}`"


def _shape_or_value(value: object) -> str:
    return f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else written(value)


def table(rows: Mapping[str, object]) -> str:
    """Names and values under each other, aligned."""
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {written(value)}" for name, value in rows.items())
