"""Colour adjustments exactly as the program faceswap does them, to repeat its results.

What is wrong with them is said at each; `transfer.transferred` is the better way.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skimage.color import hsv2rgb, rgb2hsv

from prosopon.faces.colour.released.deepfacelab import histogram
from prosopon.faces.colour.released.tables import lab8_of, rgb8_of

Picture = NDArray[np.float32]
Space = Literal["RGB", "HSV", "LAB", "YCrCb"]
_PASSES = 2


def average_colour(picture: Picture, like: Picture, mask: NDArray[np.floating]) -> Picture:
    """Each channel shifted by the mean difference under a mask `(H, W)`, twice.

    The second pass finds nothing left to do unless the mask is soft or a channel was cut off, so it is idle mostly.
    """
    weight = mask[..., None] / max(float(mask.sum()), 1e-6)
    moved = picture.astype(np.float64)
    for _ in range(_PASSES):
        moved = moved + ((like - moved) * weight).sum((0, 1))
    return np.clip(moved, 0, 1).astype(np.float32)


def reinhard(
    picture: Picture, like: Picture, mask: NDArray[np.floating], *, clip: bool = True, preserve_paper: bool = True
) -> Picture:
    """Means and spreads of 8-bit Lab.

    Pixels outside the mask are black and counted. `preserve_paper` scales by the inverse of the ratio of spreads,
    which makes too much contrast more and too little less; it is on by default there. Without `clip` a channel that
    leaves 0 to 255 is squeezed into it whole.

    Args:
        picture: what gets new colours, `(H, W, 3)` RGB in [0, 1].
        like: whose colours it gets, likewise.
        mask: `(H, W)`, 0 or 1.
        clip: cut off what leaves the range.
        preserve_paper: the inverted ratio.
    """
    held = mask[..., None]
    own, wanted = (lab8_of(np.rint(one * held * 255).astype(np.uint8)).astype(np.float64) for one in (picture, like))
    (mean, spread), (like_mean, like_spread) = ((one.mean((0, 1)), one.std((0, 1))) for one in (own, wanted))
    ratio = (spread, like_spread) if preserve_paper else (like_spread, spread)
    moved = (own - mean) * ratio[0] / np.maximum(ratio[1], 1e-6) + like_mean
    moved = np.clip(moved, 0, 255) if clip else _squeezed(moved)
    return np.clip(rgb8_of(moved.astype(np.uint8)) / np.float32(255) + picture * (1 - held), 0, 1).astype(np.float32)


def match_histogram(
    picture: Picture, like: Picture, mask: NDArray[np.floating], threshold_percent: float = 99
) -> Picture:
    """Histograms of the channels matched where a mask `(H, W)` is not 0; below 100 % the brightest get darker."""
    inside = mask > 0
    matched = picture.copy()
    if inside.any():
        top = threshold_percent / 100
        matched[inside] = histogram(picture[inside][None], like[inside][None], top)[0]
    return matched


def balanced(
    picture: Picture, space: Space, balance: tuple[float, float, float], contrast: float, brightness: float
) -> Picture:
    """Sliders, each -100 to 100: three for the channels of a colour space, then contrast and brightness.

    Channels are moved towards their largest or smallest value in 8 bits and cut down to whole ones, so hue comes in
    steps of two degrees, and going nowhere through Lab already changes colours.
    """
    channels = _into(space, np.rint(picture * 255).astype(np.uint8)).astype(np.float32) / np.float32(255)
    for index, percent in enumerate(balance):
        share = np.float32(percent / 100)
        channel = channels[..., index]
        channels[..., index] = channel + (1 - channel if share > 0 else channel) * share
    moved = _out_of(space, np.floor(np.clip(channels * 255, 0, 255) + np.float32(1e-4)))
    steep, up = round(contrast * 1.27), round(brightness * 1.27)
    adjusted: Picture = np.clip(moved * np.float32(steep / 127 + 1) - steep + up, 0, 255) / np.float32(255)
    return adjusted


def _squeezed(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = lab.min((0, 1)), lab.max((0, 1))
    bottom, top = np.maximum(low, 0), np.minimum(high, 255)
    squeezed: NDArray[np.float64] = (top - bottom) * (lab - low) / np.maximum(high - low, 1e-6) + bottom
    return np.clip(squeezed, 0, 255)


def _into(space: Space, picture: NDArray[np.uint8]) -> NDArray[np.floating]:
    """Channels of a colour space, whole numbers `(H, W, 3)` from 0 to 255; hue to 179."""
    if space == "LAB":
        return lab8_of(picture).astype(np.float32)
    colours = picture.astype(np.float64)
    if space == "HSV":
        hsv: NDArray[np.float64] = np.rint(rgb2hsv(colours / 255) * (180, 255, 255))
        hsv[..., 0] %= 180
        return hsv
    if space == "YCrCb":
        red, green, blue = np.moveaxis(colours, -1, 0)
        luma = np.rint(0.299 * red + 0.587 * green + 0.114 * blue)
        chroma = (np.rint((one - luma) * gain + 128) for one, gain in ((red, 0.713), (blue, 0.564)))
        colours = np.stack((luma, *chroma), axis=-1)
    return np.clip(colours, 0, 255)


def _out_of(space: Space, channels: NDArray[np.floating]) -> Picture:
    """The inverse of `_into`, `float32 (H, W, 3)` from 0 to 255."""
    if space == "LAB":
        return rgb8_of(channels.astype(np.uint8)).astype(np.float32)
    colours = channels.astype(np.float64)
    if space == "HSV":
        hsv = colours / (180, 255, 255)
        colours = np.floor(hsv2rgb(np.stack((hsv[..., 0] % 1, hsv[..., 1], hsv[..., 2]), axis=-1)) * 255)
    elif space == "YCrCb":
        luma, red, blue = np.moveaxis(colours - (0, 128, 128), -1, 0)
        rgb = (luma + 1.403 * red, luma - 0.714 * red - 0.344 * blue, luma + 1.773 * blue)
        colours = np.rint(np.stack(rgb, axis=-1))
    return np.clip(colours, 0, 255).astype(np.float32)
