"""A face bent onto another's landmarks: triangles between them, each moved by an affine map of its own.

The triangles are those of a mean face, the same for everybody and in every frame, so that nothing jumps when an
expression changes. They reach up onto the forehead, as the masks of `faces.aligned.hull` do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from prosopon.core.clip import Frame
from prosopon.faces.aligned.cut import Window
from prosopon.faces.aligned.hull import with_raised_brows
from prosopon.faces.aligned.mean_face import OWN

_BROWS = slice(17, 27)
_INNER_LIPS = (*range(60, 68),)
_EDGE = 1e-6
"""A pixel's centre on the edge of two triangles belongs to both."""
_FLAT = 1e-9
"""Triangles of less area, in square pixels, or turned over, show nothing."""


class Bent(NamedTuple):
    """A picture bent onto the landmarks of a frame, in a window of it.

    Attributes:
        patch: `float32 (h, w, 3)`, 0 to 255; 0 where no triangle lies.
        covered: `bool (h, w)` where a triangle lies.
        in_mouth: `bool (h, w)` between the inner lips.
    """

    patch: NDArray[np.float32]
    covered: NDArray[np.bool_]
    in_mouth: NDArray[np.bool_]


def corners(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """What the triangles hang on: 68 landmarks and both brows once more, raised onto the forehead, `(78, 2)`."""
    points = landmarks.astype(np.float64)
    return np.concatenate((points, with_raised_brows(points)[_BROWS]))


def _triangles() -> NDArray[np.intp]:
    """Of the mean face, all turned the same way, `(N, 3)`."""
    points = corners(OWN)
    found = np.asarray(Delaunay(points).simplices, np.intp)
    turned = _area(points[found]) < 0
    found[turned] = found[turned][:, ::-1]
    return found


def _area(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the area of triangles `(N, 3, 2)`, below 0 where one is turned over."""
    a, b = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    area: NDArray[np.float64] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return area


TRIANGLES: NDArray[np.intp] = _triangles()
"""Which of the corners, `(N, 3)`."""
_MOUTH: NDArray[np.bool_] = np.logical_and.reduce(np.isin(TRIANGLES, _INNER_LIPS), axis=1)


def bent(picture: Frame, landmarks: NDArray[np.floating], onto: NDArray[np.floating], window: Window) -> Bent:
    """Bend a face so that its landmarks come to lie on others.

    Cubic convolution; a picture that gets much smaller should be made smaller before.

    Args:
        picture: `uint8 (H, W, 3)`.
        landmarks: of its face, `(68, 2)`.
        onto: where they shall lie, `(68, 2)` in pixels of the frame.
        window: which pixels of the frame are wanted.

    Raises:
        ValueError: landmarks of another shape.
    """
    if landmarks.shape != (68, 2) or onto.shape != (68, 2):
        raise ValueError(f"a face has 68 landmarks, not {landmarks.shape} and {onto.shape}")
    places, owner = _places(corners(landmarks), corners(onto), window)
    covered = owner >= 0
    planes = torch.from_numpy(np.array(np.moveaxis(picture, -1, 0), np.float32, order="C"))[None]
    unit = places / picture.shape[1::-1] * 2.0 - 1.0
    grid = torch.from_numpy(unit.astype(np.float32))[None]
    seen = F.grid_sample(planes, grid, mode="bicubic", padding_mode="border", align_corners=False)
    patch = np.moveaxis(seen[0].numpy(), 0, -1).clip(0, 255) * covered[..., None]
    return Bent(patch, covered, covered & _MOUTH[owner])


def _places(
    source: NDArray[np.float64], target: NDArray[np.float64], window: Window
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Where in the picture each pixel of the window is read, `(h, w, 2)`, and by which triangle, -1 for none."""
    shape = window.bottom - window.top, window.right - window.left
    places, owner = np.zeros((*shape, 2)), np.full(shape, -1, np.intp)
    local = target - (window.left, window.top)
    areas = _area(local[TRIANGLES])
    for number, triangle in enumerate(TRIANGLES):
        if not areas[number] > _FLAT:
            continue
        a, b, c = local[triangle]
        low = np.maximum(np.floor(np.minimum(np.minimum(a, b), c)).astype(int), 0)
        high = np.minimum(np.ceil(np.maximum(np.maximum(a, b), c)).astype(int), shape[::-1])
        if (high <= low).any():
            continue
        x = np.arange(low[0], high[0]) + 0.5 - a[0]
        y = (np.arange(low[1], high[1]) + 0.5 - a[1])[:, None]
        to_b = (x * (c[1] - a[1]) - y * (c[0] - a[0])) / areas[number]
        to_c = (y * (b[0] - a[0]) - x * (b[1] - a[1])) / areas[number]
        inside = (to_b >= -_EDGE) & (to_c >= -_EDGE) & (to_b + to_c <= 1 + _EDGE)
        one, two, three = source[triangle]
        rows = slice(low[1], high[1]), slice(low[0], high[0])
        owner[rows][inside] = number
        places[rows][inside] = (one + to_b[..., None] * (two - one) + to_c[..., None] * (three - one))[inside]
    return places, owner
