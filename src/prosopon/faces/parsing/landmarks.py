"""Parts of a face from its 68 landmarks alone: no weights, no look at the picture.

It cannot know hair, ears, neck, glasses, clothes and beards, nor where something hides the face; where it says
background, that is only not the face. The forehead is that of the mean head laid onto the landmarks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.interpolate import PchipInterpolator
from scipy.spatial import ConvexHull, QhullError

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.core.parts import Part
from prosopon.faces.head68 import FOREHEAD
from prosopon.faces.openings import mouth_opening
from prosopon.faces.parsing.head_crop import head_crop
from prosopon.faces.parsing.part_map import PartMap
from prosopon.faces.pose68 import fit_head
from prosopon.faces.stance import apply, inverse

MAP_PX = 512
KNOWN = frozenset((Part.SKIN, Part.BROW, Part.EYE, Part.NOSE, Part.LIP, Part.MOUTH))
Points = NDArray[np.float64]

_STEPS = 6
_BROW_THICKNESS = np.array((0.05, 0.13, 0.17, 0.19, 0.17))
"""From the outer to the inner end, as a share of the brow's length. Landmarks lie on its upper edge."""
_ALA = 0.4
"""How far the wings of the nose reach out beyond the landmarks, as a share of the way from the middle to them."""
_BRIDGE = 0.35
"""How far the bridge's flanks are from its middle, as a share of the way to the eyes' inner corners."""
_SHUT = 0.03
"""Inner lips less open than this show nothing of the mouth."""


class LandmarkParser:
    """Draws the parts of a face by its landmarks, every pixel wholly one part."""

    name = "landmarks"

    def parse(self, frame: Frame, face: Face) -> PartMap:
        """The parts of one face; the frame itself is not looked at.

        Raises:
            ValueError: the face has no landmarks.
        """
        if face.landmarks is None:
            raise ValueError("a face without landmarks cannot be parsed")
        matrix = head_crop(face.landmarks, MAP_PX)
        points = apply(inverse(matrix), face.landmarks)
        picture = Image.new("L", (MAP_PX, MAP_PX), int(Part.BACKGROUND))
        pen = ImageDraw.Draw(picture)
        # What is drawn later lies on top: the nose hides the far eye of a head that is turned away.
        layers = [
            (Part.SKIN, _outline(points)),
            *((Part.BROW, brow) for brow in _brows(points)),
            *((Part.EYE, eye) for eye in _eyes(points)),
            (Part.NOSE, _nose(points)),
            (Part.LIP, _loop(points[48:60], 6)),
        ]
        if mouth_opening(points) > _SHUT:
            layers.append((Part.MOUTH, _loop(points[60:68], 4)))
        for part, outline in layers:
            # Pillow counts from the first pixel's centre, points from its corner.
            pen.polygon([(x, y) for x, y in (outline - 0.5).tolist()], fill=int(part))
        return PartMap(np.array(picture), matrix, KNOWN)


def _outline(points: Points) -> Points:
    """The face: jaw, forehead, and what a turned head shows beyond them."""
    forehead = fit_head(points).project(FOREHEAD)
    return _hull(np.concatenate((_curve(points[:17]), forehead, points[17:27], points[27:31], points[48:60])))


def _hull(points: Points) -> Points:
    try:
        corners: Points = points[ConvexHull(points).vertices]
    except QhullError:  # all on one line: there is nothing inside
        return points
    return corners


def _nose(points: Points) -> Points:
    """From the bridge between the eyes to the wings."""
    top, base = points[27], points[33]
    flanks = [top + _BRIDGE * (points[corner] - top) for corner in (39, 42)]
    wings = [base + (1 + _ALA) * (points[side] - base) for side in (31, 35)]
    # The wings are as high as they are wide.
    up = (points[30] - base) * 0.6
    return _hull(np.array([*flanks, *wings, *(wing + up for wing in wings), *points[27:36]]))


def _brows(points: Points) -> list[Points]:
    """Both brows: the landmarks' line and the same line lower down."""
    down = points[48:68].mean(0) - points[36:48].mean(0)
    down /= max(1e-9, float(np.linalg.norm(down)))
    brows = []
    for upper, thickness in ((points[17:22], _BROW_THICKNESS), (points[22:27], _BROW_THICKNESS[::-1])):
        length = float(np.linalg.norm(upper[-1] - upper[0]))
        lower = upper + down * (thickness * length)[:, None]
        brows.append(np.concatenate((_curve(upper), _curve(lower[::-1]))))
    return brows


def _eyes(points: Points) -> list[Points]:
    return [_loop(points[36:42], 3), _loop(points[42:48], 3)]


def _loop(points: Points, corner: int) -> Points:
    """A closed outline with two corners, at the first point and at the one of index `corner`, smooth between them."""
    return np.concatenate((_curve(points[: corner + 1]), _curve(np.concatenate((points[corner:], points[:1])))))


def _curve(points: Points) -> Points:
    """A smooth line through points `(N, 2)` that does not overshoot, parametrised by the length of the way."""
    steps = np.maximum(np.linalg.norm(np.diff(points, axis=0), axis=1), 1e-6)
    at = np.concatenate(([0.0], np.cumsum(steps)))
    wanted = np.interp(np.arange((len(points) - 1) * _STEPS + 1) / _STEPS, np.arange(len(points)), at)
    smooth: Points = PchipInterpolator(at, points)(wanted)
    return smooth
