"""Plain values out of foreign files, checked to be the numbers, points and words that they should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FARTHEST = 1e7
_LONGEST = 1024


def numbers(value: object, shape: tuple[int | None, ...], what: str) -> NDArray[np.float64]:
    """Finite numbers of some shape, exactly as they are.

    Args:
        value: an array or nested lists.
        shape: the sides that it must have, None where any will do.
        what: what it is, for the error.

    Raises:
        ValueError: it has another shape, or holds anything else, or numbers beyond ten million.
    """
    if not isinstance(value, np.ndarray | list | tuple):
        raise ValueError(f"the {what} are a {type(value).__name__}")  # noqa: TRY004 - callers catch one kind
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"the {what} have no regular shape") from error
    fits = array.ndim == len(shape) and all(want in (None, side) for want, side in zip(shape, array.shape, strict=True))
    if not fits:
        raise ValueError(f"the {what} have the shape {array.shape}, not {tuple(s or 'any' for s in shape)}")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"the {what} are no numbers")
    plain = array.astype(np.float64)
    if not np.all(np.abs(plain) <= _FARTHEST):  # false for what is not a number, too
        raise ValueError(f"the {what} are not finite or beyond all pictures")
    return plain


def number(value: object, what: str) -> float:
    """One finite number.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"the {what} is a {type(value).__name__}")  # noqa: TRY004 - callers catch one kind
    if not abs(value) <= _FARTHEST:
        raise ValueError(f"the {what} is not finite or beyond all pictures")
    return float(value)


def whole(value: object, what: str) -> int:
    """One whole number, 0 to ten million.

    Raises:
        ValueError: it is none.
    """
    found = number(value, what)
    if found != int(found) or found < 0:
        raise ValueError(f"the {what} is {found:g}")
    return int(found)


def text(value: object, what: str) -> str:
    """Words in one line that can be written as UTF-8, at most 1024 letters.

    Raises:
        ValueError: it is no text, or longer.
    """
    if isinstance(value, bytes):  # a pickle of Python 2
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError(f"the {what} is {'too long' if isinstance(value, str) else 'a ' + type(value).__name__}")
    # Separators that some readers take for the end of a line would tear the files apart that names are written to.
    return "".join(letter if letter.isprintable() else "?" for letter in value)


def mapping(value: object, what: str) -> Mapping[Any, Any]:
    """A dictionary.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict):
        raise ValueError(f"the {what} is a {type(value).__name__}, not a dictionary")  # noqa: TRY004
    return value


def file_name(value: str) -> str:
    """The last part of a path of any system: a name out of a file must never lead anywhere."""
    return value.replace("\\", "/").rpartition("/")[2]
