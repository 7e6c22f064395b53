"""Pairs of pictures to measure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor


@pytest.fixture
def pictures() -> Callable[..., tuple[Tensor, Tensor]]:
    """Makes noise and noisier noise: `(n, 3, height, width)` in [0, 1], what was made and what should have been."""

    def make(height: int = 52, width: int = 60, n: int = 3) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(0)
        target = torch.rand(n, 3, height, width, generator=generator)
        return (target + 0.2 * torch.randn(target.shape, generator=generator)).clamp(0, 1), target

    return make
