"""The edge of a mask: drawn in or let grow, kept within what the model has seen, and softened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter1d, minimum_filter1d

from prosopon.create.swap.merge.settings import MergeSettings
from prosopon.faces.aligned.edges import grown

Mask = NDArray[np.float32]

_LEAST_PX, _MOST_PX = 256, 512
"""An edge moves by whole pixels of the grid it is shaped on; a coarse mask is shaped on a finer one."""
_SIGMA = 0.15
"""Standard deviation of the Gaussian over the width of the softened edge, which is the width that it is cut off at."""


@dataclass(frozen=True)
class Edge:
    """What is done to an edge, as shares of the mask's side; positive draws it in."""

    all_round: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    left: float = 0.0
    right: float = 0.0
    blur: float = 0.0

    @classmethod
    def of(cls, settings: MergeSettings) -> Edge:
        """What settings say."""
        sides = ("erode", "erode_top", "erode_bottom", "erode_left", "erode_right", "blur")
        return cls(*(getattr(settings, f"{side}_percent") / 100 for side in sides))


def shaped(mask: Mask, edge: Edge) -> Mask:
    """A mask with its edge moved and softened.

    Args:
        mask: `float32 (S, S)` in [0, 1] over the model's crop. Outside the crop nothing of the face is known.
        edge: what is done.

    Returns:
        `float32 (S', S')` in [0, 1] over the same crop, on a finer grid where S is small. Softened, it has fallen to
        nothing where the crop ends.
    """
    side = max(len(mask), min(_MOST_PX, max(_LEAST_PX, 2 * len(mask))))
    if edge == Edge() or not mask.any():
        return mask
    fine = resized(mask, side)
    fine = _moved(fine, edge.all_round * side)
    for axis, start, end in ((0, edge.top, edge.bottom), (1, edge.left, edge.right)):
        fine = _moved_along(fine, round(start * side), round(end * side), axis)
    if edge.blur > 0:
        fine = within(fine, round(edge.blur * side / 2))
        fine = gaussian_filter(fine, _SIGMA * edge.blur * side, mode="constant", truncate=1 / (2 * _SIGMA))
    return np.clip(fine, 0, 1)


def resized(picture: NDArray[np.float32], size_px: int) -> NDArray[np.float32]:
    """A square picture `(S, S)` or `(S, S, C)` brought to another size; bicubic (a = -0.5), antialiased."""
    if len(picture) == size_px:
        return picture
    planes = torch.from_numpy(np.ascontiguousarray(np.moveaxis(np.atleast_3d(picture), -1, 0)))[None]
    seen = F.interpolate(planes, size=(size_px, size_px), mode="bicubic", antialias=True)[0].numpy()
    return np.ascontiguousarray(np.moveaxis(seen, 0, -1).reshape(size_px, size_px, *picture.shape[2:]))


def within(mask: Mask, margin_px: int) -> Mask:
    """A mask that is nothing nearer than `margin_px` to its border."""
    kept = np.zeros_like(mask)
    middle = (slice(margin_px, max(margin_px, mask.shape[0] - margin_px)),) * 2
    kept[middle] = mask[middle]
    return kept


def _moved(mask: Mask, inwards_px: float) -> Mask:
    """Eroded by a disk, or dilated; outside there is no mask."""
    if inwards_px <= 0:
        return grown(mask, -inwards_px)
    # `grown` takes what is outside for whatever keeps the edge; here it is nothing.
    margin = int(np.ceil(inwards_px))
    eroded = grown(np.pad(mask, margin), -inwards_px)
    return eroded[margin:-margin, margin:-margin]


def _moved_along(mask: Mask, start_px: int, end_px: int, axis: int) -> Mask:
    """Eroded, or dilated, from the low and from the high end of one axis."""
    for px, at_start in ((start_px, True), (end_px, False)):
        if px:
            # The filter looks over the pixel and `|px|` more, those before it or those after it.
            reach, looks_back = abs(px) + 1, at_start == (px > 0)
            origin = (reach - 1 if looks_back else 0) - reach // 2
            filtered = minimum_filter1d if px > 0 else maximum_filter1d
            mask = filtered(mask, reach, axis=axis, origin=origin, mode="constant", cval=0.0)
    return mask
