"""Pictures with enough in them to be told apart, one with another face in it, and what happens to copies."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from prosopon.core.clip import Frame

FACE = (120, 60, 200, 160)
"""Left, top, right, bottom of the face."""


def scene(seed: int = 0, *, face: int = 0, width: int = 320, height: int = 240, shift: int = 0) -> Frame:
    """A room of coloured shapes with a drawn head in it.

    Args:
        seed: of the room.
        face: which face the head has.
        width, height: in pixels; the head is always at the same place of 320 x 240.
        shift: the head is so many pixels further to the right.
    """
    rng = np.random.default_rng(seed)
    room = Image.new("RGB", (320, 240), tuple((110 + rng.integers(-30, 50, 3)).tolist()))
    pen = ImageDraw.Draw(room)
    for _ in range(70):
        x, y, size = (int(value) for value in rng.integers((-20, -20, 8), (320, 240, 60)))
        colour = tuple((int(rng.integers(30, 190)) + rng.integers(-25, 45, 3)).tolist())
        draw = (pen.ellipse, pen.rectangle)[int(rng.integers(2))]
        draw((x, y, x + size, y + int(rng.integers(8, 60))), fill=colour)
    left, top, right, bottom = FACE
    pen.ellipse((left - 14 + shift, top - 24, right + 14 + shift, bottom + 14), fill=(60, 40, 30))
    look = np.random.default_rng(1000 + face)
    skin = (205 + int(look.integers(-12, 12)), 160 + int(look.integers(-12, 12)), 135)
    pen.ellipse((left + shift, top, right + shift, bottom), fill=skin)
    eye, wide = int(look.integers(88, 108)), int(look.integers(10, 22))
    for x in (140, 180):
        pen.ellipse((x - wide / 2 + shift, eye - 5, x + wide / 2 + shift, eye + 5), fill=(250, 250, 250))
        pen.ellipse((x - 4 + shift, eye - 4, x + 4 + shift, eye + 4), fill=tuple(look.integers(0, 120, 3).tolist()))
        pen.line(
            (x - wide + shift, eye - 14, x + wide + shift, eye - 14), fill=(50, 35, 25), width=int(look.integers(2, 6))
        )
    mouth = int(look.integers(130, 146))
    pen.polygon([(160 + shift, eye + 6), (152 + shift, mouth - 14), (168 + shift, mouth - 14)], fill=(180, 130, 110))
    half = int(look.integers(10, 26))
    pen.ellipse((160 - half + shift, mouth - 4, 160 + half + shift, mouth + 4), fill=(170, 50, 60))
    picture = np.asarray(room.filter(ImageFilter.GaussianBlur(0.7)).resize((width, height), Image.Resampling.LANCZOS))
    grain = rng.normal(0, 2, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def swapped(seed: int = 0, face: int = 1, **size: int) -> Frame:
    """The same room and head with another face, blended in softly."""
    plain, other = scene(seed, **size), scene(seed, face=face, **size)
    mask = Image.fromarray(face_mask(plain.shape[1], plain.shape[0]).astype(np.uint8) * 255)
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(3)), np.float32)[..., None] / 255
    return np.clip(plain * (1 - soft) + other * soft, 0, 255).astype(np.uint8)


def face_mask(width: int = 320, height: int = 240) -> NDArray[np.bool_]:
    """Where the face is."""
    mask = Image.new("L", (320, 240))
    ImageDraw.Draw(mask).ellipse(FACE, fill=255)
    return np.asarray(mask.resize((width, height))) > 127


def jpeg(frame: Frame, quality: int = 75) -> Frame:
    """Encoded and decoded."""
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer))


def resized(frame: Frame, share: float) -> Frame:
    """Smaller or larger."""
    size = (round(frame.shape[1] * share), round(frame.shape[0] * share))
    return np.array(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC))


def cropped(frame: Frame, left: int, top: int, right: int = 0, bottom: int = 0) -> Frame:
    """So many pixels cut off at each side."""
    return np.ascontiguousarray(frame[top : frame.shape[0] - bottom, left : frame.shape[1] - right])


def graded(frame: Frame, gain: float = 1.15, gamma: float = 0.9) -> Frame:
    """Other brightness, and other shadows."""
    return np.clip(255 * (frame / 255.0) ** gamma * gain, 0, 255).astype(np.uint8)
