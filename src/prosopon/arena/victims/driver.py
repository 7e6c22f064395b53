"""The driver: somebody rendered whom photos are animated by and whose face they replace, stored as three pictures.

Rendering them takes seconds, and what an attack meets shall not depend on the version of the renderer.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Pose
from prosopon.core.parts import Part
from prosopon.faces.crop import cut
from prosopon.faces.head_box import head_box
from prosopon.media.image import read_still
from prosopon.media.limits import Limits
from prosopon.media.part_maps import read_part_map
from prosopon.studio.person import Expression, Identity, Placement
from prosopon.studio.render import render

SIDE_PX = 256
MOVE = "head turned, mouth open"
"""What the driver does between the two pictures."""
_FOLDER = Path(__file__).parent / "pictures"
_REST, _MOVED, _PARTS = (_FOLDER / name for name in ("rest.png", "moved.png", "rest_parts.png"))
_FACE = (Part.SKIN, Part.BROW, Part.EYE, Part.NOSE, Part.LIP, Part.MOUTH, Part.BEARD, Part.IRIS)
_RENDERED_PX = 340
"""So large that the head's square in it has about `SIDE_PX` a side."""


class Driver(NamedTuple):
    """The pictures, all cut by one square around the head.

    Attributes:
        rest: `uint8 (256, 256, 3)` frontal, mouth closed.
        moved: likewise, after the move.
        parts: `uint8 (256, 256)` values of `Part`, of `rest`.
    """

    rest: Frame
    moved: Frame
    parts: NDArray[np.uint8]

    @property
    def face(self) -> NDArray[np.float32]:
        """`(256, 256)` 1 where `rest` shows the face, without hair, ears and neck; else 0."""
        return np.isin(self.parts, [int(part) for part in _FACE]).astype(np.float32)


@cache
def driver() -> Driver:
    """The stored pictures. They are shared: do not write into them."""
    rest, moved = (read_still(path, "PNG", Limits()) for path in (_REST, _MOVED))
    return Driver(rest, moved, read_part_map(_PARTS))


def resized(picture: Frame, side_px: int) -> Frame:
    """One of the driver's pictures at another size, as crops of heads are brought to it."""
    return cut(picture, Box(0, 0, SIDE_PX, SIDE_PX), side_px)


def rendered_driver() -> Driver:
    """The pictures as they were made before they were stored; takes seconds."""
    identity, size = Identity(), _RENDERED_PX
    rest = render(identity, size_px=size)
    moved = render(identity, Placement(Pose(yaw=18, pitch=3)), Expression(jaw_open=0.6, smile=0.3), size_px=size)
    box = head_box([rest.landmarks])
    left, top = round(box.left), round(box.top)
    square = Box(left, top, left + round(box.width), top + round(box.width))
    rows, columns = (
        np.clip((start + (np.arange(SIDE_PX) + 0.5) * square.width / SIDE_PX).astype(int), 0, size - 1)
        for start in (top, left)
    )
    return Driver(
        cut(rest.image, square, SIDE_PX), cut(moved.image, square, SIDE_PX), rest.parts[rows[:, None], columns[None]]
    )
