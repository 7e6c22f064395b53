"""Augmentation of a pair of frames as published: both frames change alike.

The order is that of the reference implementation: flip, rotation, resize, crop, colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageEnhance

from prosopon.core.clip import Frame


@dataclass(frozen=True)
class AugmentConfig:
    """What is done to a pair of training frames, alike to both unless said otherwise."""

    time_flip: bool = True
    horizontal_flip: bool = True
    brightness: float = 0.1
    contrast: float = 0.1
    saturation: float = 0.1
    hue: float = 0.1
    resize: tuple[float, float] | None = None
    """Common factor drawn from this range."""
    crop_px: int | None = None
    rotation_deg: float = 0


def augmented(frames: Sequence[Frame], config: AugmentConfig, rng: np.random.Generator) -> list[Frame]:
    """Change frames `uint8 (H, W, 3)` of one size, all alike; time may run backwards.

    The size changes only with `config.resize` and `config.crop_px`.
    """
    out = _flipped(list(frames), config, rng)
    if config.rotation_deg:
        angle = float(rng.uniform(-config.rotation_deg, config.rotation_deg))
        out = [_pixels(_picture(frame).rotate(angle, Image.Resampling.BILINEAR)) for frame in out]
    if config.resize is not None:
        out = _resized(out, float(rng.uniform(*config.resize)))
    if config.crop_px is not None:
        out = _cropped(out, config.crop_px, rng)
    return _recoloured(out, config, rng)


def _flipped(frames: list[Frame], config: AugmentConfig, rng: np.random.Generator) -> list[Frame]:
    """Time runs backwards half of the time; of the rest, half is mirrored: never both."""
    backwards, mirrored = rng.random(2) < 0.5
    if backwards and config.time_flip:
        return frames[::-1]
    if mirrored and config.horizontal_flip:
        return [frame[:, ::-1] for frame in frames]
    return frames


def _resized(frames: list[Frame], factor: float) -> list[Frame]:
    """Nearest neighbour, as published."""
    height, width = frames[0].shape[:2]
    size = (max(1, int(width * factor)), max(1, int(height * factor)))
    return [_pixels(_picture(frame).resize(size, Image.Resampling.NEAREST)) for frame in frames]


def _cropped(frames: list[Frame], size: int, rng: np.random.Generator) -> list[Frame]:
    """The same random window of all frames, whose edges are repeated where they are too small."""
    height, width = frames[0].shape[:2]
    pad_y, pad_x = max(0, size - height + 1) // 2, max(0, size - width + 1) // 2
    top = int(rng.integers(height + 2 * pad_y - size + 1))
    left = int(rng.integers(width + 2 * pad_x - size + 1))
    pads = ((pad_y, pad_y), (pad_x, pad_x), (0, 0))
    return [np.pad(frame, pads, mode="edge")[top : top + size, left : left + size] for frame in frames]


def _recoloured(frames: list[Frame], config: AugmentConfig, rng: np.random.Generator) -> list[Frame]:
    """One set of factors and one order of the operations for all frames."""
    ranges = {
        "brightness": config.brightness,
        "contrast": config.contrast,
        "saturation": config.saturation,
        "hue": config.hue,
    }
    wanted = [name for name, size in ranges.items() if size]
    middle = {name: 0.0 if name == "hue" else 1.0 for name in wanted}
    factors = {name: float(rng.uniform(-1, 1)) * ranges[name] + middle[name] for name in wanted}
    order = [wanted[index] for index in rng.permutation(len(wanted))]
    out = []
    for frame in frames:
        picture = _picture(frame)
        for name in order:
            picture = _with_colour(picture, name, max(0.0, factors[name]) if name != "hue" else factors[name])
        out.append(_pixels(picture))
    return out


def _with_colour(picture: Image.Image, name: str, factor: float) -> Image.Image:
    if name == "hue":
        return _with_hue(picture, factor)
    kind = {
        "brightness": ImageEnhance.Brightness,
        "contrast": ImageEnhance.Contrast,
        "saturation": ImageEnhance.Color,
    }[name]
    return kind(picture).enhance(factor)


def _with_hue(picture: Image.Image, turn: float) -> Image.Image:
    """Hue turned by a share of the full circle, -0.5 to 0.5."""
    hsv = np.array(picture.convert("HSV"))
    hsv[..., 0] += np.uint8(round(turn * 255) % 256)  # wraps around, as a circle does
    return Image.fromarray(hsv, "HSV").convert("RGB")


def _picture(frame: Frame) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(frame))


def _pixels(picture: Image.Image) -> Frame:
    out: Frame = np.asarray(picture)
    return out
