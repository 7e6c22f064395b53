"""What spoils pictures of faces on their way: each fault alone with its strength, and mixtures drawn at random.

Pictures are `uint8 (H, W, 3)`; every fault gives back a new one of the same size.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from prosopon.core.clip import Frame


def blurred(frame: Frame, sigma_px: float) -> Frame:
    """Out of focus: a Gaussian."""
    return np.asarray(Image.fromarray(frame).filter(ImageFilter.GaussianBlur(sigma_px)))


def smeared(frame: Frame, length_px: float, angle_deg: float) -> Frame:
    """Shaken: the mean along a line."""
    n = max(2, round(length_px))
    angle = np.radians(angle_deg)
    picture = Image.fromarray(frame)
    total = np.zeros(frame.shape, np.float32)
    for offset in np.linspace(-length_px / 2, length_px / 2, n):
        data = (1, 0, offset * np.cos(angle), 0, 1, offset * np.sin(angle))
        total += np.asarray(picture.transform(picture.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR))
    return (total / n + 0.5).astype(np.uint8)


def lit(frame: Frame, brightness: float, gamma: float = 1.0) -> Frame:
    """Darker or brighter: brightness times value to the power of gamma."""
    table = np.clip(255 * brightness * (np.arange(256) / 255) ** gamma + 0.5, 0, 255).astype(np.uint8)
    return table[frame]


def tinted(frame: Frame, factors: NDArray[np.float64], saturation: float) -> Frame:
    """Colours multiplied, and drawn to grey (saturation 0) or away from it (above 1)."""
    values = frame.astype(np.float32)
    grey = values @ np.array((0.299, 0.587, 0.114), np.float32)
    values = grey[..., None] + (values - grey[..., None]) * np.float32(saturation)
    coloured: Frame = np.clip(values * factors.astype(np.float32) + 0.5, 0, 255).astype(np.uint8)
    return coloured


def noisy(frame: Frame, sigma: float, rng: np.random.Generator) -> Frame:
    """Grain: a Gaussian of standard deviation `sigma` of 255 levels."""
    grain = rng.standard_normal(frame.shape, np.float32) * np.float32(sigma)
    spoilt: Frame = np.clip(frame + grain + 0.5, 0, 255).astype(np.uint8)
    return spoilt


def compressed(frame: Frame, quality: int) -> Frame:
    """Through JPEG and back, quality 1 to 95."""
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def coarsened(frame: Frame, factor: float) -> Frame:
    """Made smaller by a factor above 1 and large again."""
    height, width = frame.shape[:2]
    small = (max(1, round(width / factor)), max(1, round(height / factor)))
    picture = Image.fromarray(frame).resize(small, Image.Resampling.BOX)
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def occluded(
    frame: Frame, x: float, y: float, size: float, rng: np.random.Generator, *, share: float | None = None
) -> Frame:
    """Something before the face: a bar, a disc, a polygon of one colour, of noise or of another part of the picture.

    Args:
        frame: the picture.
        x, y, size: of the face in pixels.
        rng: draws form, place and filling.
        share: how much of the face's size the thing measures; drawn when None.
    """
    reach = size * (share if share is not None else float(rng.uniform(0.15, 0.85)))
    centre_x, centre_y = x + rng.uniform(-0.45, 0.45) * size, y + rng.uniform(-0.45, 0.45) * size
    height, width = frame.shape[:2]
    mask = Image.new("L", (width, height))
    draw = ImageDraw.Draw(mask)
    stretch = rng.uniform(0.4, 1.0, 2) * reach
    form = int(rng.integers(3))
    if form == 0:
        angle = rng.uniform(0, np.pi)
        turn = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
        corners = np.array(((-1, -1), (1, -1), (1, 1), (-1, 1))) * stretch / 2 @ turn.T + (centre_x, centre_y)
        draw.polygon([(float(a), float(b)) for a, b in corners], fill=255)
    elif form == 1:
        left, top = centre_x - stretch[0] / 2, centre_y - stretch[1] / 2
        draw.ellipse((left, top, left + stretch[0], top + stretch[1]), fill=255)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, 7))
        radii = rng.uniform(0.3, 0.6, 7) * reach
        draw.polygon(
            [(float(centre_x + r * np.cos(a)), float(centre_y + r * np.sin(a))) for a, r in zip(angles, radii)],  # noqa: B905
            fill=255,
        )
    filling = int(rng.integers(3))
    if filling == 0:
        cover = np.broadcast_to(rng.integers(0, 256, 3).astype(np.uint8), frame.shape)
    elif filling == 1:
        grain = rng.integers(0, 256, (6, 6, 3)).astype(np.uint8)
        cover = np.asarray(Image.fromarray(grain).resize((width, height), Image.Resampling.BILINEAR))
    else:
        cover = np.roll(frame, (int(rng.integers(height)), int(rng.integers(width))), (0, 1))
    covered: Frame = np.where(np.asarray(mask)[..., None] > 127, cover, frame).astype(np.uint8)
    return covered


def spoilt(frame: Frame, rng: np.random.Generator, face_px: float) -> Frame:
    """A mixture of faults drawn at random, most of them absent.

    Args:
        frame: the picture.
        rng: everything random.
        face_px: size of a face in it: blur is measured by that.
    """
    factors = 1 + 0.12 * rng.standard_normal(3).clip(-2, 2)
    frame = tinted(frame, factors, 0.0 if rng.random() < 0.12 else float(rng.uniform(0.4, 1.5)))
    fate = rng.random()
    if fate < 0.2:
        frame = lit(frame, float(np.exp(rng.uniform(np.log(0.08), np.log(0.7)))), float(rng.uniform(0.8, 1.6)))
    elif fate < 0.7:
        frame = lit(frame, float(rng.uniform(0.6, 1.5)), float(np.exp(rng.normal(0, 0.3))))
    fate = rng.random()
    if fate < 0.18:
        frame = blurred(frame, face_px * float(np.exp(rng.uniform(np.log(0.006), np.log(0.07)))))
    elif fate < 0.26:
        frame = smeared(
            frame, max(2.0, min(24.0, face_px * float(rng.uniform(0.02, 0.14)))), float(rng.uniform(0, 180))
        )
    elif fate < 0.4:
        frame = coarsened(frame, max(1.05, face_px / float(np.exp(rng.uniform(np.log(14), np.log(60))))))
    if rng.random() < 0.25:
        frame = noisy(frame, float(np.exp(rng.uniform(np.log(2), np.log(30)))), rng)
    if rng.random() < 0.35:
        frame = compressed(frame, int(rng.integers(4, 70)))
    return frame
