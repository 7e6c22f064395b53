"""Three measures of how much structure a picture has, and loses by a light blur: SSIM, VIF and HLFI."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

Plane = NDArray[np.float64]

_PEAK = 255.0
_SCALES = 4
_NOISE = 2.0
"""Variance of the noise that VIF supposes in the eye."""
_TINY = 1e-10
_LOW = 0.15
"""The share of the spectrum's width and height that counts as low."""


def ssim(picture: Plane, copy: Plane) -> float:
    """Structural similarity (Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004), -1 to 1, mean over whole windows.

    (2 m n + c1)(2 s + c2) / ((m^2 + n^2 + c1)(v + w + c2)) with means m and n, variances v and w and covariance s under
    a Gaussian of 11 x 11 pixels and sigma 1.5, c1 = (0.01 x 255)^2, c2 = (0.03 x 255)^2. A program that is about puts
    m^2 into w; its values are others.

    Args:
        picture, copy: `(H, W)` in 0 to 255, 11 pixels or more a side.
    """
    window = _gaussian(11, 1.5)
    m, n, v, w, s = _moments(picture, copy, window)
    c1, c2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2
    alike = (2 * m * n + c1) * (2 * s + c2) / ((m**2 + n**2 + c1) * (v + w + c2))
    return float(alike.mean())


def vif(picture: Plane, copy: Plane) -> float:
    """Visual information fidelity of pixels (Sheikh, Bovik, IEEE TIP 2006), 1 for two equal pictures.

    sum log10(1 + g^2 v / (u + 2)) / sum log10(1 + v / 2) over four scales, g = s / v the gain from the picture to the
    copy, u = w - g s what that leaves; windows of 17, 9, 5 and 3 pixels with sigmas of a fifth of that.

    Args:
        picture, copy: `(H, W)` in 0 to 255, 48 pixels or more a side.
    """
    kept = whole = 0.0
    for scale in range(_SCALES):
        size = 2 ** (_SCALES - scale) + 1
        window = _gaussian(size, size / 5)
        if scale:
            picture, copy = (_filtered(plane, window)[::2, ::2] for plane in (picture, copy))
        _, _, v, w, s = _moments(picture, copy, window)
        v, w = np.maximum(v, 0), np.maximum(w, 0)
        gain = s / (v + _TINY)
        rest = w - gain * s
        flat = v < _TINY
        gain[flat], rest[flat], v[flat] = 0, w[flat], 0
        gain[w < _TINY], rest[w < _TINY] = 0, 0
        opposed = gain < 0
        rest[opposed], gain[opposed] = w[opposed], 0
        rest = np.maximum(rest, _TINY)
        kept += float(np.log10(1 + gain**2 * v / (rest + _NOISE)).sum())
        whole += float(np.log10(1 + v / _NOISE).sum())
    return kept / whole if whole > _TINY else 1.0


def hlfi(picture: Plane) -> float:
    """High-low frequency index: (sum of |F| at low frequencies - that at all others) / sum of |F|.

    Low is the middle 15 % of the spectrum in width and in height, that is below 0.075 cycles a pixel along both axes.
    Printed with corners of an unshifted spectrum, which compares one corner with its own mirror; a program that is
    about takes columns alone.
    """
    height, width = picture.shape
    size = np.abs(np.fft.rfft2(picture))
    counted = np.full(size.shape[1], 2.0)  # the other half of the spectrum mirrors this one
    counted[0] = 1
    if width % 2 == 0:
        counted[-1] = 1
    size = size * counted
    low_y = np.abs(np.fft.fftfreq(height)) < _LOW / 2
    low_x = np.fft.rfftfreq(width) < _LOW / 2
    low, whole = float(size[np.ix_(low_y, low_x)].sum()), float(size.sum())
    return (2 * low - whole) / whole if whole > _TINY else 1.0


def _gaussian(size: int, sigma: float) -> NDArray[np.float64]:
    at = np.arange(size) - size // 2
    bell = np.exp(-(at**2) / (2 * sigma**2))
    return np.asarray(bell / bell.sum())


def _filtered(plane: Plane, window: NDArray[np.float64]) -> Plane:
    """Under a separable window, only where all of it lies within the plane."""
    reach = len(window) // 2
    both = correlate1d(correlate1d(plane, window, axis=0, mode="nearest"), window, axis=1, mode="nearest")
    inner: Plane = both[reach : both.shape[0] - reach, reach : both.shape[1] - reach]
    return inner


def _moments(picture: Plane, copy: Plane, window: NDArray[np.float64]) -> tuple[Plane, Plane, Plane, Plane, Plane]:
    """Means, variances and covariance of two planes under a window."""
    m, n = _filtered(picture, window), _filtered(copy, window)
    v = _filtered(picture**2, window) - m**2
    w = _filtered(copy**2, window) - n**2
    s = _filtered(picture * copy, window) - m * n
    return m, n, v, w, s
