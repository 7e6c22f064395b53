"""NumPy arrays, scalars and types from the parts that a pickle stores of them, built by our own code.

NumPy's own functions for this trust what they are told. Here the types are a short list of plain numbers, and every
size is compared with the bytes that are really there.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.pickle_machine import shown
from prosopon.faces.imported.refusals import Refused

_CODES = frozenset(("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"))
_MOST_DIMENSIONS = 8


class PickledType:
    """A type of numbers as it stands in a pickle: its code first, the order of its bytes later.

    Args:
        parts: what the pickle gives `numpy.dtype`: (code, False, True).

    Raises:
        Refused: it is no plain number.
    """

    def __init__(self, parts: tuple[Any, ...]) -> None:
        code = parts[0] if parts else None
        if not isinstance(code, str) or code not in _CODES or any(type(rest) not in (bool, int) for rest in parts[1:]):
            raise Refused(f"it has an array of {shown(code)}, which are no plain numbers")
        self._code, self._order = code, "="

    def settle(self, state: object) -> None:
        """Take in the state, (version, order, None, None, None, -1, -1, 0).

        Raises:
            Refused: it describes a type with fields, an array inside, or anything else than an order of bytes.
        """
        if not isinstance(state, tuple) or not 2 <= len(state) <= 8 or state[1] not in ("<", ">", "|", "="):
            raise Refused("it has an array type with a state that no plain number has")
        if any(part is not None and type(part) is not int for part in (state[0], *state[2:])):
            raise Refused("it has an array type with fields")
        self._order = state[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The same for NumPy."""
        return np.dtype(self._code if self._order == "|" else f"{self._order}{self._code}")


def array_of(raw: object, kind: object, shape: object, *, fortran: bool) -> NDArray[Any]:
    """An array of the machine's own byte order, not writable where no byte had to move.

    Args:
        raw: its bytes.
        kind: a `PickledType`.
        shape: whole numbers.
        fortran: whether the first index runs fastest.

    Raises:
        Refused: something is not what it should be, or the shape does not fit the bytes.
    """
    if not isinstance(kind, PickledType) or not isinstance(shape, tuple) or len(shape) > _MOST_DIMENSIONS:
        raise Refused("it has an array without a type or shape")
    if any(type(side) is not int or side < 0 for side in shape):
        raise Refused("it has an array of a shape that is not made of whole numbers")
    data = _bytes(raw)
    dtype = kind.dtype
    if prod(shape) * dtype.itemsize != len(data):
        raise Refused(f"it has an array that claims {prod(shape):,} numbers and brings {len(data):,} bytes")
    try:
        array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    except ValueError as error:  # sides beside a 0 may be larger than any array
        raise Refused(f"it has an array of an impossible shape: {error}") from error
    return array.astype(dtype.newbyteorder("="), copy=False)


def scalar_of(kind: object, raw: object) -> bool | int | float:
    """A single number as Python has it, exactly.

    Raises:
        Refused: it is none.
    """
    value: bool | int | float = array_of(raw, kind, (1,), fortran=False)[0].item()
    return value


def _bytes(raw: object) -> bytes:
    """The bytes of an array; pickles of Python 2 hold them as text of code points below 256."""
    if isinstance(raw, str):
        try:
            return raw.encode("latin-1")
        except UnicodeEncodeError as error:
            raise Refused("it has an array whose bytes are text") from error
    if not isinstance(raw, bytes):
        raise Refused("it has an array of objects")
    return raw
