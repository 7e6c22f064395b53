"""Orders of many vectors by how alike they are: each beside its nearest, or the most unusual first; memory O(N)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def chain(vectors: NDArray[np.floating]) -> NDArray[np.intp]:
    """An order in which each vector is followed by the most alike of those that are left; it begins with the first.

    The greedy nearest-neighbour chain: O(N^2 D) time, a matrix-vector product a step, and nothing larger than the
    vectors in memory.

    Args:
        vectors: `(N, D)`; likeness is the scalar product, so that unit vectors are compared by cosine.

    Returns:
        `(N,)` indices.
    """
    rest = np.array(vectors, np.float32)
    numbers = np.arange(len(rest))
    order = np.empty(len(rest), np.intp)
    at = 0
    for step in range(len(rest)):
        order[step], current = numbers[at], rest[at].copy()
        # The last one takes the place of the one that is used up: what is left lies together.
        last = len(rest) - step - 1
        rest[at], numbers[at] = rest[last], numbers[last]
        if last:
            at = int(np.argmax(rest[:last] @ current))
    return order


def unusual_first(vectors: NDArray[np.floating]) -> NDArray[np.intp]:
    """An order that begins with the vector that is on the whole least like the others; equals keep their order.

    Args:
        vectors: `(N, D)`; likeness is the scalar product.

    Returns:
        `(N,)` indices.
    """
    held = np.asarray(vectors, np.float64)
    # The sum of the products with all others, without ever forming the matrix of them.
    return np.argsort(held @ held.sum(0) - (held**2).sum(1), kind="stable")
