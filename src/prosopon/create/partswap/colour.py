"""Skin of one picture brought to the colour of another's: its mean in CIE Lab, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from skimage.color import lab2rgb, rgb2lab

from prosopon.core.clip import Frame

_LEAST_PIXELS = 50
_MOST_PIXELS = 4000
_LEAST_BEND, _MOST_BEND, _LEAST_GAIN = 0.4, 1.5, 0.35
"""How far lightness may change: what is nearly black has no contrast left to show, and skin that is nearly white would
get too much."""
_LIKE_SKIN = 25.0
"""How far a colour may be from the skin's to be changed like it, in Lab."""


@dataclass(frozen=True)
class SkinTone:
    """Colour of skin: some of its pixels in CIE Lab, `(N, 3)`."""

    lab: NDArray[np.float64]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8]) -> SkinTone | None:
        """Of pixels `uint8 (N, 3)`; None where there are too few."""
        if len(pixels) < _LEAST_PIXELS:
            return None
        some = pixels[:: -(-len(pixels) // _MOST_PIXELS)]
        return cls(rgb2lab(some[None].astype(np.float64) / 255)[0])

    @classmethod
    def joined(cls, tones: Sequence[SkinTone]) -> SkinTone:
        """Of several, all pixels; there is one tone at least."""
        return cls(np.concatenate([one.lab for one in tones]))

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean colour in Lab, `(3,)`."""
        mean: NDArray[np.float64] = self.lab.mean(0)
        return mean


def recoloured(picture: Frame, of: SkinTone, to: SkinTone) -> Frame:
    """A picture `uint8 (H, W, 3)` changed as a whole, such that skin of one tone has the mean colour of another.

    Lightness runs along a curve that leaves black and white where they are, so that eyes and nostrils keep their
    contrast; what shall be much darker is dimmed besides, as by less light. Hue moves the less, the less a colour is
    like the skin's, so that whites of eyes and shirts stay white.
    """
    lab = rgb2lab(picture.astype(np.float64) / 255)
    bend, gain = _curve(of.lab[:, 0], float(to.mean[0]))
    lab[..., 0] = gain * _bent(lab[..., 0], bend)
    hue = of.mean[1:]
    shift = (to.mean[1:] - hue) / _like(of.lab[:, 1:], hue).mean()
    lab[..., 1:] += _like(lab[..., 1:], hue) * shift
    changed: Frame = np.clip(np.round(lab2rgb(lab) * 255), 0, 255).astype(np.uint8)
    return changed


def _bent(lightness: NDArray[np.float64], bend: float) -> NDArray[np.float64]:
    curve: NDArray[np.float64] = 100 * np.clip(lightness / 100, 0, 1) ** bend
    return curve


def _curve(lightness: NDArray[np.float64], wanted: float) -> tuple[float, float]:
    """The bend, and the gain after it, that bring the mean of some lightnesses to a wanted one, as far as allowed."""

    def missing(bend: float) -> float:
        return float(_bent(lightness, bend).mean()) - wanted

    if missing(_LEAST_BEND) <= 0:
        return _LEAST_BEND, 1.0
    if missing(_MOST_BEND) < 0:
        return float(brentq(missing, _LEAST_BEND, _MOST_BEND)), 1.0
    gain = wanted / max(float(_bent(lightness, _MOST_BEND).mean()), 1e-3)
    return _MOST_BEND, max(gain, _LEAST_GAIN)


def _like(colours: NDArray[np.float64], hue: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far colours `(..., 2)` are like the skin's, `(..., 1)`, 0 to 1."""
    apart = np.linalg.norm(colours - hue, axis=-1, keepdims=True)
    like: NDArray[np.float64] = np.exp(-((apart / _LIKE_SKIN) ** 2))
    return like
