"""Colour transfers exactly as DeepFaceLab does them, to repeat its results; `transfer.transferred` is the better way.

What is wrong with them: a mask sets pixels outside to black instead of leaving them out, so that means are drawn
towards black, spreads grow, and half of all pixels have one and the same colour; iterative distribution transfer goes
a twentieth of the way in each of twenty steps, which adds up to two thirds; the bilateral filter of sliced transport
is given a range for 8-bit colours but colours in [0, 1], so that it is a blur; Lab comes from a coarse table.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from prosopon.faces.colour.distribution import random_directions, random_rotations
from prosopon.faces.colour.linear import lct, mkl
from prosopon.faces.colour.released.tables import lab8_of, lab_by_table, rgb8_of, rgb_of_lab
from prosopon.faces.colour.sample import Sample

Picture = NDArray[np.float32]
ReleasedMode = Literal["none", "rct", "lct", "mkl", "mkl-m", "idt", "idt-m", "sot-m", "mix-m"]
"""In the order in which they are numbered there."""
_REACH_PX, _SIGMA_PX, _SIGMA_COLOUR = 24, 16.0, 5.0
_RIDGE = 1e-5


def transferred_as_released(
    picture: Picture, like: Picture, mode: ReleasedMode, mask: NDArray[np.floating], rng: np.random.Generator
) -> Picture:
    """A picture with the colours of another, as the merger calls it: `rct` with both under one mask, `-m` blackened.

    Args:
        picture, like: `(H, W, 3)` RGB in [0, 1].
        mode: by its published name.
        mask: `(H, W)`; what is larger than 0 is inside.
        rng: draws rotations and directions.

    Returns:
        `float32 (H, W, 3)` in [0, 1].
    """
    inside = (mask > 0).astype(np.float32)
    if mode.endswith("-m"):
        picture, like = picture * inside[..., None], like * inside[..., None]
    if mode == "rct":
        return rct(picture, like, inside)
    if mode in ("lct", "mkl", "mkl-m"):
        own, wanted = Sample.whole(picture), Sample.whole(like)
        return _picture(lct(own, wanted) if mode == "lct" else mkl(own, wanted), picture)
    if mode in ("idt", "idt-m"):
        return idt(picture, like, random_rotations(rng))
    if mode == "sot-m":
        return np.clip(sot(picture, like, random_directions(rng, batch=30)), 0, 1)
    return mix(picture, like, random_directions(rng)) if mode == "mix-m" else picture


def rct(picture: Picture, like: Picture, mask: NDArray[np.floating] | None = None) -> Picture:
    """Means and spreads of Lab; under a mask, Lab outside is set to zero and counted."""
    own, wanted = lab_by_table(picture), lab_by_table(like)
    held = np.float32(1) if mask is None else mask.astype(np.float32)[..., None]
    (mean, spread), (like_mean, like_spread) = (
        (lab.mean((0, 1), dtype=np.float64), lab.std((0, 1), dtype=np.float64)) for lab in (own * held, wanted * held)
    )
    moved = (own - mean) * like_spread / np.maximum(spread, 1e-6) + like_mean
    return rgb_of_lab(np.clip(moved, (0, -127, -127), (100, 127, 127)).astype(np.float32))


def idt(picture: Picture, like: Picture, rotations: NDArray[np.floating], n_bins: int = 256) -> Picture:
    """Iterative distribution transfer, one Rth of the way for each of R rotations `(R, 3, 3)`.

    Cumulative histograms are read at the upper edges of the bins; what lies below the lowest becomes 0.
    """
    colours = Sample.whole(picture).colours.astype(np.float64)
    wanted = Sample.whole(like).colours.astype(np.float64)
    for rotation in rotations:
        turned, turned_like = rotation @ colours, rotation @ wanted
        moved = np.stack([_rank_matched(one, other, n_bins) for one, other in zip(turned, turned_like, strict=True)])
        colours = colours + np.linalg.solve(rotation, moved - turned) / len(rotations)
    return np.clip(_picture(colours, picture), 0, 1)


def sot(picture: Picture, like: Picture, directions: NDArray[np.floating], *, smoothed: bool = True) -> Picture:
    """Sliced optimal transport by sorting, `directions` `(steps, batch, 3)`, and the blur of its moves; not clipped.

    Pixels of equal colour are paired in whatever order sorting leaves them, so a flat area comes out speckled where
    the other is not flat; without the blur that is seen. Both pictures have the same size.
    """
    colours = np.ascontiguousarray(picture.reshape(-1, 3))
    wanted = np.ascontiguousarray(like.reshape(-1, 3))
    for batch in directions.astype(np.float32):
        move = np.zeros_like(colours)
        for direction in batch:
            along, other = colours @ direction, wanted @ direction
            order = along.argsort()
            move[order] += (other[other.argsort()] - along[order])[:, None] * direction
        colours = colours + move / np.float32(len(batch))
    moved = colours.reshape(picture.shape) - picture
    return picture + (_blurred(moved) if smoothed else moved)


def mix(picture: Picture, like: Picture, directions: NDArray[np.floating]) -> Picture:
    """Lightness by `lct`, hue by `sot`, all of it through 8 bits; hues are those of colours as dark as lightness 39."""
    own, wanted = (lab8_of((np.clip(one, 0, 1) * 255).astype(np.uint8)) for one in (picture, like))
    lightness = _spread_matched(*(one[..., 0].astype(np.float32) / 255 for one in (own, wanted)))
    for one in (own, wanted):
        one[..., 0] = 100
    flat, flat_like = (rgb8_of(one).astype(np.float32) for one in (own, wanted))
    moved = sot(flat, flat_like, directions, smoothed=False) - flat
    hue = lab8_of(np.clip(flat + bilateral(moved), 0, 255).astype(np.uint8))
    hue[..., 0] = np.clip(lightness * 255, 0, 255).astype(np.uint8)
    return rgb8_of(hue).astype(np.float32) / np.float32(255)


def histogram(picture: Picture, like: Picture, top: float = 238 / 255) -> Picture:
    """Histograms of the channels matched; ranks are first multiplied by `top`, which darkens the brightest."""
    matched = np.empty(picture.shape, np.float32)
    for channel in range(3):
        one, other = picture[..., channel].ravel(), like[..., channel].ravel()
        _, places, counts = np.unique(one, return_inverse=True, return_counts=True)
        values, like_counts = np.unique(other, return_counts=True)
        ranks = top * np.cumsum(counts) / one.size
        levels = np.interp(ranks, np.cumsum(like_counts) / other.size, values)
        matched[..., channel] = levels[places].reshape(picture.shape[:2])
    return matched


def bilateral(values: Picture) -> Picture:
    """The plain bilateral filter of `values` by themselves, colours apart by the sum over channels; seconds, not ms."""
    padded = np.pad(values, ((_REACH_PX, _REACH_PX), (_REACH_PX, _REACH_PX), (0, 0)), mode="reflect")
    height, width = values.shape[:2]
    total, count = np.zeros_like(values), np.zeros((height, width, 1), np.float32)
    for dy in range(-_REACH_PX, _REACH_PX + 1):
        for dx in range(-_REACH_PX, _REACH_PX + 1):
            if dy * dy + dx * dx > _REACH_PX**2:
                continue
            top, left = _REACH_PX + dy, _REACH_PX + dx
            near = padded[top : top + height, left : left + width]
            apart = np.abs(near - values).sum(-1, keepdims=True) / _SIGMA_COLOUR
            weight = np.exp(-(apart * apart) / 2 - np.float32((dy * dy + dx * dx) / (2 * _SIGMA_PX**2)))
            total += weight * near
            count += weight
    return total / count


def _blurred(values: Picture) -> Picture:
    """The same for values in [0, 1], where its range is so wide that only the distance counts."""
    y, x = np.mgrid[-_REACH_PX : _REACH_PX + 1, -_REACH_PX : _REACH_PX + 1]
    far = x * x + y * y
    kernel = np.exp(-far / (2 * _SIGMA_PX**2)) * (far <= _REACH_PX**2)
    padded = np.pad(values, ((_REACH_PX, _REACH_PX), (_REACH_PX, _REACH_PX), (0, 0)), mode="reflect")
    blurred: Picture = fftconvolve(padded, (kernel / kernel.sum())[..., None], mode="valid", axes=(0, 1))
    return blurred.astype(np.float32)


def _rank_matched(one: NDArray[np.float64], other: NDArray[np.float64], n_bins: int) -> NDArray[np.float64]:
    span = (min(one.min(), other.min()), max(one.max(), other.max()))
    counts, edges = np.histogram(one, n_bins, span)
    like_counts, _ = np.histogram(other, n_bins, span)
    matched = np.interp(np.cumsum(counts) / counts.sum(), np.cumsum(like_counts) / like_counts.sum(), edges[1:])
    moved: NDArray[np.float64] = np.interp(one, edges[1:], matched, left=0, right=n_bins)
    return moved


def _spread_matched(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.floating]:
    gain = np.sqrt((other.var(dtype=np.float64) + _RIDGE) / (one.var(dtype=np.float64) + _RIDGE))
    matched: NDArray[np.floating] = np.clip((one - one.mean()) * gain + other.mean(), 0, 1)
    return matched


def _picture(colours: NDArray[np.floating], shape: Picture) -> Picture:
    laid: Picture = np.ascontiguousarray(colours.T, np.float32).reshape(shape.shape)
    return laid
