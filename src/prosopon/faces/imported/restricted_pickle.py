"""Pickles read as data: an interpreter of their instructions that builds plain values and can call nothing.

A pickle is a program for a small stack machine. Python's own reader runs it, and two of its instructions, "take this
function" and "call it", make every pickle able to do whatever its author likes. Here the instructions are told apart
by `pickletools.genops`, which only reads, and carried out by the few lines below; a function is never looked up. The
handful of names that plain data need (NumPy's arrays, bytes in old protocols, sets, ordered dictionaries) stand for
code of our own, every other name is refused and told.

The format: PEP 307, 3154 and 574, and the comments of `pickletools` in Python's library.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np

from prosopon.faces.imported.pickled_arrays import PickledType, array_of, scalar_of, shown
from prosopon.faces.imported.pickled_tree import check_whole
from prosopon.faces.imported.refusals import Refused

_NEWEST = 5
_HASHES = 2**61 - 1


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


class _Machine:
    """The stack machine of a pickle."""

    def __init__(self, n_bytes: int, numbers: frozenset[str], limits: PickleLimits) -> None:
        self._numbers, self._limits = numbers, limits
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # the stacks below each mark
        self._memo: dict[int, Any] = {}
        self._made = 0
        # An empty set takes 216 bytes of memory and one of the file: their number must follow from the file's size.
        self._containers_left = 2**20 + n_bytes // 16
        self._notes_left = 2**20 + n_bytes // 3
        self._carry_out: dict[str, Callable[[Any], None]] = {
            "PROTO": self._proto,
            "FRAME": lambda _: None,
            "MARK": self._mark,
            "NONE": lambda _: self._push(None),
            "NEWTRUE": lambda _: self._push(True),
            "NEWFALSE": lambda _: self._push(False),
            "BYTEARRAY8": lambda given: self._push(self._counted(bytes(given))),
            "EMPTY_LIST": lambda _: self._open([]),
            "EMPTY_TUPLE": lambda _: self._open(()),
            "EMPTY_DICT": lambda _: self._open({}),
            "EMPTY_SET": lambda _: self._open(set()),
            "LIST": lambda _: self._open(self._since_mark()),
            "TUPLE": lambda _: self._open(tuple(self._since_mark())),
            "TUPLE1": lambda _: self._tuple(1),
            "TUPLE2": lambda _: self._tuple(2),
            "TUPLE3": lambda _: self._tuple(3),
            "DICT": lambda _: self._open(_filled({}, self._since_mark())),
            "FROZENSET": lambda _: self._open(frozenset(map(_key, self._since_mark()))),
            "APPEND": lambda _: self._append([self._stack.pop()]),
            "APPENDS": lambda _: self._append(self._since_mark()),
            "SETITEM": lambda _: self._fill([self._stack.pop() for _ in range(2)][::-1]),
            "SETITEMS": lambda _: self._fill(self._since_mark()),
            "ADDITEMS": lambda _: self._add(self._since_mark()),
            "MEMOIZE": lambda _: self._note(len(self._memo)),
            **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), self._note),
            **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda number: self._push(self._memo[number])),
            **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"), self._whole),
            **dict.fromkeys(_LITERALS, self._push),
            "GLOBAL": lambda names: self._name(*names.split(" ", 1)),
            "STACK_GLOBAL": lambda _: self._name(*[self._stack.pop() for _ in range(2)][::-1]),
            "REDUCE": lambda _: self._reduce(),
            "BUILD": lambda _: self._build(),
        }

    def run(self, data: bytes) -> Any:
        for instruction, argument, _ in pickletools.genops(data):
            if instruction.name == "STOP":
                break
            act = self._carry_out.get(instruction.name)
            if act is None:
                raise Refused(_refusal(instruction.name, argument))
            act(argument)
        if len(self._stack) != 1 or self._below:
            raise ValueError("its pickle ends with several values or none")
        return self._stack[0]

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _open(self, container: Any) -> None:
        self._containers_left -= 1
        if self._containers_left < 0:
            raise Refused("its pickle makes more lists and dictionaries than a file of its size can need")
        self._stack.append(container)

    def _proto(self, number: int) -> None:
        if number > _NEWEST:
            raise ValueError(f"its pickle has protocol {number}, later than {_NEWEST}")

    def _mark(self, _: object) -> None:
        if len(self._below) > 2 * self._limits.depth:
            raise Refused(f"its pickle begins more than {len(self._below)} things before it ends one")
        self._below.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        values, self._stack = self._stack, self._below.pop()
        return values

    def _tuple(self, n: int) -> None:
        if len(self._stack) < n:
            raise IndexError
        values = tuple(self._stack[-n:])
        del self._stack[-n:]
        self._open(values)

    def _whole(self, number: int) -> None:
        if number.bit_length() > self._limits.bits:
            raise Refused(f"it has a whole number of {number.bit_length():,} bits")
        self._stack.append(number)

    def _append(self, values: list[Any]) -> None:
        self._top(list, "appends to").extend(values)

    def _add(self, values: list[Any]) -> None:
        self._top(set, "adds to").update(map(_key, values))

    def _fill(self, values: list[Any]) -> None:
        _filled(self._top(dict, "sets items of"), values)

    def _top(self, kind: type, does: str) -> Any:
        top = self._stack[-1]
        if type(top) is not kind:
            raise Refused(f"its pickle {does} {_said(top)}")
        return top

    def _note(self, number: int) -> None:
        self._notes_left -= 1
        if self._notes_left < 0:
            raise Refused("its pickle notes more values than a file of its size can hold")
        value = self._stack[-1]
        if type(value) is _Unfilled:
            value.noted.append(number)
        self._memo[number] = value

    def _name(self, module: object, name: object) -> None:
        full = f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else ""
        maker = _Maker.NUMBER if full in self._numbers else _MAKERS.get(full)
        if maker is None:
            raise Refused(f"it asks for the Python object {shown(full) or 'without a name'}, which can run code")
        self._stack.append(maker)

    def _reduce(self) -> None:
        given, maker = self._stack.pop(), self._stack.pop()
        if not isinstance(maker, _Maker) or type(given) is not tuple:
            raise Refused(f"its pickle calls {_said(maker)}")
        made = self._make(maker, given)
        if isinstance(made, bytes | np.ndarray):
            self._counted(made)
        if isinstance(made, bytes | int | float):
            self._stack.append(made)
        else:
            self._open(made)

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
                return {_key(key): value for key, value in pairs}
            case _Maker.SET, (list() as values,):
                return set(map(_key, values))
            case _Maker.FROZEN_SET, (list() as values,):
                return frozenset(map(_key, values))
            case _Maker.NUMBER, (int() as number,):
                return int(number)
        raise Refused(f"its pickle makes {maker.name.lower().replace('_', ' ')} of something else than plain data")

    def _build(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if isinstance(target, PickledType):
            target.settle(state)
            return
        if not isinstance(target, _Unfilled):
            raise Refused(f"its pickle sets the state of {_said(target)}")
        if type(state) is not tuple or len(state) != 5:
            raise Refused("it has an array with a state of another form")
        _, shape, kind, fortran, raw = state
        array = self._counted(array_of(raw, kind, shape, fortran=fortran is True or fortran == 1))
        self._stack[-1] = array
        for number in target.noted:
            self._memo[number] = array

    def _counted(self, made: Any) -> Any:
        """The same bytes or array, its size taken from what the pickle may make."""
        self._made += len(made) if isinstance(made, bytes) else made.nbytes
        if self._made > self._limits.n_bytes:
            raise Refused(f"its arrays have more than {self._limits.n_bytes:,} bytes together")
        return made


_LITERALS = (
    *("FLOAT", "BINFLOAT", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
)


def _refusal(name: str, argument: object) -> str:
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


def _key(value: Any) -> Any:
    """A key of a dictionary or member of a set.

    Tuples are no keys here: tuples of tuples of the same tuple take for ever to be hashed. Neither are whole numbers
    that have the hash of others: a dictionary of such takes quadratic time.
    """
    if value is None or type(value) in (bool, float, str, bytes) or (type(value) is int and abs(value) < _HASHES):
        return value
    raise Refused(f"its pickle has {_said(value)} as a key")


def _filled(target: dict[Any, Any], values: list[Any]) -> dict[Any, Any]:
    """A dictionary with keys and values, which alternate, put in."""
    if len(values) % 2:
        raise ValueError("its pickle has a key without a value")
    for key, value in zip(values[::2], values[1::2], strict=True):
        target[_key(key)] = value
    return target


def _said(value: object) -> str:
    return f"{value.name.lower()}" if isinstance(value, _Maker) else f"a value of the type {type(value).__name__}"
