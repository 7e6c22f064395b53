"""`Samples`: measured features with what they were measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Samples:
    """Features of single faces.

    Attributes:
        features: `float64 (N, D)`, finite.
        fake: `bool (N,)`.
        clips: `int (N,)`, which clip each is of.
        people: `int (N,)`, whom each shows, as numbers.
    """

    features: NDArray[np.float64]
    fake: NDArray[np.bool_]
    clips: NDArray[np.int64]
    people: NDArray[np.int64]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.fake)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Some of them, by mask or index."""
        return type(self)(self.features[chosen], self.fake[chosen], self.clips[chosen], self.people[chosen])

    def thinned(self, most: int, seed: int) -> Self:
        """At most so many, as many real as fake where there are enough of both, drawn from a seed."""
        rng = np.random.default_rng(seed)
        kinds = [np.flatnonzero(self.fake), np.flatnonzero(~self.fake)]
        few = min(len(kind) for kind in kinds)
        room = [min(len(kind), max(most // 2, most - few)) for kind in kinds]
        kept = [np.sort(rng.permutation(kind)[:n]) for kind, n in zip(kinds, room, strict=True)]
        return self.where(np.sort(np.concatenate(kept)))
