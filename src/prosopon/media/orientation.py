"""`Orientation`: how stored pixels must be turned and mirrored to be upright."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from av import VideoFrame
from av.sidedata.sidedata import SideData, Type
from numpy.typing import NDArray


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to lay a picture: transpose first, then mirror."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def apply(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The upright picture of stored pixels `(H, W, C)`, contiguous."""
        if self == UPRIGHT:
            return picture
        turned = picture.swapaxes(0, 1) if self.transpose else picture
        if self.mirror_x:
            turned = turned[:, ::-1]
        if self.mirror_y:
            turned = turned[::-1]
        return np.ascontiguousarray(turned)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) after turning."""
        return (height, width) if self.transpose else (width, height)

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn that makes the picture upright: 0, 90, 180 or 270 (mirroring aside)."""
        if self.transpose:
            return 90 if self.mirror_x else 270
        return 180 if self.mirror_y else 0


UPRIGHT = Orientation()

# EXIF tag 0x0112 (CIPA DC-008, 4.6.4): what its values 1 to 8 ask for.
EXIF = {
    1: UPRIGHT,
    2: Orientation(mirror_x=True),
    3: Orientation(mirror_x=True, mirror_y=True),
    4: Orientation(mirror_y=True),
    5: Orientation(transpose=True),
    6: Orientation(transpose=True, mirror_x=True),
    7: Orientation(transpose=True, mirror_x=True, mirror_y=True),
    8: Orientation(transpose=True, mirror_y=True),
}


def of_display_matrix(matrix: bytes) -> Orientation:
    """The orientation that a display matrix (ISO/IEC 14496-12, `tkhd`: nine int32 a b u c d v x y w) asks for.

    A stored pixel (p, q) is shown at (a p + c q + x, b p + d q + y). Angles between right angles are rounded.
    """
    a, b, _, c, d, *_ = struct.unpack("=9i", matrix[:36])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(mirror_x=a < 0, mirror_y=d < 0)
    return Orientation(transpose=True, mirror_x=c < 0, mirror_y=b < 0)


def of_frame(frame: VideoFrame) -> Orientation:
    """The orientation that a decoded frame's display matrix asks for; upright where it has none."""
    side_data = cast("Mapping[Type, SideData]", frame.side_data)  # its stub says str for both
    matrix = side_data.get(Type.DISPLAYMATRIX)
    return UPRIGHT if matrix is None else of_display_matrix(bytes(matrix))
