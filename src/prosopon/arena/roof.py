"""What this machine can do at most: a large matrix product, against which a net's speed is to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from statistics import median

import torch

from prosopon.arena.timing import seconds_of

_SIDE = 2048


@dataclass(frozen=True)
class Roof:
    """Speed of a 2048 x 2048 x 2048 matrix product, in units of 10^9 operations a second (a product and a sum are two).

    Attributes:
        fp32_gflops: in float32.
        bf16_gflops: in bfloat16, which machines without units for it emulate slowly.
    """

    fp32_gflops: float
    bf16_gflops: float


def measure_roof(device: torch.device, *, rounds: int = 5) -> Roof:
    """Median of some rounds, the two types in turn; one round more warms up."""
    operands = {
        dtype: [torch.randn(_SIDE, _SIDE, device=device).to(dtype) for _ in range(2)]
        for dtype in (torch.float32, torch.bfloat16)
    }
    taken: dict[torch.dtype, list[float]] = {dtype: [] for dtype in operands}
    for round_ in range(rounds + 1):
        for dtype, (left, right) in operands.items():
            seconds = seconds_of(partial(torch.mm, left, right), device)
            if round_:
                taken[dtype].append(seconds)
    speed = {dtype: 2 * _SIDE**3 / median(times) / 1e9 for dtype, times in taken.items()}
    return Roof(speed[torch.float32], speed[torch.bfloat16])
