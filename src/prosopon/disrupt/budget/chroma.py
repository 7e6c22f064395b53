"""Changes of colour rather than of brightness: eyes see fine noise of colour much less.

The idea of Anti-Forgery (Wang et al. 2022, arXiv 2206.00477), which changes a and b of CIE Lab alone; here it is a
projection, so that any attack can use it. JPEG halves the resolution of colour, so fine changes of it suffer more
there: attack through one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from prosopon.disrupt.budget.bisection import largest_share
from prosopon.disrupt.budget.lab import lab_of, rgb_of
from prosopon.disrupt.budget.projection import require_limit

_STEPS = 8
"""Halvings of a change that leaves the colours of a screen."""
_TOLERANCE = 0.01
"""In units of Lab: a fortieth of a grey level, far above what float32 loses on the way there and back."""


@dataclass(frozen=True, eq=False)
class Chroma:
    """Limits on the change of lightness and of colour at each pixel, in CIE Lab, where 2.3 is just noticeable.

    Limits hold to within 0.01. Saving with 8 bits moves lightness by up to about half a grey level.
    """

    lightness: float | Tensor
    """Largest change of L, up or down; a tensor broadcasts to `(B, 1, H, W)`."""
    colour: float | Tensor
    """Largest distance of a and b from where they were; likewise."""

    def __post_init__(self) -> None:
        require_limit(self.lightness, "the largest change of lightness")
        require_limit(self.colour, "the largest change of colour")

    @torch.no_grad()
    def project(self, images: Tensor, candidate: Tensor) -> Tensor:
        """See `Budget`."""
        before = lab_of(images)
        candidate = candidate.clamp(0, 1)
        change = lab_of(candidate) - before
        lightness, colour = self._limits(images)
        distance = torch.linalg.vector_norm(change[:, 1:], dim=1, keepdim=True)
        nearer = (colour / distance.clamp_min(torch.finfo(distance.dtype).tiny)).clamp_max(1)
        kept = torch.cat((change[:, :1].clamp(-lightness, lightness), change[:, 1:] * nearer), 1)
        # Clipping to what a screen shows can change lightness: such pixels go back towards the picture.
        moved = rgb_of(before + kept).clamp(0, 1) - images

        def holds(share: Tensor) -> Tensor:
            return self._allowed(lab_of(images + share * moved) - before)

        share = largest_share(holds, images[:, :1], _STEPS)
        return torch.where(self._allowed(change), candidate, (images + share * moved).clamp(0, 1))

    def _limits(self, like: Tensor) -> tuple[Tensor, Tensor]:
        lightness, colour = (torch.as_tensor(limit).to(like) for limit in (self.lightness, self.colour))
        return lightness, colour

    def _allowed(self, change: Tensor) -> Tensor:
        """`(B, 1, H, W)` bool for changes in Lab."""
        lightness, colour = self._limits(change)
        distance = torch.linalg.vector_norm(change[:, 1:], dim=1, keepdim=True)
        allowed: Tensor = (change[:, :1].abs() <= lightness + _TOLERANCE) & (distance <= colour + _TOLERANCE)
        return allowed
