"""Looks at heads with a face parser: where parts that have names are, and what colour skin has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import label
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face
from prosopon.core.parts import Part
from prosopon.create.partswap.colour import SkinTone
from prosopon.create.partswap.following import Head
from prosopon.create.partswap.named import parts_of
from prosopon.faces.crop import cut
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.parsing.part_map import PartMap

_EDGE = 0.006
"""How soft the edge of a part is, as a share of the head's picture."""
_SPECK = 0.05
"""Islands smaller than this share of the largest one are errors of the parser."""
_SKIN = frozenset((Part.SKIN, Part.NOSE))


class Looks:
    """Looks at heads cut out to squares: where their parts are, and what colour their skin has."""

    def __init__(self, parser: FaceParser, names: Sequence[str], side: int) -> None:
        self._parser = parser
        self._parts = parts_of(names)
        self.side = side

    def parsed(self, patch: Frame, head: Head) -> PartMap | None:
        """The parts of a head `uint8 (S, S, 3)`; None where nobody knows where its face is."""
        if head.face is None or head.face.landmarks is None:
            return None
        scale = self.side / head.box.width
        points = ((head.face.landmarks - (head.box.left, head.box.top)) * scale).astype(np.float32)
        low, high = points.min(0), points.max(0)
        return self._parser.parse(patch, Face(Box(*low.tolist(), *high.tolist()), points))

    def masks(self, patches: NDArray[np.uint8], heads: Sequence[Head]) -> Tensor | None:
        """Where the parts that have names are, `(B, 1, S, S)`; None where parts are asked for by number."""
        if not self._parts:
            return None
        masks = []
        for patch, head in zip(patches, heads, strict=True):
            found = self.parsed(patch, head)
            if found is None:
                masks.append(np.zeros((self.side, self.side), np.float32))
            else:
                cleaned = replace(found, parts=without_specks(found.parts, self._parts))
                masks.append(cleaned.mask(self._parts, self.side, self.side, feather_px=_EDGE * self.side))
        return torch.from_numpy(np.stack(masks))[:, None]

    def tone(self, frame: Frame, head: Head) -> SkinTone | None:
        """The colour of a head's skin; None where there is none to be seen."""
        patch = cut(frame, head.box, self.side)
        found = self.parsed(patch, head)
        if found is None:
            return None
        return SkinTone.of(patch[found.mask(_SKIN, self.side, self.side) > 0.95])


def without_specks(parts: NDArray[np.uint8], wanted: Collection[Part]) -> NDArray[np.uint8]:
    """A part map without the small islands of some parts, taken together: they become background."""
    islands, count = label(np.isin(parts, [int(part) for part in wanted]))
    if count < 2:
        return parts
    sizes = np.bincount(islands.ravel())[1:]
    small = 1 + np.flatnonzero(sizes < _SPECK * sizes.max())
    return np.where(np.isin(islands, small), np.uint8(Part.BACKGROUND), parts)
