"""How hard learning is made: first nothing happens to pictures, then more and more, then marks must become fainter."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Lessons:
    """When it becomes harder.

    The loss is binary cross-entropy of the bits plus `weight` times the mean squared change of values in [0, 1].
    """

    begin_at: float = 0.95
    """Share of bits that are read right, where nothing happens to pictures, before something does."""
    hold: float = 0.93
    """Share of bits that are read right, after what happens to pictures, above which marks become fainter."""
    harder: float = 0.01
    """Added to the level of what happens to pictures in each step, until it is 1."""
    weight: float = 1.0
    """Of the change, at first."""
    fainter: float = 1.012
    """What the weight is multiplied by in each step after that; divided by, where too few bits are read."""
    psnr_db: float = 42.5
    """How faint marks become at most."""
    memory: float = 0.96
    """How slowly the running shares of bits forget."""


class Curriculum(nn.Module):
    """Where learning is; without parameters, but kept with the state of a run, as it follows from all that was before.

    Args:
        lessons: when it becomes harder.
    """

    level: Tensor
    weight: Tensor
    share: Tensor
    psnr: Tensor

    def __init__(self, lessons: Lessons | None = None) -> None:
        super().__init__()
        self.lessons = lessons or Lessons()
        self.register_buffer("level", torch.zeros(()))
        self.register_buffer("weight", torch.tensor(self.lessons.weight))
        self.register_buffer("share", torch.full((), 0.5))
        self.register_buffer("psnr", torch.zeros(()))

    @torch.no_grad()
    def learn_from(self, share: float, psnr: float) -> None:
        """Take in a step's share of bits that were read right, and its PSNR in dB."""
        lessons, level = self.lessons, float(self.level)
        self.share.lerp_(torch.tensor(float(share)), 1 - lessons.memory)
        self.psnr.lerp_(torch.tensor(float(psnr)), 1 - lessons.memory)
        good = float(self.share)
        if level < 1:
            if good > (lessons.begin_at if level == 0 else lessons.hold):
                self.level.fill_(min(1.0, level + lessons.harder))
        elif good > lessons.hold and float(self.psnr) < lessons.psnr_db:
            self.weight.mul_(lessons.fainter)
        elif good < lessons.hold - 0.02:
            self.weight.div_(lessons.fainter).clamp_(min=lessons.weight)
