"""The key of the watermark: fixed and public, so that everybody can read the marks, and so can everybody write them.

What is drawn from it does not depend on the version of any library: SHAKE-256 (FIPS 202) over the key and a name.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

KEY = b"prosopon watermark 1: a label, not evidence"
"""Changing it makes every mark unreadable that was written before."""


def uniform(name: str, count: int) -> NDArray[np.float64]:
    """`float64 (count,)` in [0, 1), the same for ever for the same name."""
    stream = hashlib.shake_256(KEY + b"\0" + name.encode()).digest(4 * count)
    return np.frombuffer(stream, "<u4") / 2.0**32


def signs(name: str, count: int) -> NDArray[np.float32]:
    """`float32 (count,)` of -1 and 1."""
    return np.where(uniform(name, count) < 0.5, -1.0, 1.0).astype(np.float32)


def permutation(name: str, count: int) -> NDArray[np.intp]:
    """`intp (count,)`: the numbers below `count`, shuffled."""
    return np.argsort(uniform(name, count), kind="stable")
