"""Masks of an aligned face from what a parser saw: what is in front of the face is left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.parts import Part
from prosopon.faces.aligned.cut import Window, seen_through
from prosopon.faces.aligned.maps import Matrix, composed, inverted
from prosopon.faces.parsing.part_map import FACE, PartMap


def parsed_mask(part_map: PartMap, matrix: Matrix, size_px: int, *, with_hair: bool = False) -> NDArray[np.float32]:
    """How much of each pixel of an aligned crop shows the face.

    Skin, brows, eyes, nose, lips, the inside of the mouth and the beard are the face, and so are glasses: parsers mark
    the lenses with them, and the eyes are behind. Hands, microphones and hair that a parser sees in front of the face
    are not, so that they stay as they are in the frame. Ears and neck are not either.

    Args:
        part_map: the parts of the face in the frame.
        matrix: from pixels of the frame to pixels of the crop, `(2, 3)`.
        size_px: side S of the crop.
        with_hair: whether hair counts as well, for crops of whole heads.

    Returns:
        `float32 (S, S)` in [0, 1], antialiased; 0 where the map does not reach.

    Raises:
        ValueError: a map without a way back, or a size that is not positive.
    """
    if size_px <= 0:
        raise ValueError(f"a mask of {size_px} pixels is none")
    wanted = FACE | {Part.HAIR} if with_hair else FACE
    chosen = np.isin(part_map.parts, [int(part) for part in wanted])
    # One pixel of nothing all around: what lies outside repeats the edge.
    padded = np.pad(chosen, 1).astype(np.float32)[..., None]
    to_map = composed(inverted(part_map.matrix), inverted(matrix))
    to_map[:, 2] += 1.0
    seen = seen_through(padded, to_map, Window(0, size_px, 0, size_px))
    return np.clip(seen[..., 0], 0.0, 1.0)
