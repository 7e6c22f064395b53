"""Masks of faces for their crops: by landmarks alone, or by what a parser saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.core.faces import Face
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.parsed import parsed_mask
from prosopon.faces.parsing.part_map import PartMap

MaskKind = Literal["hull", "extended", "components", "eyes", "mouth", "parsed"]
"""Those of `aligned.hull`, and `parsed`: the face less what is in front of it."""


def parse_kinds(text: str) -> tuple[MaskKind, ...]:
    """Kinds of masks out of a list with commas, each once.

    Raises:
        UsageError: there is no such kind.
    """
    known = {str(kind): kind for kind in get_args(MaskKind)}
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        raise UsageError(f"there is no mask {', '.join(wrong) or text!r}", f"use some of {','.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names))


def mask_of(
    kind: MaskKind, face: Face, parsed: PartMap | None, matrix: NDArray[np.float64], size_px: int
) -> NDArray[np.uint8] | None:
    """One mask of a face for its crop, `uint8 (S, S)`, 0 outside to 255 inside; None where it cannot be told.

    Args:
        kind: which.
        face: in the frame.
        parsed: its part map; `parsed` asks for it.
        matrix: from pixels of the frame to pixels of the crop, `(2, 3)`.
        size_px: side S of the crop.
    """
    if face.landmarks is None or (kind == "parsed" and parsed is None):
        return None
    if kind == "parsed":
        assert parsed is not None  # noqa: S101 - asked for just above
        mask = parsed_mask(parsed, matrix, size_px)
    else:
        mask = landmark_mask(apply(matrix, face.landmarks), size_px, kind)
    return np.rint(mask * 255).astype(np.uint8)


def needs_parser(kinds: Sequence[MaskKind]) -> bool:
    """Whether any of the masks is made from part maps."""
    return "parsed" in kinds
