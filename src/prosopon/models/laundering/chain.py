"""Several launderings one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.models.laundering.laundering import Laundering, drawn
from prosopon.models.laundering.resample import really_resampled, resampled


@dataclass(frozen=True)
class Chain:
    """One after the other; without parts, nothing happens.

    The real one rounds to 8 bits after each part, this one only where a part does.
    """

    parts: tuple[Laundering, ...]
    """From the first to the last."""
    back: bool = False
    """At the end enlarge to the size that came in, as who takes the picture up would."""

    def drawn(self, generator: torch.Generator) -> Chain:
        """Each part with chance in it drawn anew."""
        return replace(self, parts=tuple(drawn(part, generator) for part in self.parts))

    def __call__(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)` in [0, 1]."""
        height, width = images.shape[-2:]
        for part in self.parts:
            images = part(images)
        return resampled(images, height, width) if self.back else images

    def real(self, picture: Frame) -> Frame:
        """Each part's real operation."""
        height, width = picture.shape[:2]
        picture = picture.copy()
        for part in self.parts:
            picture = part.real(picture)
        return really_resampled(picture, height, width) if self.back else picture
