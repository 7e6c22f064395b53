"""`Sample`: the colours of a picture, and how much each of them counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.colour.lab import Planes


@dataclass(frozen=True)
class Sample:
    """Colours with weights.

    Attributes:
        colours: `float32 (C, N)`, in RGB or Lab, or some channels of them.
        weights: `float32 (N,)`, not negative, summing to 1.
    """

    colours: Planes
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, picture: NDArray[np.float32], mask: NDArray[np.floating] | None = None) -> Sample | None:
        """Of a picture `(H, W, 3)`, weighted by a mask `(H, W)` in [0, 1]; None where nothing counts."""
        if mask is None:
            return cls.whole(picture)
        weights = np.clip(mask.reshape(-1).astype(np.float32), 0, 1)
        total = float(weights.sum(dtype=np.float64))
        return cls(_planes(picture), weights / np.float32(total)) if total > 0 else None

    @classmethod
    def whole(cls, picture: NDArray[np.float32]) -> Sample:
        """Of a picture `(H, W, 3)` that has pixels, all alike."""
        colours = _planes(picture)
        return cls(colours, np.full(colours.shape[1], 1 / colours.shape[1], np.float32))

    def channels(self, which: slice) -> Sample:
        """Some channels of the same colours."""
        return Sample(self.colours[which], self.weights)

    def mean(self) -> NDArray[np.float64]:
        """`(C,)`."""
        return (self.colours @ self.weights).astype(np.float64)

    def spread(self) -> NDArray[np.float64]:
        """Standard deviation of each channel, `(C,)`."""
        apart = self.colours - self.mean().astype(np.float32)[:, None]
        return np.sqrt((apart * apart) @ self.weights).astype(np.float64)

    def covariance(self) -> NDArray[np.float64]:
        """`(C, C)`."""
        apart = self.colours - self.mean().astype(np.float32)[:, None]
        return ((apart * self.weights) @ apart.T).astype(np.float64)


def _planes(picture: NDArray[np.float32]) -> Planes:
    return np.ascontiguousarray(picture.reshape(-1, picture.shape[-1]).T, np.float32)
