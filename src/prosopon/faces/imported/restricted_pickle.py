"""Pickles read as data: an interpreter of their instructions that builds plain values and can call nothing.

The handful of names that plain data need (NumPy's arrays, bytes in old protocols, sets, ordered dictionaries) stand for
code of our own, every other name is refused and told; a function is never looked up. The machine itself is
`core.pickle_machine`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, ClassVar

import numpy as np

from prosopon.core.pickle_machine import MachineLimits, PickleMachine, shown
from prosopon.faces.imported.pickled_arrays import PickledType, array_of, scalar_of
from prosopon.faces.imported.pickled_tree import check_whole
from prosopon.faces.imported.refusals import Refused


@dataclass(frozen=True)
class PickleLimits:
    """How much a pickle may ask for. What is not named here is bounded by the number of its bytes.

    Attributes:
        n_bytes: of the pickle, and of all arrays and bytes that are made of it.
        depth: how deep containers may lie in each other.
        bits: of a whole number.
    """

    n_bytes: int = 2**29
    depth: int = 32
    bits: int = 128


class _Maker(Enum):
    """What a name in a pickle stands for here."""

    ARRAY = auto()
    ARRAY_CLASS = auto()
    ARRAY_OF_BUFFER = auto()
    SCALAR = auto()
    TYPE = auto()
    ENCODE = auto()
    ORDERED = auto()
    SET = auto()
    FROZEN_SET = auto()
    BYTES = auto()
    NUMBER = auto()


_NUMPY = ("numpy.core", "numpy._core")  # NumPy 2 renamed it
_BUILT_IN = ("builtins", "__builtin__")
_MAKERS = {
    **{f"{core}.multiarray._reconstruct": _Maker.ARRAY for core in _NUMPY},
    **{f"{core}.multiarray.scalar": _Maker.SCALAR for core in _NUMPY},
    **{f"{core}.numeric._frombuffer": _Maker.ARRAY_OF_BUFFER for core in _NUMPY},
    "numpy.ndarray": _Maker.ARRAY_CLASS,
    "numpy.dtype": _Maker.TYPE,
    "_codecs.encode": _Maker.ENCODE,
    "collections.OrderedDict": _Maker.ORDERED,
    **{f"{module}.set": _Maker.SET for module in _BUILT_IN},
    **{f"{module}.frozenset": _Maker.FROZEN_SET for module in _BUILT_IN},
    **{f"{module}.{name}": _Maker.BYTES for module in _BUILT_IN for name in ("bytes", "bytearray")},
}


class _Unfilled:
    """An array that was announced; its content follows. Remembers under which numbers it was noted meanwhile."""

    def __init__(self) -> None:
        self.noted: list[int] = []


def read_pickle(data: bytes, *, numbers: Collection[str] = (), limits: PickleLimits = PickleLimits()) -> Any:
    """The plain value that a pickle of protocol 0 to 5 describes.

    Args:
        data: the pickle; what follows its end is not looked at.
        numbers: full names of enumerations, whose members are read as the whole numbers that they are.
        limits: how much it may ask for.

    Returns:
        None, bool, int, float, str, bytes, list, tuple, dict, set, frozenset and `numpy.ndarray` of numbers in each
        other; NumPy's scalars become Python's. Nothing contains itself, keys are plain.

    Raises:
        Refused: it asks for any other object or call, or for more than the limits allow.
        ValueError: it is damaged or cut off.
    """
    if len(data) > limits.n_bytes:
        raise Refused(f"its pickle has {len(data):,} bytes, more than {limits.n_bytes:,}")
    try:
        value = _Machine(len(data), frozenset(numbers), limits).run(data)
    except Refused:
        raise
    except (IndexError, KeyError) as error:
        raise ValueError("its pickle takes what it has not stored") from error
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"its pickle is damaged ({shown(str(error))})") from error
    check_whole(value, 2**20 + 8 * len(data), limits.depth)
    return value


class _Machine(PickleMachine):
    """Reads plain data: the few names that they need stand for code of our own."""

    uncounted: ClassVar = (bytes, int, float)

    def __init__(self, n_bytes: int, numbers: frozenset[str], limits: PickleLimits) -> None:
        more = {"BYTEARRAY8": lambda given: self.push(self._counted(bytes(given)))}
        super().__init__(MachineLimits(n_bytes, 2 * limits.depth, limits.bits), more)
        self._numbers = numbers
        self._most_bytes, self._made = limits.n_bytes, 0

    def refused(self, what: str) -> Refused:
        return Refused(what)

    def unknown(self, name: str, argument: Any) -> str:
        match name:
            case "INST":
                return f"it asks for the Python object {shown(str(argument).replace(' ', '.'))}, which can run code"
            case "PERSID" | "BINPERSID":
                return "it asks for an object outside the file"
            case "EXT1" | "EXT2" | "EXT4":
                return f"it asks for object {argument} of Python's extension registry"
            case "NEXT_BUFFER" | "READONLY_BUFFER":
                return "it asks for memory outside the file"
        return f"its pickle has the instruction {name}, which plain data do not need"

    def told(self, value: Any) -> str:
        return f"{value.name.lower()}" if isinstance(value, _Maker) else super().told(value)

    def note(self, number: int) -> None:
        super().note(number)
        if type(self.stack[-1]) is _Unfilled:
            self.stack[-1].noted.append(number)

    def named(self, full: str) -> _Maker:
        maker = _Maker.NUMBER if full in self._numbers else _MAKERS.get(full)
        if maker is None:
            raise Refused(f"it asks for the Python object {shown(full) or 'without a name'}, which can run code")
        return maker

    def call(self, maker: Any, given: tuple[Any, ...]) -> Any:
        if not isinstance(maker, _Maker):
            raise Refused(f"its pickle calls {self.told(maker)}")
        made = self._make(maker, given)
        return self._counted(made) if isinstance(made, bytes | np.ndarray) else made

    def _make(self, maker: _Maker, given: tuple[Any, ...]) -> Any:  # noqa: PLR0911 - one line for each
        match maker, given:
            case _Maker.ARRAY, (_Maker.ARRAY_CLASS, tuple(), bytes() | str()):
                return _Unfilled()
            case _Maker.ARRAY_OF_BUFFER, (raw, kind, shape, "C" | "F" as order):
                return array_of(raw, kind, shape, fortran=order == "F")
            case _Maker.SCALAR, (kind, raw):
                return scalar_of(kind, raw)
            case _Maker.TYPE, _:
                return PickledType(given)
            case ((_Maker.ENCODE | _Maker.BYTES), (str() as text, "latin1" | "latin-1")):
                return text.encode("latin-1")
            case _Maker.BYTES, () | (bytes(),):
                return given[0] if given else b""
            case _Maker.ORDERED, ():
                return {}
            case _Maker.ORDERED, (list() as pairs,) if all(type(p) in (list, tuple) and len(p) == 2 for p in pairs):
                return {self.key(key): value for key, value in pairs}
            case _Maker.SET, (list() as values,):
                return set(map(self.key, values))
            case _Maker.FROZEN_SET, (list() as values,):
                return frozenset(map(self.key, values))
            case _Maker.NUMBER, (int() as number,):
                return int(number)
        raise Refused(f"its pickle makes {maker.name.lower().replace('_', ' ')} of something else than plain data")

    def build(self, state: Any, target: Any) -> None:
        if isinstance(target, PickledType):
            target.settle(state)
            return
        if not isinstance(target, _Unfilled):
            raise Refused(f"its pickle sets the state of {self.told(target)}")
        if type(state) is not tuple or len(state) != 5:
            raise Refused("it has an array with a state of another form")
        _, shape, kind, fortran, raw = state
        array = self._counted(array_of(raw, kind, shape, fortran=fortran is True or fortran == 1))
        self.stack[-1] = array
        for number in target.noted:
            self.memo[number] = array

    def _counted(self, made: Any) -> Any:
        """The same bytes or array, its size taken from what the pickle may make."""
        self._made += len(made) if isinstance(made, bytes) else made.nbytes
        if self._made > self._most_bytes:
            raise Refused(f"its arrays have more than {self._most_bytes:,} bytes together")
        return made
