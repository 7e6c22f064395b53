"""Self-blended images: a face laid over itself, so that a net learns what seams look like, whoever made them.

Shiohara, Yamasaki: Detecting Deepfakes with Self-Blended Images. CVPR 2022, arXiv 2204.08376. Two copies of one face,
of which one is changed in colour and sharpness; the source is moved by a few pixels and blended into the target within
a soft mask. The target is the real picture and the blend the fake one: both have the same changes outside the mask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.detect.blending.recolouring import ColourRanges, Recolouring, sharpened, shrunk
from prosopon.detect.blending.region import bent, outline_of, soft_mask


def _regions() -> Mapping[str, float]:
    return {"head": 0.45, "face": 0.2, "lower": 0.12, "middle": 0.1, "mouth": 0.08, "eyes": 0.05}


@dataclass(frozen=True)
class SelfBlending:
    """How faces are blended into themselves; the defaults are as published where nothing else is said."""

    regions: Mapping[str, float] = field(default_factory=_regions)
    """Chances of what is blended in. Published: `head` 0.75, `face` 0.25."""
    colours: ColourRanges = ColourRanges()  # noqa: RUF009 - frozen
    """What source or target is changed by."""
    strengths: tuple[float, ...] = (0.3, 0.6, 1.0)
    """Of these changes of colour, one drawn each time. Published: 1; face programs match colours, and so do these."""
    shrink: tuple[float, float] = (1.2, 3.0)
    """How many times smaller. Published: 2 or 4, of faces three times as large as ours."""
    sharpen: tuple[float, float] = (0.2, 0.5)
    lightness: tuple[float, float] = (0.5, 1.0)
    move_x: float = 0.03
    move_y: float = 0.015
    """How far the source is moved at most, as shares of the picture."""
    scale: tuple[float, float] = (0.95, 1 / 0.95)
    bend: float = 0.006
    """Of the mask's outline, as a share of the picture's side. Published: 1.2 pixels of some 200."""
    ratios: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0, 1.0, 1.0)
    """How much of the source is seen where the mask is 1, one drawn each time."""


@dataclass(frozen=True)
class Blended:
    """A pair to learn from.

    Attributes:
        real: `uint8 (S, S, 3)`, the target.
        fake: `uint8 (S, S, 3)`, the source blended into it; wherever the mask is 0 the same as `real`.
        mask: `float32 (S, S)`, 0 to 1, the ratio included.
    """

    real: Frame
    fake: Frame
    mask: NDArray[np.float32]


def self_blended(
    picture: Frame,
    landmarks: NDArray[np.floating],
    rng: np.random.Generator,
    settings: SelfBlending = SelfBlending(),
    other: Frame | None = None,
) -> Blended:
    """Blend a face into itself, or another one into it.

    Args:
        picture: `uint8 (S, S, 3)`, the face with its surroundings, all the landmarks well within.
        landmarks: `(68, 2)` in its pixels.
        rng: the only source of chance.
        settings: how.
        other: a picture of the same size whose face lies where this one does, to be the source; None: the picture.
    """
    side = picture.shape[0]
    names, chances = [*settings.regions], np.array([*settings.regions.values()])
    region = names[rng.choice(len(names), p=chances / chances.sum())]
    outline = outline_of(landmarks, region, rng)
    target = Image.fromarray(picture)
    source = target if other is None else Image.fromarray(other)
    if rng.random() < 0.5:
        source = _changed(source, settings, rng)
    else:
        target = _changed(target, settings, rng)
    scale = float(rng.uniform(*settings.scale))
    move = rng.uniform((-settings.move_x, -settings.move_y), (settings.move_x, settings.move_y)) * side
    offset = side / 2 * (1 - scale) + move
    source = source.transform(source.size, Image.Transform.AFFINE, _back(scale, offset), Image.Resampling.BILINEAR)
    mask = np.zeros((side, side), np.float32)
    if outline is not None:
        moved = bent(outline * scale + offset, side, settings.bend * side, rng)
        mask = soft_mask(moved, side, rng) * np.float32(rng.choice(settings.ratios))
    real = np.asarray(target)
    return Blended(real, blend(np.asarray(source), real, mask), mask)


def blend(source: Frame, target: Frame, mask: NDArray[np.float32]) -> Frame:
    """`source` where the mask is 1, `target` where it is 0, in between a mixture; all of one size."""
    result = target.copy()
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    if rows.size:
        within = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        base = target[within].astype(np.float32)
        base += mask[within][..., None] * (source[within].astype(np.float32) - base)
        result[within] = np.rint(base)
    return result


def _changed(picture: Image.Image, settings: SelfBlending, rng: np.random.Generator) -> Image.Image:
    strength = float(rng.choice(settings.strengths))
    picture = Recolouring.draw(settings.colours, rng, strength).apply(picture)
    if rng.random() < 0.5:
        return shrunk(picture, float(rng.uniform(*settings.shrink)), smooth=bool(rng.random() < 0.5))
    return sharpened(picture, float(rng.uniform(*settings.sharpen)), float(rng.uniform(*settings.lightness)))


def _back(scale: float, offset: NDArray[np.float64]) -> tuple[float, float, float, float, float, float]:
    """Pillow's coefficients: from pixels of the result to those of the source."""
    x, y = (-offset / scale).tolist()
    return (1 / scale, 0.0, x, 0.0, 1 / scale, y)
