"""Which item comes when: a stream of items without end that follows from the seed alone.

The place in the stream is `step * batch_size + offset`, so a step number is all that a resumed run needs to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError


class Place(NamedTuple):
    """Where in the run an item is used."""

    epoch: int
    position: int
    """Place within the epoch, 0-based."""
    item: int
    """Index into the dataset."""


@dataclass(frozen=True)
class Order:
    """The order of a dataset's items: a fresh permutation every epoch, epochs seamlessly after each other."""

    n_items: int
    seed: int

    def place(self, k: int) -> Place:
        """The k-th item of the stream."""
        epoch, position = divmod(k, self.n_items)
        return Place(epoch, position, int(_permutation(self.n_items, self.seed, epoch)[position]))

    def rng(self, place: Place) -> np.random.Generator:
        """The generator for the random choices within that item, whichever process prepares it."""
        return np.random.default_rng([self.seed, place.epoch, place.position])


# A batch may span two epochs.
@lru_cache(maxsize=2)
def _permutation(n_items: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(n_items)


@dataclass(frozen=True)
class Share:
    """What one of several processes takes of each step's batch, micro-batch by micro-batch.

    Raises:
        UsageError: the batch cannot be cut into equal parts.
    """

    batch_size: int
    accumulate: int = 1
    rank: int = 0
    n_processes: int = 1

    def __post_init__(self) -> None:
        if self.batch_size % (self.accumulate * self.n_processes):
            raise UsageError(
                f"a batch of {self.batch_size} cannot be cut into {self.accumulate} micro-batches "
                f"for each of {self.n_processes} processes",
                f"make --batch-size a multiple of {self.accumulate * self.n_processes}",
            )

    def micro_batches(self, first_step: int) -> Iterator[list[int]]:
        """Places in the stream, a list for each micro-batch, from `first_step` on without end."""
        across = self.batch_size // self.accumulate
        size = across // self.n_processes
        start = first_step * self.batch_size + self.rank * size
        while True:
            yield list(range(start, start + size))
            start += across
