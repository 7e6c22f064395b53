"""Landmarks in the frame of the head, and the movements of a face that can be read off them.

The mean head is laid onto the 68 landmarks (`faces.pose68`); how far each lies from where the mean head has it is
taken to be a movement across the face, in the head's own plane, so that neither pose nor size nor place counts. Lengths
are those of a head of mean size, in centimetres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.head68 import HEAD
from prosopon.faces.pose68 import HeadFit

Points = NDArray[np.float64]

_FLIP = np.array((1.0, -1.0))
_STEEPEST = 0.3
"""Least determinant of the view onto the face's plane (the cosine of its turn): beyond it nothing can be read off."""
_CORNERS = (48, 54)


def in_head_frame(landmarks: NDArray[np.floating], head: HeadFit) -> Points | None:
    """Landmarks `(68, 2)` in pixels -> `(68, 3)` centimetres: x to the picture's right, y up, z forward.

    None where the head is turned so far away that movements across the face cannot be seen.
    """
    seen = (landmarks.astype(np.float64) - head.offset) * _FLIP / head.scale
    off = seen - HEAD @ head.rotation[:2].T
    plane = head.rotation[:2, :2]
    if abs(np.linalg.det(plane)) < _STEEPEST:
        return None
    points = HEAD.copy()
    points[:, :2] += np.linalg.solve(plane, off.T).T
    return points


def mouth_width(points: Points) -> float:
    """Distance between the corners of the mouth."""
    return float(np.linalg.norm(points[48] - points[54]))


def mouth_height(points: Points) -> float:
    """Distance between the lips' inner edges, mean of three places; 0 for a shut mouth."""
    return float(np.mean([np.linalg.norm(points[upper] - points[lower]) for upper, lower in _LIPS]))


_LIPS = ((61, 67), (62, 66), (63, 65))


def action_units(points: Points) -> dict[str, float]:
    """Stand-ins for 16 action units, by what landmarks show of them; more is more of the unit's movement.

    They are lengths, not the units' strengths, and share landmarks, so that some go together by construction. AU04
    knows brows that are drawn together and not lowered ones, AU06 and AU09 only what cheek and nose push along: the
    lower lid's outer half and the wings of the nose.
    """
    x, y = points[:, 0], points[:, 1]

    def height(*indices: int) -> float:
        return float(np.mean(y[list(indices)]))

    middle = height(62, 66)
    outward = (x[_CORNERS[1]] - x[_CORNERS[0]]) / 2
    return {
        "AU01": height(21, 22),
        "AU02": height(17, 18, 25, 26),
        "AU04": -float(x[22] - x[21]),
        "AU05": height(37, 38, 43, 44) - height(36, 39, 42, 45),
        "AU06": height(41, 46) - height(36, 45),
        "AU07": height(40, 47) - height(39, 42),
        "AU09": height(31, 35),
        "AU10": height(50, 51, 52) - height(33),
        "AU12": float(outward + height(*_CORNERS)) / float(np.sqrt(2)),
        "AU14": float(2 * outward - (x[52] - x[50])),
        "AU15": middle - height(*_CORNERS),
        "AU17": height(8) - height(57),
        "AU20": float(x[55] - x[59]),
        "AU23": -float(y[51] - y[62] + y[66] - y[57]),
        "AU25": mouth_height(points),
        "AU26": height(33) - height(8),
    }
