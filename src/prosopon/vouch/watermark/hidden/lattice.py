"""Where the bits of a code word lie: cells of a lattice that is tied to the short side of the picture.

The lattice is a tile of 8 x 8 cells with four bits each, repeated over the longer side. A picture that is cut keeps
whole cells, so that what is left of it can be read once it is known where in the lattice it lies.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prosopon.vouch.watermark.code import LENGTH, Bits
from prosopon.vouch.watermark.key import permutation, signs

CELL_PX = 16
"""Side of a cell, in pixels of the canvas that the nets work on."""
TILE = 8
"""Cells along each side of the tile."""
SHORT_PX = CELL_PX * TILE
"""The short side of a picture, in pixels of the canvas: one tile."""
BITS = 4
"""Coded bits in each cell; the last of a tile's 256 carries nothing."""


def to_tile(word: Bits) -> Bits:
    """A code word `(255,)` of 0 and 1 as the bits of the tile, `(BITS, TILE, TILE)`.

    The order is shuffled, so that what a cut takes away is spread over the word, and bits are flipped by a fixed
    random pattern: in pictures without a mark neighbouring cells give like answers, and no word must look likelier
    for that.
    """
    order, flipped = _scrambling()
    return (np.append(word, np.uint8(0))[order] ^ flipped).astype(np.uint8).reshape(BITS, TILE, TILE)


def from_tile(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """What a tile says of each bit of the word, as `decoding.decode` wants it.

    Args:
        logits: `(BITS, TILE, TILE)`, above 0 for 1.

    Returns:
        `(255,)`, above 0 for 0, and 0 where nothing is known.
    """
    order, flipped = _scrambling()
    word = np.empty(LENGTH + 1, np.float32)
    word[order] = logits.reshape(-1) * np.where(flipped, 1.0, -1.0)
    return word[:LENGTH]


def tiled(bits: Bits, rows: int, columns: int) -> Bits:
    """The tile repeated from the upper left corner on: `(BITS, rows, columns)`."""
    return np.tile(bits, (1, -(-rows // TILE), -(-columns // TILE)))[:, :rows, :columns]


@lru_cache(maxsize=1)
def _scrambling() -> tuple[NDArray[np.intp], Bits]:
    count = LENGTH + 1
    return permutation("hidden bits", count), (signs("hidden flips", count) < 0).astype(np.uint8)
