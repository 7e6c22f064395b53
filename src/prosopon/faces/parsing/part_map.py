"""`PartMap`: what each pixel around a face shows, and how that lies in the picture."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from prosopon.core.faces import Box
from prosopon.core.parts import Part
from prosopon.faces.stance import inverse

EVERYTHING = frozenset(Part)
FACE = frozenset((Part.SKIN, Part.BROW, Part.EYE, Part.IRIS, Part.NOSE, Part.LIP, Part.MOUTH, Part.GLASSES, Part.BEARD))
"""The parts that make up a face: what areas are compared with."""
_IDENTITY = np.array(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))


@dataclass(frozen=True)
class PartMap:
    """The parts of one face in one frame, over an upright square crop.

    Attributes:
        parts: `uint8 (S, S)`, values of `core.parts.Part`.
        matrix: `(2, 3)`, from pixels of the crop to pixels of the frame; the first pixel's centre is at (0.5, 0.5).
        known: the parts that whoever made the map can tell. A part that is not among them is not said to be absent.
    """

    parts: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    known: frozenset[Part] = EVERYTHING

    def in_frame(self, height: int, width: int) -> NDArray[np.uint8]:
        """The map laid into its whole frame, `uint8 (H, W)`, nearest pixel; background outside the crop."""
        return self._nearest(_IDENTITY, width, height)

    def in_box(self, box: Box, size_px: int) -> NDArray[np.uint8]:
        """The map as `faces.crop.cut` shows that box of the frame, `uint8 (size_px, size_px)`, nearest pixel."""
        scale_x, scale_y = box.width / size_px, box.height / size_px
        return self._nearest(np.array(((scale_x, 0.0, box.left), (0.0, scale_y, box.top))), size_px, size_px)

    def mask(self, parts: Collection[Part], height: int, width: int, *, feather_px: float = 0.0) -> NDArray[np.float32]:
        """How far each pixel of the frame belongs to any of some parts.

        Args:
            parts: which parts.
            height, width: of the frame.
            feather_px: standard deviation of a Gaussian that softens the edge, in pixels of the frame.

        Returns:
            `float32 (H, W)`, 0 to 1, antialiased; 0 outside the crop.
        """
        chosen = np.isin(self.parts, [int(part) for part in parts]).astype(np.uint8) * np.uint8(255)
        matrix = inverse(self.matrix)
        picture = Image.fromarray(chosen)
        # Bilinear sampling sees only neighbours: where the frame is coarser than the map, blocks are averaged first.
        shrink = max(1, int(np.sqrt(abs(np.linalg.det(matrix[:, :2]))) + 1e-6))
        if shrink > 1:
            picture, matrix = picture.reduce(shrink), matrix / shrink
        seen = picture.transform((width, height), Image.Transform.AFFINE, _flat(matrix), Image.Resampling.BILINEAR)
        mask = np.asarray(seen, np.float32) / np.float32(255)
        if feather_px > 0:
            mask = gaussian_filter(mask, feather_px, mode="nearest")
        return mask

    def shares(self) -> dict[Part, float]:
        """Area of each known part over the area of the face, see `FACE`; empty where no face is seen.

        Parts of the face sum to 1. Others count by the same measure, and only as far as the crop shows them: there may
        be more hair than face.
        """
        counts = np.bincount(self.parts.ravel(), minlength=len(Part))
        face = sum(int(counts[part]) for part in FACE)
        if face == 0:
            return {}
        return {part: int(counts[part]) / face for part in sorted(self.known) if part is not Part.BACKGROUND}

    def _nearest(self, view: NDArray[np.float64], width: int, height: int) -> NDArray[np.uint8]:
        """The map through `view`, which leads from pixels of the result to pixels of the frame."""
        back = inverse(self.matrix)
        linear = back[:, :2] @ view[:, :2]
        matrix = np.column_stack((linear, back[:, :2] @ view[:, 2] + back[:, 2]))
        picture = Image.fromarray(self.parts)
        seen = picture.transform((width, height), Image.Transform.AFFINE, _flat(matrix), Image.Resampling.NEAREST)
        return np.asarray(seen)


def _flat(matrix: NDArray[np.float64]) -> tuple[float, ...]:
    """An affine map in the order that Pillow takes; what it leads to outside becomes 0, the background."""
    return tuple(float(value) for value in matrix.ravel())
