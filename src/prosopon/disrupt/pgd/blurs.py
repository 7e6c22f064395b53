"""Blurs that a picture may go through before the net, and which of them a step of the attack looks through.

A blur before the net is a cheap defence against disruption. An attack that knows it takes gradients through it
(`white`); one that does not goes through several, one a step (`spread`, the spread-spectrum attack of Ruiz et al.,
arXiv 2003.01279) or all of them in every step (`eot`, expectation over transformation, Athalye et al.,
arXiv 1707.07397).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.models.image_losses.items import exactly

BlurMode = Literal["white", "spread", "eot"]
Schedule = Literal["as_released", "intended"]
"""Blurs in turn: the eight that the published program uses, which leaves out the average of 3; or all nine meant."""


@dataclass(frozen=True)
class Blur:
    """A square blur.

    Raises:
        UsageError: the kernel is even or empty, or the Gaussian has no width.
    """

    kernel_px: int
    """Side of the kernel, odd."""
    sigma_px: float | None = None
    """Standard deviation of a Gaussian; None: a plain average."""

    def __post_init__(self) -> None:
        if self.kernel_px < 1 or self.kernel_px % 2 == 0:
            raise UsageError(f"a blur of {self.kernel_px} pixels has no middle", "use an odd number of pixels")
        if self.sigma_px is not None and not self.sigma_px > 0:
            raise UsageError(f"a Gaussian of standard deviation {self.sigma_px} blurs nothing", "use one above 0")

    def line(self) -> Tensor:
        """Weights along one side, float64 `(kernel_px,)`, summing to 1; the kernel is their outer product."""
        if self.sigma_px is None:
            return torch.full((self.kernel_px,), 1 / self.kernel_px, dtype=torch.float64)
        reach = self.kernel_px // 2
        at = torch.arange(-reach, reach + 1, dtype=torch.float64)
        weights = torch.exp(-(at**2) / (2 * self.sigma_px**2))
        return weights / weights.sum()

    def __call__(self, images: Tensor) -> Tensor:
        """Pictures `(B, C, H, W)` blurred, each channel by itself; beyond the edge is 0, the middle grey of [-1, 1]."""
        # In bf16 a perturbation of a few grey levels would drown in rounding before it reaches the net.
        with exactly(images):
            channels, reach = images.shape[1], self.kernel_px // 2
            across = self.line().to(images).view(1, 1, 1, -1).expand(channels, 1, 1, -1)
            wide = F.conv2d(images, across, padding=(0, reach), groups=channels)
            return F.conv2d(wide, across.transpose(-1, -2), padding=(reach, 0), groups=channels)


WHITE = Blur(11, 1.5)
"""The blur that `white` knows: the published defence."""
_GAUSSIANS = tuple(Blur(11, sigma) for sigma in (1.0, 1.5, 2.0, 2.5, 3.0))
_AVERAGES = tuple(Blur(kernel) for kernel in (3, 5, 7, 9))
_CYCLES: dict[Schedule, tuple[Blur, ...]] = {
    # The published counter moves on in the step in which it turns to averages, which skips the first of them.
    "as_released": (*_GAUSSIANS, *_AVERAGES[1:]),
    "intended": (*_GAUSSIANS, *_AVERAGES),
}
_N_EXPECTED = 9
"""Blurs in each step of `eot`. Of the released eight, a step sees one twice, and the next step starts one later."""


def blurs_at(iteration: int, mode: BlurMode | None, schedule: Schedule) -> tuple[Blur | None, ...]:
    """What step `iteration` (from 0) of the attack looks through, in order; None is the picture as it is."""
    if mode is None:
        return (None,)
    if mode == "white":
        return (WHITE,)
    cycle = _CYCLES[schedule]
    if mode == "spread":
        return (cycle[iteration % len(cycle)],)
    return tuple(cycle[(iteration * _N_EXPECTED + n) % len(cycle)] for n in range(_N_EXPECTED))
