"""What light, colour and lens leave on a face: 121 features of the picture alone.

Wen, Han, Jain, "Face Spoof Detection with Image Distortion Analysis", IEEE TIFS 2015: reflections, blur, moments of
colour, and how many different colours there are. Pictures are `uint8 (H, W, 3)` RGB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

Picture = NDArray[np.uint8]

_SPREADS = 0.5
"""How many standard deviations above its mean the least channel must be to count as a reflection."""
_BRIGHTER, _BRIGHTEST = 1.5, 4.0
_SCALE_OF_REFLECTIONS = 150.0
_BINS = 100
_LEVELS = 32
_COMMON = 100
_COVERED = 0.99
_SCALE_OF_COLOURS = 2000.0
_TAPS = 9
_EDGE = 2.0
"""Times the root mean square of the gradient that an edge is at least."""
_SCALE_OF_WIDTHS = 30.0
_TINY = 1e-12


def reflections(picture: Picture) -> tuple[float, float, float]:
    """How many pixels reflect the light like a mirror, and how strongly.

    The specular part of a pixel is what its least channel has above mean + half a standard deviation of all least
    channels (Shen, Cai, "Simple and efficient method for specularity removal in an image", Applied Optics 2009; the
    iterations of Tan and Ikeuchi that Wen et al. take cost seconds a picture). Counted are pixels whose part lies
    between 1.5 and 4 times the mean part of the picture.

    Returns:
        Their share of all pixels; mean of their parts / 150; standard deviation / 150. All 0 where there are none.
    """
    least = picture.min(-1).astype(np.float64)
    part = np.maximum(0, least - (least.mean() + _SPREADS * least.std()))
    usual = float(part.mean())
    counted = part[(part > _BRIGHTER * usual) & (part < _BRIGHTEST * usual)]
    if not counted.size:
        return 0.0, 0.0, 0.0
    return (
        counted.size / part.size,
        float(counted.mean()) / _SCALE_OF_REFLECTIONS,
        float(counted.std()) / _SCALE_OF_REFLECTIONS,
    )


def colour_moments(picture: Picture) -> NDArray[np.float64]:
    """15 numbers: of hue, saturation and value each mean, standard deviation, skewness, and the shares in the outermost
    bins.

    Channels are in [0, 1], the hue turned by half a circle so that red, which skin is, lies in the middle. The shares
    are those of the two darkest and of the two brightest of 100 bins. The skewness is the third standardised moment,
    0 for a channel without spread.
    """
    return np.concatenate([_moments(channel) for channel in _hsv(picture)])


def colour_diversity(picture: Picture) -> NDArray[np.float64]:
    """101 numbers: the shares of the 100 most frequent of 32 x 32 x 32 colours, the largest first, and how many colours
    cover 99 % of all pixels / 2000.
    """
    levels = (picture // (256 // _LEVELS)).astype(np.int64).reshape(-1, 3)
    counts = np.bincount(levels @ np.array((_LEVELS**2, _LEVELS, 1)))
    counts = np.sort(counts[counts > 0])[::-1]
    shares = counts / counts.sum()
    common = np.zeros(_COMMON)
    common[: len(shares)] = shares[:_COMMON]
    covering = int(np.searchsorted(np.cumsum(counts), _COVERED * counts.sum())) + 1
    return np.append(common, covering / _SCALE_OF_COLOURS)


def blurriness(plane: NDArray[np.float64]) -> float:
    """How little a picture changes where it is blurred again, 0 sharp to 1 (Crete, Dolmiere, Ladret, Nicolas, "The blur
    effect", SPIE 2007).

    Along each axis: (sum D - sum max(0, D - C)) / sum D, D the neighbours' absolute differences, C those after a mean
    of 9 pixels; the larger of both. 1 for a flat picture.

    Args:
        plane: `(H, W)`, any scale.
    """
    return max(_lost(plane, axis) for axis in (0, 1))


def edge_width(plane: NDArray[np.float64]) -> float:
    """Mean width of vertical edges in pixels / 30 (Marziliano, Dufaux, Winkler, Ebrahimi, "A no-reference perceptual
    blur metric", ICIP 2002).

    An edge is a pixel whose horizontal difference to its neighbour is the largest around in its row, and at least twice
    the root mean square of all; its width is that of the run on which the row only rises or only falls. 0 without
    edges.

    Args:
        plane: `(H, W)`, any scale.
    """
    steps = np.diff(plane, axis=1)
    size = np.abs(steps)
    padded = np.pad(size, ((0, 0), (1, 1)))
    edges = (size > padded[:, :-2]) & (size >= padded[:, 2:]) & (size >= _EDGE * np.sqrt((size**2).mean())) & (size > 0)
    if not edges.any():
        return 0.0
    return float(_run_lengths(np.sign(steps))[edges].mean()) / _SCALE_OF_WIDTHS


def _hsv(picture: Picture) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Hue (turned by a half), saturation and value, each `(H, W)` in [0, 1]; the hue of grey is that of red."""
    red, green, blue = np.moveaxis(picture.astype(np.float64) / 255, -1, 0)
    value = np.maximum(np.maximum(red, green), blue)
    span = value - np.minimum(np.minimum(red, green), blue)
    safe = np.maximum(span, _TINY)
    hue = np.where(
        value == red, (green - blue) / safe, np.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe)
    )
    hue = np.where(span > 0, hue / 6, 0)
    return (hue + 0.5) % 1.0, np.where(value > 0, span / np.maximum(value, _TINY), 0), value


def _moments(channel: NDArray[np.float64]) -> NDArray[np.float64]:
    mean, spread = float(channel.mean()), float(channel.std())
    skewness = float((((channel - mean) / spread) ** 3).mean()) if spread > 1e-9 else 0.0
    counts = np.histogram(channel, _BINS, (0, 1))[0] / channel.size
    return np.array((mean, spread, skewness, counts[:2].sum(), counts[-2:].sum()))


def _lost(plane: NDArray[np.float64], axis: int) -> float:
    before = np.abs(np.diff(plane, axis=axis))
    after = np.abs(np.diff(uniform_filter1d(plane, _TAPS, axis=axis, mode="nearest"), axis=axis))
    whole = float(before.sum())
    return 1 - float(np.maximum(0, before - after).sum()) / whole if whole > _TINY else 1.0


def _run_lengths(signs: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each place in its row, how many neighbours in a row have the same sign, itself included."""
    height, width = signs.shape
    starts = np.ones((height, width), bool)
    starts[:, 1:] = signs[:, 1:] != signs[:, :-1]
    number = np.cumsum(starts.ravel()) - 1
    lengths = np.bincount(number)
    return np.asarray(lengths[number].reshape(height, width), np.float64)
