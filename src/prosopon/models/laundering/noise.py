"""Grain: Gaussian noise of its own in every value."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.models.tensors import to_frames, to_tensor

_SEEDS = 2**62


@dataclass(frozen=True)
class Noise:
    """White Gaussian noise, the same for the same seed and shape on every device; `real` only rounds what it gives."""

    sigma: float = 4 / 255
    """Standard deviation, for pictures in [0, 1]."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.sigma < math.inf:
            raise UsageError(f"there is no noise of {self.sigma}", "use 0 or more")

    def drawn(self, generator: torch.Generator) -> Noise:
        """As strong, of another seed."""
        return replace(self, seed=int(torch.randint(_SEEDS, (), generator=generator)))

    def __call__(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)`, clipped to [0, 1]."""
        grain = torch.randn(images.shape, generator=torch.Generator().manual_seed(self.seed))
        return (images + self.sigma * grain.to(images)).clamp(0, 1)

    def real(self, picture: Frame) -> Frame:
        """The same grain, rounded to 8 bits."""
        return np.asarray(to_frames(self(to_tensor(picture)))[0])
