"""Trials of a face finder: a clear picture spoilt in one way, more and more, its landmarks known all along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.faces.builtin import degrade
from prosopon.faces.pose68 import face_box, fit_head
from prosopon.faces.stance import Stance, apply, inverse, view

Shown = tuple[Frame, Face]


@dataclass(frozen=True)
class Trial:
    """One way to spoil a picture, with its strength.

    Attributes:
        kind: `blur`, `dark` ...
        level: how strong, for people.
        spoil: picture and face -> the spoilt picture and where the face is in it; random choices from the generator.
    """

    kind: str
    level: str
    spoil: Callable[[Frame, Face, np.random.Generator], Shown]


def trials() -> tuple[Trial, ...]:
    """All trials, the lighter ones of each kind first."""
    return (
        *(Trial("rotation", f"{angle} deg", _rotated(angle)) for angle in (15, 30, 45, 90, 180)),
        *(Trial("blur", f"{share} % of the face", _blurred(share / 100)) for share in (1, 2, 4, 7)),
        *(Trial("dark", f"{share} % of the light", _dark(share / 100)) for share in (50, 25, 10)),
        *(Trial("occlusion", f"{share} % of the size", _occluded(share / 100)) for share in (20, 35, 50)),
        *(Trial("noise", f"{sigma} of 255", _noisy(sigma)) for sigma in (10, 25)),
        *(Trial("JPEG", f"quality {quality}", _compressed(quality)) for quality in (30, 10, 5)),
        *(Trial("size", f"{size} px", _sized(size)) for size in (64, 40, 24, 16)),
    )


def _size(face: Face) -> Stance:
    assert face.landmarks is not None  # noqa: S101 - only faces with landmarks are tried
    return Stance.of(face.landmarks)


def _moved(face: Face, back: NDArray[np.float64]) -> Face:
    """A face after its picture was seen through an affine map whose inverse is `back`."""
    assert face.landmarks is not None  # noqa: S101
    landmarks = apply(back, face.landmarks).astype(np.float32)
    head = fit_head(landmarks)
    return replace(face, landmarks=landmarks, box=face_box(landmarks, head), pose=head.pose, dense=None)


def _rotated(angle: float) -> Callable[[Frame, Face, np.random.Generator], Shown]:
    def spoil(frame: Frame, face: Face, rng: np.random.Generator) -> Shown:
        height, width = frame.shape[:2]
        turned = np.radians(angle if rng.random() < 0.5 else -angle)
        cos, sin = np.cos(-turned), np.sin(-turned)
        linear = np.array(((cos, -sin), (sin, cos)))
        # Turned about the middle; the picture grows so that nothing is cut off.
        size = np.abs(linear.T) @ (width, height)
        wide, high = round(float(size[0])), round(float(size[1]))
        matrix = np.column_stack((linear, np.array((width / 2, height / 2)) - linear @ (wide / 2, high / 2)))
        return view(frame, matrix, wide, high), _moved(face, inverse(matrix))

    return spoil


def _blurred(share: float) -> Callable[[Frame, Face, np.random.Generator], Shown]:
    return lambda frame, face, rng: (degrade.blurred(frame, share * _size(face).size), face)


def _dark(share: float) -> Callable[[Frame, Face, np.random.Generator], Shown]:
    return lambda frame, face, rng: (degrade.lit(frame, share), face)


def _occluded(share: float) -> Callable[[Frame, Face, np.random.Generator], Shown]:
    def spoil(frame: Frame, face: Face, rng: np.random.Generator) -> Shown:
        stance = _size(face)
        return degrade.occluded(frame, stance.x, stance.y, stance.size, rng, share=share), face

    return spoil


def _noisy(sigma: float) -> Callable[[Frame, Face, np.random.Generator], Shown]:
    return lambda frame, face, rng: (degrade.noisy(frame, sigma, rng), face)


def _compressed(quality: int) -> Callable[[Frame, Face, np.random.Generator], Shown]:
    return lambda frame, face, rng: (degrade.compressed(frame, quality), face)


def _sized(size_px: float) -> Callable[[Frame, Face, np.random.Generator], Shown]:
    """The picture made smaller and laid into a plain one of its first size, as somebody far away."""

    def spoil(frame: Frame, face: Face, rng: np.random.Generator) -> Shown:
        scale = size_px / _size(face).size
        height, width = frame.shape[:2]
        small = (max(1, round(width * scale)), max(1, round(height * scale)))
        if scale >= 1:
            return frame, face
        canvas = np.broadcast_to(frame.mean((0, 1)).astype(np.uint8), frame.shape).copy()
        left, top = int(rng.integers(width - small[0] + 1)), int(rng.integers(height - small[1] + 1))
        shrunk = Image.fromarray(np.ascontiguousarray(frame)).resize(small, Image.Resampling.BICUBIC)
        canvas[top : top + small[1], left : left + small[0]] = shrunk
        exact = np.array((small[0] / width, small[1] / height))
        return canvas, _moved(face, np.column_stack((np.diag(exact), (left, top))))

    return spoil
