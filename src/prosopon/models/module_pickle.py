"""The pickle of a whole PyTorch module read as data: its parts become dictionaries, and nothing is called.

Whoever saves a module rather than its state gets a file that names the author's classes, and PyTorch's reader would
import and run them. Here the instructions are told apart by `pickletools.genops`, which only reads, and carried out by
the few lines below. A class is a name, an object is its state, a tensor is a note of which numbers it consists of. Of
functions only the few are understood that tensors and plain containers are stored with, and they stand for code of our
own; a call of any other is refused and told.

The format: PEP 307 and 3154, and `torch.serialization`.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

from prosopon.core.errors import CheckpointError

_NEWEST = 5
_HASHES = 2**61 - 1
_BITS = 128
_DEEPEST = 2_000

_SIZES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip
STORAGES = {f"{where}.{name}": dtype for where in ("torch", "torch.cuda") for name, dtype in _SIZES.items()}
"""PyTorch's classes of stored numbers, and the types of these."""
_TENSORS = frozenset({"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"})
_PARAMETERS = frozenset({"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"})
_SEQUENCES = {"torch.Size": tuple, **{f"{m}.{k.__name__}": k for m in ("builtins", "__builtin__") for k in (set, list)}}
# Modules of before PyTorch 1.2 have it. It is a call without arguments, whose result plays no part.
_IGNORED = frozenset({"torch.nn.backends.thnn._get_thnn_function_backend"})


class Refused(CheckpointError):  # noqa: N818 - named for what is the case
    """The pickle asks for something that weights do not need."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"it was refused: {what}", "do not trust this file; ask its author for a state_dict or safetensors"
        )


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle names: never looked up."""

    full: str


@dataclass
class Thing:
    """An object of somebody's class: its name and its state."""

    kind: str
    state: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """Numbers that are stored outside the pickle.

    Attributes:
        key: where.
        dtype: name of their type.
        numel: how many there are in all.
        first: the first that is meant, where a part of them is a storage of its own.
    """

    key: str
    dtype: str
    numel: int
    first: int = 0


@dataclass(frozen=True)
class Laid:
    """A tensor: which of the stored numbers it consists of."""

    stored: Stored
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def read_pickle(file: IO[bytes], n_bytes: int, stored: dict[str, Stored] | None = None) -> Any:
    """What a pickle describes: plain values, `Thing`, `Laid` and `Name` in each other.

    Args:
        file: at its beginning; afterwards behind its end.
        n_bytes: how many bytes there are, which bounds what may come of them.
        stored: gets all numbers by key that the pickle refers to, used or not.

    Raises:
        Refused: it calls what no weights need.
        ValueError: it is damaged or cut off.
    """
    try:
        return _Machine(n_bytes, {} if stored is None else stored).run(file)
    except (IndexError, KeyError) as error:
        raise ValueError("its pickle takes what it has not stored") from error
    except (TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"its pickle is damaged ({type(error).__name__})") from error


class _Machine:
    """The stack machine of a pickle."""

    def __init__(self, n_bytes: int, stored: dict[str, Stored]) -> None:
        self._stored = stored
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        # An empty container takes hundreds of bytes of memory and one of the file.
        self._left = 2**20 + n_bytes // 16
        self._carry_out: dict[str, Callable[[Any], None]] = {
            "PROTO": self._proto,
            "FRAME": lambda _: None,
            "MARK": self._mark,
            "POP": lambda _: self._drop(),
            "NONE": lambda _: self._stack.append(None),
            "NEWTRUE": lambda _: self._stack.append(True),
            "NEWFALSE": lambda _: self._stack.append(False),
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
            "APPEND": lambda _: self._append([self._stack.pop()]),
            "APPENDS": lambda _: self._append(self._since_mark()),
            "SETITEM": lambda _: self._fill([self._stack.pop() for _ in range(2)][::-1]),
            "SETITEMS": lambda _: self._fill(self._since_mark()),
            "ADDITEMS": lambda _: self._add(self._since_mark()),
            "MEMOIZE": lambda _: self._note(len(self._memo)),
            **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), self._note),
            **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda number: self._stack.append(self._memo[number])),
            **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"), self._whole),
            **dict.fromkeys(_LITERALS, self._stack_up),
            "GLOBAL": lambda names: self._stack.append(Name(".".join(names.split(" ", 1)))),
            "STACK_GLOBAL": lambda _: self._named(),
            "REDUCE": lambda _: self._reduce(),
            "NEWOBJ": lambda _: self._new(),
            "BUILD": lambda _: self._build(),
            "BINPERSID": lambda _: self._refer(),
        }

    def run(self, file: IO[bytes]) -> Any:
        for instruction, argument, _ in pickletools.genops(file):
            if instruction.name == "STOP":
                break
            act = self._carry_out.get(instruction.name)
            if act is None:
                raise Refused(f"its pickle has the instruction {instruction.name}, which weights do not need")
            act(argument)
        if len(self._stack) != 1 or self._below:
            raise ValueError("its pickle ends with several values or none")
        return self._stack[0]

    def _stack_up(self, value: Any) -> None:
        self._stack.append(value)

    def _drop(self) -> None:
        self._stack.pop()

    def _open(self, container: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise Refused("its pickle makes more lists and dictionaries than a file of its size can need")
        self._stack.append(container)

    def _proto(self, number: int) -> None:
        if number > _NEWEST:
            raise ValueError(f"its pickle has protocol {number}, later than {_NEWEST}")

    def _mark(self, _: object) -> None:
        if len(self._below) > _DEEPEST:
            raise Refused("its pickle begins very many things before it ends one")
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
        if number.bit_length() > _BITS:
            raise Refused(f"it has a whole number of {number.bit_length():,} bits")
        self._stack.append(number)

    def _append(self, values: list[Any]) -> None:
        top = self._stack[-1]
        if type(top) is not list:
            raise Refused(f"its pickle appends to {_said(top)}")
        top.extend(values)

    def _add(self, values: list[Any]) -> None:
        top = self._stack[-1]
        if type(top) is not set:
            raise Refused(f"its pickle adds to {_said(top)}")
        top.update(map(_key, values))

    def _fill(self, values: list[Any]) -> None:
        top = self._stack[-1]
        if type(top) is not dict:
            raise Refused(f"its pickle sets items of {_said(top)}")
        _filled(top, values)

    def _note(self, number: int) -> None:
        self._left -= 1
        if self._left < 0:
            raise Refused("its pickle notes more values than a file of its size can hold")
        self._memo[number] = self._stack[-1]

    def _named(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise Refused("it asks for a Python object without a name")
        self._stack.append(Name(f"{module}.{name}"))

    def _new(self) -> None:
        given, kind = self._stack.pop(), self._stack.pop()
        if not isinstance(kind, Name) or given != ():
            raise Refused(f"its pickle makes an object of {_said(kind)} with arguments")
        self._open(Thing(kind.full))

    def _build(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if type(target) is dict:  # an OrderedDict with attributes, such as a state's metadata
            return
        if not isinstance(target, Thing) or type(state) is not dict:
            raise Refused(f"its pickle sets the state of {_said(target)}")
        target.state.update(state)

    def _refer(self) -> None:
        found = _outside(self._stack.pop())
        if isinstance(found, Stored):
            self._stored.setdefault(found.key, found)
        self._stack.append(found)

    def _reduce(self) -> None:
        given, maker = self._stack.pop(), self._stack.pop()
        if not isinstance(maker, Name) or type(given) is not tuple:
            raise Refused(f"its pickle calls {_said(maker)}")
        made = _made(maker.full, given)
        if isinstance(made, Laid | Name | Thing):
            self._stack.append(made)
        else:
            self._open(made)


def _made(name: str, given: tuple[Any, ...]) -> Any:
    """What the few calls that are understood make."""
    kind: Any = _SEQUENCES.get(name)
    if name in _TENSORS and len(given) >= 4:
        return _laid(given)
    if name in _PARAMETERS and given and isinstance(given[0], Laid):
        return given[0]
    if name == "collections.OrderedDict" and len(given) <= 1:
        pairs = given[0] if given else []
        if type(pairs) is list and all(type(pair) in (list, tuple) and len(pair) == 2 for pair in pairs):
            return {_key(key): value for key, value in pairs}
    if kind is not None and len(given) == 1 and type(given[0]) in (list, tuple):
        return kind(map(_key, given[0])) if kind is set else kind(given[0])
    if name == "copyreg._reconstructor" and len(given) == 3 and isinstance(given[0], Name):
        return Thing(given[0].full)
    if name in _IGNORED and given == ():
        return Name(name)
    raise Refused(f"beside tensors it calls {_shown(name)}, which can run any code")


def _laid(given: tuple[Any, ...]) -> Laid:
    stored, offset, size, stride = given[:4]
    numbers = (offset, *size, *stride)
    if not isinstance(stored, Stored) or any(type(one) is not int or one < 0 for one in numbers):
        raise Refused("it has a tensor without numbers of its own")
    if len(size) != len(stride):
        raise ValueError("it has a tensor with as many sides as no array has")
    return Laid(stored, offset, tuple(size), tuple(stride))


def _outside(what: Any) -> Any:
    """What a pickle of PyTorch's refers to outside itself: stored numbers, or in old files a class with its source."""
    match what:
        case ("module", Name() as kind, *_):
            return kind
        case ("storage", Name(full=full), str() as key, _, int() as numel, *rest) if full in STORAGES and numel >= 0:
            part = rest[0] if rest else None
            if part is None:
                return Stored(key, STORAGES[full], numel)
            _, first, size = part
            if type(first) is int and type(size) is int and first >= 0 and first + size <= numel:
                return Stored(key, STORAGES[full], size, first)
    raise Refused("it refers to something outside itself that are no stored numbers")


def _filled(target: dict[Any, Any], values: list[Any]) -> dict[Any, Any]:
    if len(values) % 2:
        raise ValueError("its pickle has a key without a value")
    for key, value in zip(values[::2], values[1::2], strict=True):
        target[_key(key)] = value
    return target


def _key(value: Any) -> Any:
    """A key of a dictionary or member of a set; whole numbers that share their hash with others are none."""
    if value is None or type(value) in (bool, float, str) or (type(value) is int and abs(value) < _HASHES):
        return value
    raise Refused(f"its pickle has {_said(value)} as a key")


def _said(value: object) -> str:
    return _shown(value.full) if isinstance(value, Name) else f"a value of the type {type(value).__name__}"


def _shown(name: str) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in name[:81])
    return plain if len(plain) <= 80 else f"{plain[:80]}..."


_LITERALS = (
    *("FLOAT", "BINFLOAT", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
)
