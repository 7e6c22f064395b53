"""Colours changed at random, so that a net does not learn one film's light.

What changes colours (Lab, HSV, local contrast) is done to the stored picture before it is sampled, hence to input and
target alike: the net keeps the light that it is given. What spoils a picture (blur, lost resolution, noise) is done to
the input only: the net learns to give back more than it got.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from prosopon.core.errors import UsageError
from prosopon.faces.colour.lab import lab_of, rgb_of

_LUMA = np.array((0.2126, 0.7152, 0.0722), np.float32)
_LEVELS = 256
_LAB_LOW, _LAB_HIGH = np.array((0, -128, -128), np.float32), np.array((100, 127, 127), np.float32)
"""As far as Lab goes where it is kept in bytes."""


@dataclass(frozen=True)
class ColourAugment:
    """How often and how far colours change; chances are 0 to 1. The defaults are those of faceswap."""

    lab: float = 1.0
    """Chance of a shift in Lab."""
    lightness: float = 0.3
    """How far L may go towards white or black, as a share of the way."""
    tint: float = 0.08
    """How far a and b may go towards the ends of their range, likewise."""
    hsv: float = 0.0
    """Chance of a shift in HSV, as in DeepFaceLab."""
    hsv_power: float = 0.1
    """Saturation and value move by half of this at most, hue by half of the circle times this."""
    equalise: float = 0.5
    """Chance of contrast-limited adaptive histogram equalisation."""
    tiles: int = 4
    """It works on a grid of 1 to so many tiles a side."""
    blur: float = 0.0
    """Chance of a Gaussian blur, of the input only."""
    blur_sigma: float = 0.02
    """Its standard deviation at most, as a share of the side."""
    resample: float = 0.0
    """Chance that resolution is lost, of the input only."""
    resample_to: float = 0.4
    """What is left of it at least, as a share of the side."""
    noise: float = 0.0
    """Chance of Gaussian noise, of the input only."""
    noise_std: float = 0.04
    """Its standard deviation at most, of a range of 1."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "tiles" and not 0 <= value <= 1:
                raise UsageError(f"{field.name} of a colour augmentation cannot be {value:g}", "use 0 to 1")
        if self.tiles < 1 or not self.resample_to > 0:
            raise UsageError("nothing is left of a picture of no tiles or no resolution", "use numbers above 0")

    def apply(self, picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Change the colours of a picture `float32 (H, W, 3)` in [0, 1], from which input and target are then sampled.

        Returns:
            Another array, or the same where nothing was drawn.
        """
        if rng.random() < self.lab:
            picture = lab_shifted(picture, rng, lightness=self.lightness, tint=self.tint)
        if rng.random() < self.hsv:
            picture = hsv_shifted(picture, rng, power=self.hsv_power)
        if rng.random() < self.equalise:
            picture = equalised(picture, tiles=int(rng.integers(1, self.tiles + 1)))
        return picture

    def spoil(self, picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Make an input `float32 (h, w, 3)` in [0, 1] worse; its target stays good.

        Returns:
            Another array, or the same where nothing was drawn.
        """
        if rng.random() < self.blur:
            picture = blurred(picture, rng, sigma=self.blur_sigma)
        if rng.random() < self.resample:
            picture = resampled(picture, rng, least=self.resample_to)
        if rng.random() < self.noise:
            picture = noisy(picture, rng, std=self.noise_std)
        return picture


def lab_shifted(
    picture: NDArray[np.float32], rng: np.random.Generator, *, lightness: float = 0.3, tint: float = 0.08
) -> NDArray[np.float32]:
    """Each channel of Lab goes by a random share, either way, towards the end of its range.

    Args:
        picture: `float32 (H, W, 3)`, sRGB in [0, 1].
        rng: the only source of chance.
        lightness: largest share for L; black and white stay what they are at the end that they are not moved to.
        tint: largest share for a and b.
    """
    reach = np.array((lightness, tint, tint))
    share = rng.uniform(-reach, reach).astype(np.float32)
    ends = np.where(share > 0, _LAB_HIGH, _LAB_LOW)
    lab = lab_of(np.ascontiguousarray(picture.reshape(-1, 3).T))
    lab += np.abs(share)[:, None] * (ends[:, None] - lab)
    return np.ascontiguousarray(rgb_of(lab).T).reshape(picture.shape)


def hsv_shifted(picture: NDArray[np.float32], rng: np.random.Generator, *, power: float = 0.1) -> NDArray[np.float32]:
    """Hue turned, saturation and value moved, all uniformly (as DeepFaceLab does).

    Args:
        picture: `float32 (H, W, 3)` in [0, 1].
        rng: the only source of chance.
        power: hue turns by half of 360 degrees times this at most, but by 1 at least where it may turn at all;
            saturation and value move by half of it at most.
    """
    most_deg = max(1.0, 180 * power) if power > 0 else 0.0
    turn, *moves = rng.uniform((-most_deg, -power / 2, -power / 2), (most_deg, power / 2, power / 2)).tolist()
    hue, saturation, value = _hsv_of(picture)
    saturation, value = (np.clip(old + move, 0, 1) for old, move in zip((saturation, value), moves, strict=True))
    return _rgb_of_hsv(hue + np.float32(turn / 60), saturation, value)


def _hsv_of(
    picture: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Hue in [-1, 5], saturation and value in [0, 1], each `(H, W)`; hue 6 is hue 0."""
    red, green, blue = np.ascontiguousarray(picture.transpose(2, 0, 1))
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    hue = np.where(value == green, blue - red, red - green)
    hue[value == red] = (green - blue)[value == red]
    hue /= np.maximum(chroma, np.finfo(np.float32).tiny)
    hue += np.where(value == red, np.float32(0), np.where(value == green, np.float32(2), np.float32(4)))
    return hue, chroma / np.maximum(value, np.finfo(np.float32).tiny), value


def _rgb_of_hsv(
    hue: NDArray[np.float32], saturation: NDArray[np.float32], value: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Smith, "Color gamut transform pairs", SIGGRAPH 1978, in the form without cases; hue may be any number."""
    picture = np.empty((*value.shape, 3), np.float32)
    chroma = value * saturation
    for channel, offset in enumerate((5, 3, 1)):
        along = hue + np.float32(offset)
        along -= 6 * np.floor(along * np.float32(1 / 6))
        picture[..., channel] = value - chroma * np.clip(np.minimum(along, 4 - along), 0, 1)
    return picture


def equalised(picture: NDArray[np.float32], *, tiles: int = 4, clip: float = 2.0) -> NDArray[np.float32]:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld, Graphics Gems IV, 1994) of luma; hues stay.

    Args:
        picture: `float32 (H, W, 3)` in [0, 1].
        tiles: along one side; one curve each, interpolated between.
        clip: what a level may have of a histogram at most, in multiples of its mean; the rest goes to all alike.
    """
    luma = picture @ _LUMA
    height, width = luma.shape
    level = np.clip(luma * _LEVELS, 0, _LEVELS - 1).astype(np.intp)
    row, column = (np.arange(side) * tiles // side for side in (height, width))
    tile = row[:, None] * tiles + column
    counts = np.bincount((tile * _LEVELS + level).ravel(), minlength=tiles * tiles * _LEVELS)
    share = counts.reshape(tiles * tiles, _LEVELS).astype(np.float64)
    share /= np.maximum(share.sum(-1, keepdims=True), 1)  # pictures smaller than the grid leave tiles empty
    limited = np.minimum(share, clip / _LEVELS)
    limited += (1 - limited.sum(-1, keepdims=True)) / _LEVELS
    curves = (limited.cumsum(-1) - limited / 2).astype(np.float32).ravel()
    wanted = np.zeros_like(luma)
    (top, bottom, down), (left, right, across) = (_between(side, tiles) for side in (height, width))
    for rows, weight_y in ((top, 1 - down), (bottom, down)):
        for columns, weight_x in ((left, 1 - across), (right, across)):
            curve = (rows[:, None] * tiles + columns) * _LEVELS
            wanted += curves[curve + level] * (weight_y[:, None] * weight_x)
    changed: NDArray[np.float32] = np.clip(picture + (wanted - luma)[..., None], 0, 1)
    return changed


def _between(side: int, tiles: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For each pixel along a side: the tiles whose middles it lies between, and how far it is from one to the other."""
    at = np.clip((np.arange(side) + 0.5) * tiles / side - 0.5, 0, tiles - 1)
    first = at.astype(np.intp)
    return first, np.minimum(first + 1, tiles - 1), (at - first).astype(np.float32)


def blurred(picture: NDArray[np.float32], rng: np.random.Generator, *, sigma: float = 0.02) -> NDArray[np.float32]:
    """A Gaussian blur of up to `sigma` of the side; `float32 (H, W, 3)`."""
    width = float(rng.uniform(0, sigma)) * max(picture.shape[:2])
    result: NDArray[np.float32] = gaussian_filter(picture, (width, width, 0), mode="nearest", truncate=3)
    return result


def resampled(picture: NDArray[np.float32], rng: np.random.Generator, *, least: float = 0.4) -> NDArray[np.float32]:
    """A picture made smaller, to `least` of its side or more, and larger again; `float32 (H, W, 3)` in [0, 1]."""
    share = float(rng.uniform(least, 1))
    height, width = picture.shape[:2]
    size = (max(1, round(width * share)), max(1, round(height * share)))
    channels = [
        np.asarray(
            Image.fromarray(channel)
            .resize(size, Image.Resampling.BOX)
            .resize((width, height), Image.Resampling.BICUBIC)
        )
        for channel in np.ascontiguousarray(picture.transpose(2, 0, 1))
    ]
    coarse: NDArray[np.float32] = np.clip(np.stack(channels, axis=-1), 0, 1)
    return coarse


def noisy(picture: NDArray[np.float32], rng: np.random.Generator, *, std: float = 0.04) -> NDArray[np.float32]:
    """Gaussian noise of a standard deviation of up to `std`; `float32 (H, W, 3)` in [0, 1]."""
    strength = np.float32(rng.uniform(0, std))
    grain = rng.standard_normal(picture.shape, np.float32)
    grainy: NDArray[np.float32] = np.clip(picture + strength * grain, 0, 1)
    return grainy
