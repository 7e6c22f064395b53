"""`ShallowModel`: a line or a support vector machine over standardised, rotated features, as arrays of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.errors import CheckpointError

Vector = NDArray[np.float64]

FARTHEST = 6.0
"""Standard deviations beyond which a feature is taken to lie at this distance: nothing was learnt out there."""
_BATCH = 256


@dataclass(frozen=True)
class ShallowModel:
    """Features -> a number above 0 for fakes and below 0 for real ones, by `decision`.

    A feature is standardised by its mean and spread in training, kept within six spreads, and all are turned to their
    principal components. Without `vectors` the number is `x @ weights + bias`; with them it is that of a support
    vector machine with a Gaussian kernel, `sum_i weights_i exp(-gamma |x - vectors_i|^2) + bias`.

    Attributes:
        mean, spread: `(D,)` of each feature; the spread is above 0.
        basis: `(D, K)` principal components, orthonormal columns.
        weights: `(K,)` of the line, or `(M,)` of the support vectors.
        bias: see above.
        vectors: `(M, K)` support vectors, None for a line.
        gamma: of the kernel; 0 for a line.
    """

    mean: Vector
    spread: Vector
    basis: NDArray[np.float64]
    weights: Vector
    bias: float
    vectors: NDArray[np.float64] | None = None
    gamma: float = 0.0

    @property
    def n_features(self) -> int:
        """How many features D go in."""
        return len(self.mean)

    def inner(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Features `(N, D)` standardised and turned, `(N, K)`."""
        standard = np.clip((features - self.mean) / self.spread, -FARTHEST, FARTHEST)
        turned: NDArray[np.float64] = standard @ self.basis
        return turned

    def decision(self, features: NDArray[np.float64]) -> Vector:
        """`(N, D)` -> `(N,)`, above 0 for fakes."""
        inner = self.inner(features)
        if self.vectors is None:
            return np.asarray(inner @ self.weights + self.bias)
        batches = [self._kernel(inner[at : at + _BATCH]) for at in range(0, len(inner), _BATCH)]
        return np.concatenate([*batches, np.zeros(0)]) + self.bias

    def _kernel(self, inner: NDArray[np.float64]) -> Vector:
        assert self.vectors is not None  # noqa: S101 - asked by the caller
        squares = (inner**2).sum(1)[:, None] + (self.vectors**2).sum(1)[None] - 2 * inner @ self.vectors.T
        return np.asarray(np.exp(-self.gamma * np.maximum(squares, 0)) @ self.weights)

    def state(self) -> dict[str, Tensor]:
        """Tensors by name, for a weights file."""
        kept = {name: getattr(self, name) for name in ("mean", "spread", "basis", "weights")}
        kept |= {} if self.vectors is None else {"vectors": self.vectors}
        tensors = {name: torch.from_numpy(np.ascontiguousarray(value, np.float32)) for name, value in kept.items()}
        return tensors | {"bias": torch.tensor([self.bias, self.gamma], dtype=torch.float32)}

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
            bias, gamma = arrays["bias"].tolist()
            mean, spread, basis, weights = (arrays[name] for name in ("mean", "spread", "basis", "weights"))
            model = cls(mean, spread, basis, weights, bias, arrays.get("vectors"), gamma)
        except (KeyError, ValueError, TypeError) as error:
            raise CheckpointError(f"{where} lacks a part: {error}", "train it again") from None
        if not model._fits_together() or not all(np.isfinite(value).all() for value in arrays.values()):
            raise CheckpointError(f"the arrays of {where} do not fit together", "train it again")
        return model

    def _fits_together(self) -> bool:
        if self.mean.ndim != 1 or self.mean.shape != self.spread.shape or bool((self.spread <= 0).any()):
            return False
        if self.basis.ndim != 2 or len(self.basis) != len(self.mean) or self.weights.ndim != 1:
            return False
        if self.vectors is None:
            return bool(len(self.weights) == self.basis.shape[1])
        return bool(self.vectors.shape == (len(self.weights), self.basis.shape[1]) and self.gamma > 0)

    def scaled(self, factor: float) -> Self:
        """The same with all decisions times a factor."""
        return replace(self, weights=self.weights * factor, bias=self.bias * factor)
