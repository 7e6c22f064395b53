"""`Schedule`: AdamW with a learning rate that rises to its largest and then falls along a cosine."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler


@dataclass(frozen=True)
class Schedule:
    """How fast nets learn (Loshchilov and Hutter, arXiv 1711.05101 and 1608.03983; without restarts)."""

    peak: float = 2e-3
    """Largest learning rate."""
    warm_up: int = 150
    """Steps until it is reached."""
    horizon: int = 6000
    """Steps until it has fallen, along a cosine, to a hundredth."""
    weight_decay: float = 1e-3

    def share(self, step: int) -> float:
        """The learning rate in a step as a share of the largest."""
        if step < self.warm_up:
            return (step + 1) / self.warm_up
        done = min(1.0, (step - self.warm_up) / max(1, self.horizon - self.warm_up))
        return 0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * done))

    def optimiser(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """What makes the steps, for `train.recipe.Phase`."""
        return AdamW(parameters, lr=self.peak, weight_decay=self.weight_decay)

    def falling(self, optimiser: Optimizer) -> LRScheduler:
        """What sets its learning rate, for `train.recipe.Phase`."""
        return LambdaLR(optimiser, self.share)
