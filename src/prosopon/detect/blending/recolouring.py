"""What sets a blended face apart from its surroundings, and what cameras do to both: colours, sharpness, resolution.

A change of colours is one affine map of RGB, so that it costs a millisecond however much changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

_LUMA = np.array((0.299, 0.587, 0.114))


@dataclass(frozen=True)
class ColourRanges:
    """How far colours move at most, either way, and how often.

    The published shifts of hue, saturation and value are 0.3 of one of 256 levels: nothing that can be seen. Ours are
    small, but can be.
    """

    shift: float = 20.0
    """Of each channel of RGB, in levels."""
    shift_chance: float = 0.3
    hue_deg: float = 5.0
    saturation: float = 0.1
    """As a share of what there is."""
    hsv_chance: float = 1.0
    brightness: float = 0.1
    """As a share of the range."""
    contrast: float = 0.1
    light_chance: float = 1.0


@dataclass(frozen=True)
class Recolouring:
    """One change of colours, to be made to as many pictures as should have it in common."""

    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Added to red, green and blue, in levels."""
    hue_deg: float = 0.0
    """Colours turn so far around the greys."""
    saturation: float = 1.0
    """How many times as far from grey they are afterwards."""
    gain: float = 1.0
    lift: float = 0.0
    """What a level is multiplied by, and what is then added as a share of the range."""

    @classmethod
    def draw(cls, ranges: ColourRanges, rng: np.random.Generator, strength: float = 1.0) -> Recolouring:
        """A change at random, at most `strength` times as large as the ranges say."""
        shift = rng.uniform(-ranges.shift, ranges.shift, 3) * (rng.random() < ranges.shift_chance)
        tone = rng.uniform((-ranges.hue_deg, -ranges.saturation), (ranges.hue_deg, ranges.saturation))
        tone *= rng.random() < ranges.hsv_chance
        light = rng.uniform((-ranges.contrast, -ranges.brightness), (ranges.contrast, ranges.brightness))
        light *= rng.random() < ranges.light_chance
        red, green, blue = (strength * shift).tolist()
        hue_deg, saturation = (strength * tone).tolist()
        contrast, brightness = (strength * light).tolist()
        return cls((red, green, blue), hue_deg, 1 + saturation, 1 + contrast, brightness)

    def matrix(self) -> NDArray[np.float64]:
        """`(3, 4)`: levels of red, green, blue and a 1 -> levels."""
        # Turned around the axis of the greys (Rodrigues), which stay what they are.
        axis = np.full(3, 3**-0.5)
        across = np.array(((0, -1, 1), (1, 0, -1), (-1, 1, 0))) * 3**-0.5
        cos, sin = np.cos(np.radians(self.hue_deg)), np.sin(np.radians(self.hue_deg))
        turned = cos * np.eye(3) + sin * across + (1 - cos) * np.outer(axis, axis)
        farther = self.saturation * np.eye(3) + (1 - self.saturation) * np.outer(np.ones(3), _LUMA)
        offset = self.gain * np.array(self.shift) + 255 * self.lift
        return np.column_stack((self.gain * farther @ turned, offset))

    def apply(self, picture: Image.Image) -> Image.Image:
        """The picture (RGB, any size) with other colours."""
        return picture.convert("RGB", tuple(self.matrix().ravel().tolist()))


def shrunk(picture: Image.Image, factor: float, *, smooth: bool) -> Image.Image:
    """A picture that has lost resolution: `factor` times smaller, and enlarged again linearly.

    Args:
        picture: of any size.
        factor: above 1.
        smooth: whether pixels are averaged (nets paint softly) or left out (published: nearest).
    """
    size = (max(1, round(picture.width / factor)), max(1, round(picture.height / factor)))
    small = picture.resize(size, Image.Resampling.BOX if smooth else Image.Resampling.NEAREST)
    return small.resize(picture.size, Image.Resampling.BILINEAR)


def sharpened(picture: Image.Image, share: float, lightness: float) -> Image.Image:
    """A picture mixed with its edges.

    Args:
        picture: of any size.
        share: of the edges, 0 to 1.
        lightness: what is left of flat areas in that share.
    """
    kernel = np.full(9, -share, np.float64)
    kernel[4] = 1 - share + share * (8 + lightness)
    return picture.filter(ImageFilter.Kernel((3, 3), kernel.tolist(), scale=1))
