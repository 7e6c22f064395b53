"""`Laundering`: what happens to a picture on its way through the world, once with gradients and once for real.

A perturbation that protects a picture has to outlive what messengers, web sites and screens do to it. Each laundering
is a small frozen dataclass: called with a tensor it is differentiable, so that an attack can aim through it (Athalye et
al. 2018, arXiv 1707.07397); `real` does the same to a picture of 8 bits with Pillow, so that survival is measured on
the real thing and never on its stand-in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from prosopon.core.clip import Frame


class Laundering(Protocol):
    """What happens to a picture; the same every time."""

    def __call__(self, images: Tensor, /) -> Tensor:
        """With gradients: `(B, 3, H, W)` in [0, 1] -> `(B, 3, h, w)` in [0, 1]."""
        ...

    def real(self, picture: Frame, /) -> Frame:
        """The real operation: `uint8 (H, W, 3)` -> a new `uint8 (h, w, 3)`."""
        ...


@runtime_checkable
class Random(Protocol):
    """A laundering that is one of many, as noise is."""

    def drawn(self, generator: torch.Generator) -> Laundering:
        """Another one of them, drawn from a generator on the CPU."""
        ...


def drawn(laundering: Laundering, generator: torch.Generator) -> Laundering:
    """Another of the same kind where a laundering has chance in it, else the laundering itself."""
    return laundering.drawn(generator) if isinstance(laundering, Random) else laundering


def symmetric(laundering: Laundering) -> Callable[[Tensor], Tensor]:
    """A laundering as nets with pictures in [-1, 1] need it."""

    def through(images: Tensor) -> Tensor:
        return laundering((images + 1) / 2) * 2 - 1

    return through
