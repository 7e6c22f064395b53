"""`PersonModel`: a one-class support vector machine around one person's windows, as arrays of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.errors import CheckpointError
from prosopon.detect.biometric.correlations import PAIRS

_ARRAYS = ("vectors", "weights", "usual", "spread")
_BATCH = 256
_MOST_LOGIT = 13.0


@dataclass(frozen=True)
class PersonModel:
    """Windows of correlations -> how much they are like the person's, by `likeness`.

    Schölkopf, Platt, Shawe-Taylor, Smola, Williamson, "Estimating the Support of a High-Dimensional Distribution",
    2001: `sum_i weights_i exp(-gamma |x - vectors_i|^2) - offset`, above 0 inside.

    Attributes:
        vectors: `(M, 190)` support vectors.
        weights: `(M,)`.
        offset, gamma: see above.
        centre, scale: mean and standard deviation of the likeness of windows of the person that were held out.
        usual, spread: `(190,)`, mean and standard deviation of the person's correlations.
    """

    vectors: NDArray[np.float64]
    weights: NDArray[np.float64]
    offset: float
    gamma: float
    centre: float
    scale: float
    usual: NDArray[np.float64]
    spread: NDArray[np.float64]

    def likeness(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Windows `(N, 190)` -> `(N,)`, larger is more like the person."""
        batches = [self._kernel(features[at : at + _BATCH]) for at in range(0, len(features), _BATCH)]
        return np.concatenate([*batches, np.zeros(0)]) - self.offset

    def logits(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """How unlike windows are, `(N,)`: 0 where they are two standard deviations less alike than is usual.

        One standard deviation is a step of 1; what is usual for the person has about -2.
        """
        return np.asarray((self.centre - self.likeness(features)) / self.scale - 2)

    def _kernel(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        squares = (features**2).sum(1)[:, None] + (self.vectors**2).sum(1)[None] - 2 * features @ self.vectors.T
        return np.asarray(np.exp(-self.gamma * np.maximum(squares, 0)) @ self.weights)

    def state(self) -> dict[str, Tensor]:
        """Tensors by name, for a weights file."""
        numbers = torch.tensor([self.offset, self.gamma, self.centre, self.scale], dtype=torch.float64)
        arrays = {name: np.ascontiguousarray(getattr(self, name), np.float32) for name in _ARRAYS}
        return {"numbers": numbers, **{name: torch.from_numpy(value) for name, value in arrays.items()}}

    @classmethod
    def of(cls, state: Mapping[str, Tensor], where: str) -> Self:
        """From the tensors of a weights file.

        Args:
            state: as `state` makes them.
            where: what is being opened, for the error.

        Raises:
            CheckpointError: something is missing, not finite, or does not fit together.
        """
        arrays = {name: tensor.double().numpy() for name, tensor in state.items()}
        try:
            offset, gamma, centre, scale = arrays["numbers"].tolist()
            vectors, weights, usual, spread = (arrays[name] for name in _ARRAYS)
        except (KeyError, ValueError, TypeError) as error:
            raise CheckpointError(f"{where} lacks a part: {error}", "train it again") from None
        n = len(PAIRS)
        fits = vectors.shape == (weights.size, n) and weights.ndim == 1 and usual.shape == spread.shape == (n,)
        if not fits or not all(np.isfinite(value).all() for value in arrays.values()) or min(gamma, scale) <= 0:
            raise CheckpointError(f"the arrays of {where} do not fit together", "train it again")
        return cls(vectors, weights, offset, gamma, centre, scale, usual, spread)


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values in [0, 1] of logits, which are cut where values would be 0 or 1."""
    return np.asarray(0.5 * (1 + np.tanh(np.clip(logits, -_MOST_LOGIT, _MOST_LOGIT) / 2)))
