"""Recoloured frames kept from flickering: what a transfer does on the whole changes slowly, what it does in detail not.

Every transfer, whatever its kind, is nearly one affine map of colours. That map is read off its result, drawn towards
the last frame's, and the result is moved by the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.colour.sample import Sample

_RIDGE = 1e-4
"""Pulls the map towards a mere shift where a picture has too few colours to tell more."""

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class ColourMap:
    """An affine map of RGB colours: `y = matrix x + shift`.

    Attributes:
        matrix: `(3, 3)`.
        shift: `(3,)`.
    """

    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]

    @classmethod
    def between(
        cls, picture: Picture, recoloured: Picture, mask: NDArray[np.floating] | None = None
    ) -> ColourMap | None:
        """What happened to the colours of a picture on the whole, by weighted least squares; None for an empty mask.

        Args:
            picture: before, `(H, W, 3)`.
            recoloured: after, likewise.
            mask: what counts, `(H, W)` in [0, 1].
        """
        before, after = Sample.of(picture, mask), Sample.of(recoloured, mask)
        if before is None or after is None:
            return None
        mean, wanted = before.mean(), after.mean()
        apart = before.colours - mean.astype(np.float32)[:, None]
        moved = after.colours - wanted.astype(np.float32)[:, None]
        ridge = _RIDGE * np.eye(3)
        both = ((moved * after.weights) @ apart.T).astype(np.float64)
        matrix = (both + ridge) @ np.linalg.inv(before.covariance() + ridge)
        return cls(matrix, wanted - matrix @ mean)

    def towards(self, other: ColourMap, share: float) -> ColourMap:
        """This map, drawn towards another by a share in [0, 1]."""
        return ColourMap(
            self.matrix + share * (other.matrix - self.matrix), self.shift + share * (other.shift - self.shift)
        )

    def of(self, picture: Picture) -> Picture:
        """The colours of a picture `(H, W, 3)` through the map; not clipped."""
        mapped: Picture = picture @ self.matrix.T.astype(np.float32) + self.shift.astype(np.float32)
        return mapped


def steadied(
    picture: Picture,
    recoloured: Picture,
    previous: ColourMap | None,
    steadiness: float,
    mask: NDArray[np.floating] | None = None,
) -> tuple[Picture, ColourMap | None]:
    """A recoloured frame whose overall change of colour follows that of the frame before.

    Args:
        picture: before the transfer, `(H, W, 3)` in [0, 1].
        recoloured: after it, likewise.
        previous: what this returned for the frame before; None at the beginning and after a cut.
        steadiness: 0 leaves the frame as it is, towards 1 colours change ever more slowly.
        mask: what counts, `(H, W)` in [0, 1].

    Returns:
        The frame, `float32 (H, W, 3)` in [0, 1], and what the next frame needs.
    """
    now = ColourMap.between(picture, recoloured, mask)
    if now is None or previous is None or steadiness <= 0:
        return recoloured, now or previous
    calm = now.towards(previous, min(steadiness, 1.0))
    difference = ColourMap(calm.matrix - now.matrix, calm.shift - now.shift)
    return np.clip(recoloured + difference.of(picture), 0, 1), calm
