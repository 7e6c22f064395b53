"""Expectation over transformation (Athalye et al. 2018, arXiv 1707.07397): what holds under many launderings.

Either one laundering is drawn for each step, which costs as much as none, or each step takes the mean over all of
them, which costs as many times more as there are but trembles less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.models.laundering.laundering import Laundering, drawn


@dataclass(frozen=True)
class Expectation:
    """Launderings of which each is as likely as any other; name one twice to have it twice as often."""

    launderings: tuple[Laundering, ...]

    def __post_init__(self) -> None:
        if not self.launderings:
            raise UsageError("there is no mean over no launderings", "give one or more")

    def draw(self, generator: torch.Generator) -> Laundering:
        """One of them; where it has chance in it, such as the place of a crop, that is drawn too."""
        index = int(torch.randint(len(self.launderings), (), generator=generator))
        return drawn(self.launderings[index], generator)

    def draws(self, seed: int) -> Iterator[Laundering]:
        """One for every step, without end; the same ones for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        while True:
            yield self.draw(generator)

    def mean(self, measure: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        """The mean of a measure over all of them.

        Args:
            measure: pictures -> a tensor, of the same shape whatever size the pictures come in.
            images: `(B, 3, H, W)` in [0, 1].
        """
        return torch.stack([measure(laundering(images)) for laundering in self.launderings]).mean(0)

    def gradient(self, measure: Callable[[Tensor], Tensor], images: Tensor) -> tuple[Tensor, Tensor]:
        """The mean of a measure and its gradient, with the memory of one laundering instead of all.

        Args:
            measure: pictures -> a scalar.
            images: `(B, 3, H, W)` in [0, 1].

        Returns:
            The scalar, and `(B, 3, H, W)`.
        """
        at = images.detach().requires_grad_()
        total, slope = at.new_zeros(()), torch.zeros_like(at)
        with torch.enable_grad():
            for laundering in self.launderings:
                value = measure(laundering(at))
                slope += torch.autograd.grad(value, at)[0]
                total += value.detach()
        n = len(self.launderings)
        return total / n, slope / n
