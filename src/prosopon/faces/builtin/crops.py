"""Single faces for the landmark net to learn from: cut out nearly upright, as the finder will, and spoilt at random."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.faces.builtin.degrade import occluded, spoilt
from prosopon.faces.builtin.landmarks import CROP_PX, CROP_SIDE
from prosopon.faces.sixty_eight import MIRROR
from prosopon.faces.stance import Stance, apply, inverse, view

_SURE = 0.55
"""Share of the crops that are as well placed as the finder's second look is; the others as the first look may be."""


def draw_crop(
    picture: Frame, landmarks: NDArray[np.float32], rng: np.random.Generator, *, bends: bool
) -> tuple[Frame, NDArray[np.float32]]:
    """A crop of a stored face.

    Args:
        picture: `uint8 (S, S, 3)`.
        landmarks: `(68, 2)` in its pixels.
        rng: everything random.
        bends: whether the face is bent smoothly too, so that one still stands for many people.

    Returns:
        `uint8 (128, 128, 3)` and `float32 (68, 2)` in crop widths.
    """
    stance = Stance.of(landmarks)
    sure = rng.random() < _SURE
    shift, zoom, turn = (0.025, 0.04, 4.0) if sure else (0.07, 0.13, 16.0)
    moved = Stance(
        stance.x + stance.size * float(rng.normal(0, shift)),
        stance.y + stance.size * float(rng.normal(0, shift)),
        stance.size * float(np.exp(np.clip(rng.normal(0, zoom), -0.4, 0.4))),
        stance.roll_deg + float(np.clip(rng.normal(0, turn), -50, 50)),
    )
    matrix = moved.matrix(CROP_SIDE, CROP_PX)
    # People are not equally wide: a little stretching, along a random axis.
    angle, stretch = rng.uniform(0, np.pi), float(np.exp(rng.normal(0, 0.04)))
    axis = np.array((np.cos(angle), np.sin(angle)))
    stretched = np.eye(2) + (stretch - 1) * np.outer(axis, axis)
    middle = np.array((CROP_PX / 2, CROP_PX / 2))
    matrix = np.column_stack((matrix[:, :2] @ stretched, matrix[:, 2] + matrix[:, :2] @ (middle - stretched @ middle)))
    crop = view(picture, matrix, CROP_PX, CROP_PX)
    points = apply(inverse(matrix), landmarks) / CROP_PX
    if bends:
        crop, points = bent(crop, points, rng)
    if rng.random() < 0.5:
        crop, points = crop[:, ::-1], (np.array((1.0, 0.0)) + points * (-1, 1))[MIRROR]
    crop = np.ascontiguousarray(crop)
    face_px = CROP_PX / CROP_SIDE
    if rng.random() < 0.3:
        for _ in range(int(rng.integers(1, 3))):
            crop = occluded(crop, CROP_PX / 2, CROP_PX / 2, face_px, rng)
    return spoilt(crop, rng, face_px), points.astype(np.float32)


def draw_nobody(
    picture: Frame,
    inside: NDArray[np.float32],
    landmarks: NDArray[np.float32] | None,
    rng: np.random.Generator,
) -> Frame | None:
    """A crop that shows no face, or None where none was found beside the face.

    Args:
        picture: `uint8 (S, S, 3)`.
        inside: the part of it that counts: left, top, right, bottom.
        landmarks: the face in it, or None.
        rng: everything random.
    """
    left, top, right, bottom = (float(side) for side in inside)
    face = None if landmarks is None else Stance.of(landmarks)
    for _ in range(8):
        size = float(np.exp(rng.uniform(np.log(20), np.log(max(30.0, 0.7 * min(right - left, bottom - top))))))
        x, y = float(rng.uniform(left, right)), float(rng.uniform(top, bottom))
        # A crop with half a face in it, or with a face far too small or large, is none to put landmarks on either.
        if face is not None:
            far = np.hypot(x - face.x, y - face.y) / max(size, face.size)
            if far < 0.6 and 0.3 < size / face.size < 3.3:
                continue
            if far < 0.9 and rng.random() < 0.5:
                continue
        matrix = Stance(x, y, size, float(rng.uniform(-180, 180))).matrix(CROP_SIDE, CROP_PX)
        return spoilt(view(picture, matrix, CROP_PX, CROP_PX), rng, CROP_PX / CROP_SIDE)
    return None


def bent(picture: Frame, points: NDArray[np.float64], rng: np.random.Generator) -> tuple[Frame, NDArray[np.float64]]:
    """A picture and points in its widths, moved by a few smooth bumps that are small enough not to fold."""
    centres, spread = rng.uniform(0.15, 0.85, (5, 2)), float(rng.uniform(0.1, 0.22))
    pushes = rng.normal(0, 0.014, (5, 2))

    def push(at: NDArray[np.float64]) -> NDArray[np.float64]:
        squared = ((at[..., None, :] - centres) ** 2).sum(-1)
        moved: NDArray[np.float64] = np.exp(-squared / (2 * spread**2)) @ pushes
        return moved

    side, cells = picture.shape[0], 8
    edges = np.linspace(0, side, cells + 1).astype(int)
    mesh = []
    for top, bottom in itertools.pairwise(edges):
        for left, right in itertools.pairwise(edges):
            corners = np.array([(left, top), (left, bottom), (right, bottom), (right, top)], np.float64)
            read = corners + push(corners / side) * side
            mesh.append(((int(left), int(top), int(right), int(bottom)), tuple(read.ravel().tolist())))
    image = Image.fromarray(np.ascontiguousarray(picture))
    out = image.transform(image.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
    moved = points - push(points)
    return np.asarray(out), points - push(moved)
