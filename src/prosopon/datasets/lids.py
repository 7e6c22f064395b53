"""Eyes closed by bending a picture: the skin above the upper lid is drawn down over the eye, as a lid is.

Stills show everybody with open eyes, and most people whom one has footage of blink too seldom to learn it from. This
gives each of them closed and half closed eyes, with their own skin, and says where the lids then are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from prosopon.core.clip import Frame

# Outer corner, upper lid, inner corner, lower lid from the outside; the brow above it.
_EYES = (((36, 37, 38, 39), (36, 41, 40, 39), slice(17, 22)), ((42, 43, 44, 45), (42, 47, 46, 45), slice(22, 27)))
_UPPER_TO_LOWER = ((37, 41), (38, 40), (43, 47), (44, 46))
_SKIN_SHARE = 0.55
"""How much of the way up to the brow stretches along."""


def close_lids(picture: Frame, landmarks: NDArray[np.floating], amount: float) -> tuple[Frame, NDArray[np.float64]]:
    """A picture with both upper lids lowered.

    Args:
        picture: `uint8 (H, W, 3)`.
        landmarks: `(68, 2)` pixels, pixel (0, 0) having its centre at (0.5, 0.5).
        amount: 0 leaves them, 1 closes them.

    Returns:
        The picture, and the landmarks with the points of the upper lids where they now are.
    """
    closed = np.array(picture)
    points: NDArray[np.float64] = landmarks.astype(np.float64)
    for upper, lower, brow in _EYES:
        eye = (points[list(upper)], points[list(lower)], points[brow])
        _close(picture, closed, eye, amount)
    moved = points.copy()
    for high, low in _UPPER_TO_LOWER:
        moved[high] += amount * (points[low] - points[high])
    return closed, moved


def _close(picture: Frame, closed: Frame, eye: tuple[NDArray[np.float64], ...], amount: float) -> None:
    """Draw one closed eye, given by its upper and lower lid and its brow, into `closed`."""
    upper, lower, brow = eye
    across = upper[3] - upper[0]
    width = float(np.linalg.norm(across))
    if width < 1:
        return
    axis = across / width
    down = np.array([-axis[1], axis[0]])
    # The eye in its own frame: u along the corners, v downwards.
    frame = np.stack((axis, down), axis=1)
    lid, rim, above = ((points - upper[0]) @ frame for points in (upper, lower, brow))
    skin = _SKIN_SHARE * max(1.0, float(lid[1:3, 1].mean() - above[:, 1].mean()))

    reach = int(np.ceil(width + skin))
    left, top = (np.floor(upper.mean(0)) - reach).astype(int)
    ys, xs = np.mgrid[top : top + 2 * reach, left : left + 2 * reach]
    inside = (ys >= 0) & (ys < picture.shape[0]) & (xs >= 0) & (xs < picture.shape[1])
    ys, xs = ys[inside], xs[inside]
    u, v = (np.stack((xs + 0.5, ys + 0.5), axis=-1) - upper[0]).dot(frame).T
    v_lid, v_rim = _curve(lid, u), _curve(rim, u)
    v_new = v_lid + amount * np.maximum(v_rim - v_lid, 0)
    v_top = v_lid - skin
    covered = (u > 0) & (u < width) & (v > v_top) & (v < v_new)
    u, v, v_lid, v_new, v_top = (values[covered] for values in (u, v, v_lid, v_new, v_top))
    # Along each column the skin between its upper end and the lid is stretched to the lid's new place.
    read = v_top + (v - v_top) * (v_lid - v_top) / np.maximum(v_new - v_top, 1e-6)
    at = upper[0] + np.stack((u, read), axis=-1) @ frame.T - 0.5
    for channel in range(3):
        values = map_coordinates(picture[..., channel].astype(np.float32), at[:, ::-1].T, order=1, mode="nearest")
        closed[ys[covered], xs[covered], channel] = np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _curve(points: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    """A lid's height over the eye's axis: the cubic through its four points."""
    # Corners that coincide, as in a profile, have no such cubic; a straight line does then.
    degree = 3 if np.diff(np.sort(points[:, 0])).min() > 0.05 * np.ptp(points[:, 0]) else 1
    low, high = points[:, 0].min(), points[:, 0].max()
    return np.polynomial.Polynomial.fit(points[:, 0], points[:, 1], degree)(np.clip(u, low, high))
