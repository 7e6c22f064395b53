"""Seamless cloning: a face laid into a picture by its gradients (Pérez, Gangnet, Blake, Poisson Image Editing, 2003).

Where the gradients are those of the source alone, the answer is the source plus a membrane that takes the difference of
target and source along the edge into the inside (their equation 8).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.create.swap.merge.membrane import membrane


def cloned(source: NDArray[np.float32], target: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The source in the target, with its own gradients and the target's values along the edge.

    Args:
        source: `float32 (H, W, C)`, of any range.
        target: likewise.
        inside: `(H, W)`, where the source is taken. At the picture's border there is no target to follow, and the
            edge is free: nothing bleeds in from there.

    Returns:
        `float32 (H, W, C)`, not clipped; outside exactly the target. With everything inside, the source as it is.

    Raises:
        ValueError: the shapes differ.
    """
    if source.shape != target.shape or inside.shape != target.shape[:2]:
        raise ValueError(f"cannot clone {source.shape} into {target.shape} where {inside.shape} is")
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not len(rows):
        return target.copy()
    box = tuple(slice(max(0, int(at[0]) - 1), int(at[-1]) + 2) for at in (rows, columns))
    held, laid, under = inside[box], source[box], target[box]
    difference = np.ascontiguousarray(np.moveaxis(under - laid, -1, 0))
    result = target.copy()
    result[box] = np.where(held[..., None], laid + np.moveaxis(membrane(difference, held), 0, -1), under)
    return result
