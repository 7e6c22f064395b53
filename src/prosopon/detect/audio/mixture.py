"""`Mixture`: how probable feature vectors are under a mixture of Gaussians with diagonal covariances."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logsumexp
from torch import Tensor

from prosopon.core.errors import CheckpointError

_ROUNDS = 40
_LEAST_VARIANCE = 1e-3


@dataclass(frozen=True)
class Mixture:
    """A mixture of K Gaussians over D numbers.

    Attributes:
        weights: `(K,)`, sum 1.
        means: `(K, D)`.
        variances: `(K, D)`.
    """

    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]

    def log_density(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Natural logarithm of the density at each row `(N, D)` -> `(N,)`."""
        x = np.asarray(rows, np.float64)
        precise = 1 / self.variances
        distance = x**2 @ precise.T - 2 * x @ (self.means * precise).T + np.sum(self.means**2 * precise, axis=1)
        volume = np.sum(np.log(self.variances), axis=1) + self.means.shape[1] * np.log(2 * np.pi)
        return np.asarray(logsumexp(np.log(self.weights) - 0.5 * (distance + volume), axis=1))

    @classmethod
    def fitted(cls, rows: NDArray[np.floating], components: int, seed: int) -> Self:
        """The mixture that explains rows `(N, D)` best, by expectation maximisation from k-means on."""
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - slow to import, and densities need none
        from sklearn.mixture import GaussianMixture  # noqa: PLC0415

        mixture = GaussianMixture(
            components,
            covariance_type="diag",
            reg_covar=_LEAST_VARIANCE,
            max_iter=_ROUNDS,
            random_state=seed,
            init_params="k-means++",
        )
        with warnings.catch_warnings():
            # So many rounds are enough, whether the last of them still changed a little or not.
            warnings.simplefilter("ignore", ConvergenceWarning)
            found = mixture.fit(np.asarray(rows, np.float64))
        return cls(found.weights_, found.means_, found.covariances_)

    def state(self) -> dict[str, Tensor]:
        """As tensors by name, for a weights file."""
        arrays = {"weights": self.weights, "means": self.means, "variances": self.variances}
        return {name: torch.from_numpy(np.asarray(values, np.float32)) for name, values in arrays.items()}

    @classmethod
    def of_state(cls, state: Mapping[str, Tensor], where: str) -> Self:
        """Back from tensors.

        Raises:
            CheckpointError: something is missing, or they do not fit each other.
        """
        try:
            weights, means, variances = (state[name].double().numpy() for name in ("weights", "means", "variances"))
        except KeyError as error:
            raise CheckpointError(f"{where} has no {error} of a mixture", "fetch the weights again") from None
        if not (means.shape == variances.shape == (len(weights), means.shape[-1]) and (variances > 0).all()):
            raise CheckpointError(f"{where} is no mixture: its tables do not fit", "fetch the weights again")
        return cls(weights / weights.sum(), means, variances)
