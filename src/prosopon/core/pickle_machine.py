"""`PickleMachine`: the instructions of a pickle carried out on plain values, without looking up or calling anything.

A pickle is a program for a small stack machine. Python's own reader runs it, and two of its instructions, "take this
function" and "call it", make every pickle able to do whatever its author likes. Here the instructions are told apart
by `pickletools.genops`, which only reads, and carried out by the few lines below. What a name, a call or a state stands
for is up to those who read a kind of pickle; what they do not know is refused and told.

The format: PEP 307, 3154 and 574, and the comments of `pickletools` in Python's library.
"""

from __future__ import annotations

import pickletools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, ClassVar

_NEWEST = 5
_HASHES = 2**61 - 1
_LONGEST_NAME = 80
_LITERALS = (
    *("FLOAT", "BINFLOAT", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
)


@dataclass(frozen=True)
class MachineLimits:
    """How much a pickle may ask for. What is not named here is bounded by the number of its bytes.

    Attributes:
        n_bytes: of the pickle.
        marks: how many things may be begun before one ends.
        bits: of a whole number.
    """

    n_bytes: int
    marks: int
    bits: int = 128


class PickleMachine(ABC):
    """The stack machine of a pickle, for one run.

    Args:
        limits: how much the pickle may ask for.
        more: instructions besides those that plain values consist of, by name; each gets its argument.
    """

    uncounted: ClassVar[tuple[type, ...]] = ()
    """What calls may make as often as they like; everything else takes as much memory as a container."""

    def __init__(self, limits: MachineLimits, more: Mapping[str, Callable[[Any], None]]) -> None:
        self.limits = limits
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self._below: list[list[Any]] = []  # the stacks below each mark
        # An empty set takes 216 bytes of memory and one of the file: their number must follow from the file's size.
        self._containers_left = 2**20 + limits.n_bytes // 16
        self._notes_left = 2**20 + limits.n_bytes // 3
        self._carry_out: dict[str, Callable[[Any], None]] = {
            "PROTO": self._proto,
            "FRAME": lambda _: None,
            "MARK": self._mark,
            "NONE": lambda _: self.push(None),
            "NEWTRUE": lambda _: self.push(True),
            "NEWFALSE": lambda _: self.push(False),
            "EMPTY_LIST": lambda _: self.open([]),
            "EMPTY_TUPLE": lambda _: self.open(()),
            "EMPTY_DICT": lambda _: self.open({}),
            "EMPTY_SET": lambda _: self.open(set()),
            "LIST": lambda _: self.open(self.since_mark()),
            "TUPLE": lambda _: self.open(tuple(self.since_mark())),
            "TUPLE1": lambda _: self._tuple(1),
            "TUPLE2": lambda _: self._tuple(2),
            "TUPLE3": lambda _: self._tuple(3),
            "DICT": lambda _: self.open(self._filled({}, self.since_mark())),
            "FROZENSET": lambda _: self.open(frozenset(map(self.key, self.since_mark()))),
            "APPEND": lambda _: self._append([self.stack.pop()]),
            "APPENDS": lambda _: self._append(self.since_mark()),
            "SETITEM": lambda _: self._fill([self.stack.pop() for _ in range(2)][::-1]),
            "SETITEMS": lambda _: self._fill(self.since_mark()),
            "ADDITEMS": lambda _: self._add(self.since_mark()),
            "MEMOIZE": lambda _: self.note(len(self.memo)),
            **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), self.note),
            **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda number: self.push(self.memo[number])),
            **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"), self._whole),
            **dict.fromkeys(_LITERALS, self.push),
            "GLOBAL": lambda names: self._name(*names.split(" ", 1)),
            "STACK_GLOBAL": lambda _: self._name(*[self.stack.pop() for _ in range(2)][::-1]),
            "REDUCE": lambda _: self._reduce(),
            "BUILD": lambda _: self.build(self.stack.pop(), self.stack[-1]),
            **more,
        }

    @abstractmethod
    def refused(self, what: str) -> Exception:
        """What is raised where the pickle asks for something dangerous."""

    @abstractmethod
    def named(self, full: str) -> Any:
        """What a name such as `collections.OrderedDict` stands for; empty: one that is no text."""

    @abstractmethod
    def call(self, maker: Any, given: tuple[Any, ...]) -> Any:
        """What comes of calling something with arguments."""

    @abstractmethod
    def build(self, state: Any, target: Any) -> None:
        """Give what lies on top of the stack its state."""

    def unknown(self, name: str, argument: Any) -> str:
        """Why an instruction is refused that is not known."""
        del argument
        return f"its pickle has the instruction {name}, which is not needed here"

    def told(self, value: Any) -> str:
        """A value in a message."""
        return f"a value of the type {type(value).__name__}"

    def run(self, data: bytes | IO[bytes]) -> Any:
        """The value that a pickle describes.

        Raises:
            Exception: what `refused` makes.
            ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError: it is damaged.
        """
        for instruction, argument, _ in pickletools.genops(data):
            if instruction.name == "STOP":
                break
            act = self._carry_out.get(instruction.name)
            if act is None:
                raise self.refused(self.unknown(instruction.name, argument))
            act(argument)
        if len(self.stack) != 1 or self._below:
            raise ValueError("its pickle ends with several values or none")
        return self.stack[0]

    def push(self, value: Any) -> None:
        """Lay a value on the stack."""
        self.stack.append(value)

    def open(self, container: Any) -> None:
        """Lay a container on the stack, which takes more memory than the file has bytes for it."""
        self._containers_left -= 1
        if self._containers_left < 0:
            raise self.refused("its pickle makes more lists and dictionaries than a file of its size can need")
        self.stack.append(container)

    def since_mark(self) -> list[Any]:
        """Take what was laid on the stack since the last mark."""
        values, self.stack = self.stack, self._below.pop()
        return values

    def note(self, number: int) -> None:
        """Note what lies on top of the stack under a number."""
        self._notes_left -= 1
        if self._notes_left < 0:
            raise self.refused("its pickle notes more values than a file of its size can hold")
        self.memo[number] = self.stack[-1]

    def key(self, value: Any) -> Any:
        """A key of a dictionary or member of a set.

        Tuples are no keys here: tuples of tuples of the same tuple take for ever to be hashed. Neither are whole
        numbers that have the hash of others: a dictionary of such takes quadratic time.
        """
        plain = value is None or type(value) in (bool, float, str, bytes)
        if plain or (type(value) is int and abs(value) < _HASHES):
            return value
        raise self.refused(f"its pickle has {self.told(value)} as a key")

    def _proto(self, number: int) -> None:
        if number > _NEWEST:
            raise ValueError(f"its pickle has protocol {number}, later than {_NEWEST}")

    def _mark(self, _: object) -> None:
        if len(self._below) > self.limits.marks:
            raise self.refused(f"its pickle begins more than {len(self._below)} things before it ends one")
        self._below.append(self.stack)
        self.stack = []

    def _tuple(self, n: int) -> None:
        if len(self.stack) < n:
            raise IndexError
        values = tuple(self.stack[-n:])
        del self.stack[-n:]
        self.open(values)

    def _whole(self, number: int) -> None:
        if number.bit_length() > self.limits.bits:
            raise self.refused(f"it has a whole number of {number.bit_length():,} bits")
        self.stack.append(number)

    def _append(self, values: list[Any]) -> None:
        self._top(list, "appends to").extend(values)

    def _add(self, values: list[Any]) -> None:
        self._top(set, "adds to").update(map(self.key, values))

    def _fill(self, values: list[Any]) -> None:
        self._filled(self._top(dict, "sets items of"), values)

    def _filled(self, target: dict[Any, Any], values: list[Any]) -> dict[Any, Any]:
        """A dictionary with keys and values, which alternate, put in."""
        if len(values) % 2:
            raise ValueError("its pickle has a key without a value")
        for key, value in zip(values[::2], values[1::2], strict=True):
            target[self.key(key)] = value
        return target

    def _top(self, kind: type, does: str) -> Any:
        top = self.stack[-1]
        if type(top) is not kind:
            raise self.refused(f"its pickle {does} {self.told(top)}")
        return top

    def _name(self, module: object, name: object) -> None:
        both = isinstance(module, str) and isinstance(name, str)
        self.stack.append(self.named(f"{module}.{name}" if both else ""))

    def _reduce(self) -> None:
        given, maker = self.stack.pop(), self.stack.pop()
        if type(given) is not tuple:
            raise self.refused(f"its pickle calls {self.told(maker)}")
        made = self.call(maker, given)
        (self.push if isinstance(made, self.uncounted) else self.open)(made)


def shown(name: object) -> str:
    """A name out of a file, short and without control characters, for one line of text."""
    text = name if isinstance(name, str) else type(name).__name__
    plain = "".join(letter if letter.isprintable() else "?" for letter in text[: _LONGEST_NAME + 1])
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[:_LONGEST_NAME]}..."
