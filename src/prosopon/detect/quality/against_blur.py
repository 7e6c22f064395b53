"""How much a picture loses by a light blur: 15 measures that compare it with its own blurred copy, pixel by pixel.

Galbally, Marcel, Fierrez, "Image Quality Assessment for Fake Biometric Detection", IEEE TIP 2014: what was made or
photographed anew has other details than a picture out of a camera, and so it loses less, or otherwise. The names are
theirs. I is the picture, B its blurred copy, both as luma in 0 to 255; N the number of pixels; sums are over all of
them. Where we differ from what is printed or from programs that are about, the measure says so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

Plane = NDArray[np.float64]
"""`(H, W)`, 0 to 255."""

_LUMA = np.array((0.2568, 0.5041, 0.0979))
_PEAK = 255.0
_SIDE = np.exp(-1 / (2 * 0.5**2))
_KERNEL = np.array((_SIDE, 1.0, _SIDE)) / (1 + 2 * _SIDE)
"""Gaussian of sigma 0.5 over 3 pixels."""
_LARGEST = 10
_TINY = 1e-12


def luma(picture: NDArray[np.uint8]) -> Plane:
    """`uint8 (H, W, 3)` RGB -> `(H, W)`: Y = 16 + 0.2568 R + 0.5041 G + 0.0979 B, ITU-R BT.601 with headroom."""
    plane: Plane = 16.0 + picture.astype(np.float64) @ _LUMA
    return plane


def blurred(plane: Plane) -> Plane:
    """A plane `(H, W)` or picture `(H, W, 3)` under the Gaussian of sigma 0.5 over 3 x 3 pixels, mirrored at its edges.

    The edge pixel itself is repeated by the mirror (`symmetric` in MATLAB and NumPy, `reflect` in SciPy).
    """
    once = correlate1d(plane.astype(np.float64), _KERNEL, axis=0, mode="reflect")
    twice: Plane = correlate1d(once, _KERNEL, axis=1, mode="reflect")
    return twice


def mse(picture: Plane, copy: Plane) -> float:
    """Mean squared error: sum (I - B)^2 / N."""
    return float(((picture - copy) ** 2).mean())


def psnr(picture: Plane, copy: Plane) -> float:
    """Peak signal-to-noise ratio: 10 log10(255^2 / MSE) in decibels; 100 where there is no difference to speak of."""
    return _db(_PEAK**2, mse(picture, copy))


def ad(picture: Plane, copy: Plane) -> float:
    """Average difference: sum (I - B) / N."""
    return float((picture - copy).mean())


def sc(picture: Plane, copy: Plane) -> float:
    """Structural content: sum I^2 / sum B^2."""
    return float((picture**2).sum() / max(float((copy**2).sum()), _TINY))


def nk(picture: Plane, copy: Plane) -> float:
    """Normalised cross-correlation: sum I B / sum I^2."""
    return float((picture * copy).sum() / max(float((picture**2).sum()), _TINY))


def md(picture: Plane, copy: Plane) -> float:
    """Maximum difference: max |I - B|."""
    return float(np.abs(picture - copy).max())


def lmse(picture: Plane, copy: Plane) -> float:
    """Laplacian mean squared error: sum (h(I) - h(B))^2 / sum h(I)^2 over the inner pixels; 0 for a flat picture.

    h is the sum of the four neighbours minus four times the pixel.
    """
    edges = _laplacian(picture)
    power = float((edges**2).sum())
    return float(((edges - _laplacian(copy)) ** 2).sum()) / power if power > _TINY else 0.0


def nae(picture: Plane, copy: Plane) -> float:
    """Normalised absolute error: sum |I - B| / sum |I|."""
    return float(np.abs(picture - copy).sum() / max(float(np.abs(picture).sum()), _TINY))


def snr(picture: Plane, copy: Plane) -> float:
    """Signal-to-noise ratio: 10 log10(sum I^2 / sum (I - B)^2) in decibels; 100 where nothing differs."""
    return _db(float((picture**2).mean()), mse(picture, copy))


def ramd(picture: Plane, copy: Plane) -> float:
    """R-averaged maximum difference: the root of the mean of the 10 largest |I - B|.

    Printed without the root; programs that are about take it, and so do we.
    """
    differences = np.abs(picture - copy).ravel()
    n = min(_LARGEST, differences.size)
    return float(np.sqrt(np.partition(differences, -n)[-n:].mean()))


def mas(colours: NDArray[np.float64], copy: NDArray[np.float64]) -> float:
    """Mean angle similarity: 1 - sum a / N, a = 2/pi arccos(<I, B> / (|I| |B|)) between colours `(H, W, 3)`.

    It says nothing of grey pictures, where all angles are 0, and is taken of colours therefore. Black has no angle: 0.
    """
    return float(1 - _angles(colours, copy).mean())


def mams(colours: NDArray[np.float64], copy: NDArray[np.float64]) -> float:
    """Mean angle and magnitude similarity: sum (1 - (1 - a)(1 - |I - B| / (255 sqrt 3))) / N.

    Printed with 255 alone, which is the largest distance of grey values, not of colours.
    """
    apart = np.linalg.norm(colours - copy, axis=-1) / (_PEAK * np.sqrt(3))
    return float((1 - (1 - _angles(colours, copy)) * (1 - apart)).mean())


def sme(picture: Plane, copy: Plane) -> float:
    """Spectral magnitude error: sum (|F| - |G|)^2 / N, F and G the Fourier transforms of I and B.

    With orthonormal transforms, unlike what is printed, so that it does not grow with the picture's size.
    """
    first, second = (np.abs(np.fft.fft2(plane, norm="ortho")) for plane in (picture, copy))
    return float(((first - second) ** 2).mean())


def gme(picture: Plane, copy: Plane) -> float:
    """Gradient magnitude error: sum (|dI| - |dB|)^2 / N, gradients by central differences."""
    return float(((np.abs(_gradient(picture)) - np.abs(_gradient(copy))) ** 2).mean())


def gpe(picture: Plane, copy: Plane) -> float:
    """Gradient phase error: sum d^2 / N, d the angle between dI and dB in radians, -pi to pi.

    Printed as a plain difference of two angles, which takes directions that are nearly the same for opposite ones.
    A gradient of 0 points nowhere: its angle to any other is 0.
    """
    turned = np.angle(_gradient(picture) * np.conj(_gradient(copy)))
    return float((turned**2).mean())


def _db(signal: float, noise: float) -> float:
    return min(100.0, 10 * float(np.log10(max(signal, _TINY) / max(noise, _TINY))))


def _laplacian(plane: Plane) -> Plane:
    around: Plane = plane[2:, 1:-1] + plane[:-2, 1:-1] + plane[1:-1, 2:] + plane[1:-1, :-2]
    return around - 4 * plane[1:-1, 1:-1]


def _gradient(plane: Plane) -> NDArray[np.complex128]:
    along_y, along_x = np.gradient(plane)
    return np.asarray(along_x + 1j * along_y, np.complex128)


def _angles(first: NDArray[np.float64], second: NDArray[np.float64]) -> Plane:
    """Between colours `(H, W, 3)`, 0 to 1 for a right angle; by the arc tangent, which is exact for small ones too."""
    across = np.linalg.norm(np.cross(first, second), axis=-1)
    along = (first * second).sum(-1)
    angles: Plane = 2 / np.pi * np.arctan2(across, along)
    return angles
