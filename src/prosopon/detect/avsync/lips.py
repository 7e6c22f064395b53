"""`Lips`: which movement of the mouth goes with a sound, as a linear map, and how far a mouth keeps to it.

The map is fitted by ridge regression on people who speak; it knows nothing of words and nothing of who speaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.errors import CheckpointError
from prosopon.detect.avsync.mouth import SIGNALS, Signals
from prosopon.detect.avsync.sound import INPUTS

_RIDGE = 2e3


@dataclass(frozen=True)
class Lips:
    """What is expected of mouths whose signals have a standard deviation of 1.

    Attributes:
        map: `(INPUTS, 3)`: inputs of a moment -> signals.
    """

    map: NDArray[np.float64]

    @classmethod
    def fitted(cls, inputs: Sequence[NDArray[np.float64]], signals: Sequence[Signals]) -> Self:
        """The map that fits best.

        Args:
            inputs: `(N, INPUTS)` of each passage.
            signals: `(N, 3)` of each, of standard deviation 1.
        """
        x, y = np.concatenate(inputs), np.concatenate(signals)
        return cls(np.asarray(np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1]), x.T @ y), np.float64))

    def expected(self, inputs: NDArray[np.float64]) -> Signals:
        """What a mouth should do: `(N, INPUTS)` -> `(N, 3)`."""
        return np.asarray(inputs @ self.map)

    def state(self) -> dict[str, Tensor]:
        """As tensors by name."""
        return {"map": torch.from_numpy(np.asarray(self.map, np.float32))}

    @classmethod
    def of_state(cls, state: Mapping[str, Tensor], where: str) -> Self:
        """Back from tensors.

        Raises:
            CheckpointError: the map is missing or of another shape.
        """
        held = state.get("map")
        if held is None or tuple(held.shape) != (INPUTS, len(SIGNALS)):
            raise CheckpointError(f"{where} has no map from sounds to lips that fits", "fetch the weights again")
        return cls(held.double().numpy())


def agreement(signals: Signals, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far movement goes the way it is expected to, as a correlation of all signals together, -1 to 1.

    What is hardly expected to move, because no sound tells of it, counts as little.

    Args:
        signals: `(N, 3)`, of mean 0 as all that is quick is.
        expected: `(M, N, 3)`, for example at M offsets.

    Returns:
        `(M,)`, 0 where nothing moves.
    """
    size = np.sqrt((signals**2).sum() * (expected**2).sum((1, 2)))
    return np.asarray(np.where(size > 0, np.einsum("ni,mni->m", signals, expected) / np.where(size > 0, size, 1), 0.0))
