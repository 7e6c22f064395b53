"""How much of something can be kept: a bisection for many things at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def largest_share(holds: Callable[[Tensor], Tensor], start: Tensor, steps: int) -> Tensor:
    """A share in [0, 1] for each item with which a condition holds, and just above which it does not.

    Nothing need be monotone: what comes back is 0, or has been tried and held.

    Args:
        holds: shares, shaped like `start` -> bool of that shape, each item for itself; taken to hold at 0.
        start: any floats of the items' shape; not looked at.
        steps: halvings; the share is off by at most 2^-steps.
    """
    high = torch.ones_like(start)
    whole = holds(high)
    low = whole.to(start.dtype)
    if bool(whole.all()):
        return low
    for _ in range(steps):
        middle = (low + high) / 2
        good = holds(middle)
        low, high = torch.where(good, middle, low), torch.where(good, high, middle)
    return low
