"""Skin of one picture brought to the colour of another's, in Lab: means and spreads, no more (Reinhard et al. 2001)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.color import lab2rgb, rgb2lab

from prosopon.core.clip import Frame

_LEAST_PIXELS = 50
_STRETCH = (0.7, 1.4)
"""How far contrasts may change: a shadow across half a face is not to be carried over."""


@dataclass(frozen=True)
class SkinTone:
    """Colour of skin: mean and spread in CIE Lab, each `(3,)`."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8]) -> SkinTone | None:
        """Of pixels `uint8 (N, 3)`; None where there are too few."""
        if len(pixels) < _LEAST_PIXELS:
            return None
        lab = rgb2lab(pixels[None].astype(np.float64) / 255)[0]
        return cls(lab.mean(0), lab.std(0))

    @classmethod
    def mean_of(cls, tones: list[SkinTone]) -> SkinTone:
        """Of several, the mean; there is one at least."""
        return cls(np.mean([one.mean for one in tones], 0), np.mean([one.spread for one in tones], 0))


def recoloured(picture: Frame, of: SkinTone, to: SkinTone) -> Frame:
    """A picture `uint8 (H, W, 3)` changed as a whole, such that skin of one tone becomes that of another."""
    stretch = np.clip(to.spread / np.maximum(of.spread, 1e-3), *_STRETCH)
    # Colours keep their spread: reddened cheeks are the person's, contrast is the light's.
    stretch[1:] = 1.0
    lab = rgb2lab(picture.astype(np.float64) / 255)
    lab = (lab - of.mean) * stretch + to.mean
    changed: Frame = np.clip(np.round(lab2rgb(lab) * 255), 0, 255).astype(np.uint8)
    return changed
