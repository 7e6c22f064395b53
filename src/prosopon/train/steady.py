"""`SteadyRate`: a learning rate that rises to its largest and stays there, or swings between it and nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler


@dataclass(frozen=True)
class SteadyRate:
    """For training without an end that is known, as face swaps are trained."""

    warm_up: int = 0
    """Steps until the largest rate is reached."""
    period: int | None = None
    """Steps of a swing along a cosine from the largest rate to nothing and back; DeepFaceLab has 500 along with
    learning rate dropout."""

    def share(self, step: int) -> float:
        """The learning rate in a step, from 0, as a share of the largest."""
        rise = min(1.0, (step + 1) / self.warm_up) if self.warm_up > 0 else 1.0
        # DeepFaceLab counts its first step as 1.
        swing = 1.0 if self.period is None else (math.cos(2 * math.pi * (step + 1) / self.period) + 1) / 2
        return rise * swing

    def following(self, optimiser: Optimizer) -> LRScheduler:
        """What sets an optimiser's learning rate, for `train.recipe.Phase`."""
        return LambdaLR(optimiser, self.share)
