"""The pickle of a whole PyTorch module read as data: its parts become dictionaries, and nothing is called.

Whoever saves a module rather than its state gets a file that names the author's classes, and PyTorch's reader would
import and run them. Here a class is a name, an object is its state, a tensor is a note of which numbers it consists of.
Of functions only the few are understood that tensors and plain containers are stored with, and they stand for code of
our own; a call of any other is refused and told.

The format: `core.pickle_machine`, and `torch.serialization`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, Any, ClassVar

from prosopon.core.errors import CheckpointError
from prosopon.core.pickle_machine import MachineLimits, PickleMachine, shown

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


class _Machine(PickleMachine):
    """Reads modules: names stay names, and objects of classes become `Thing`."""

    uncounted: ClassVar = (Laid, Name, Thing)

    def __init__(self, n_bytes: int, stored: dict[str, Stored]) -> None:
        more = {"POP": self._drop, "NEWOBJ": self._new, "BINPERSID": self._refer}
        super().__init__(MachineLimits(n_bytes, _DEEPEST), more)
        self._stored = stored

    def refused(self, what: str) -> Refused:
        return Refused(what)

    def named(self, full: str) -> Name:
        if not full:
            raise Refused("it asks for a Python object without a name")
        return Name(full)

    def told(self, value: Any) -> str:
        return shown(value.full) if isinstance(value, Name) else super().told(value)

    def build(self, state: Any, target: Any) -> None:
        if type(target) is dict:  # an OrderedDict with attributes, such as a state's metadata
            return
        if not isinstance(target, Thing) or type(state) is not dict:
            raise Refused(f"its pickle sets the state of {self.told(target)}")
        target.state.update(state)

    def call(self, maker: Any, given: tuple[Any, ...]) -> Any:
        """What the few calls that are understood make."""
        if not isinstance(maker, Name):
            raise Refused(f"its pickle calls {self.told(maker)}")
        name = maker.full
        kind: Any = _SEQUENCES.get(name)
        if name in _TENSORS and len(given) >= 4:
            return _laid(given)
        if name in _PARAMETERS and given and isinstance(given[0], Laid):
            return given[0]
        if name == "collections.OrderedDict" and len(given) <= 1:
            pairs = given[0] if given else []
            if type(pairs) is list and all(type(pair) in (list, tuple) and len(pair) == 2 for pair in pairs):
                return {self.key(key): value for key, value in pairs}
        if kind is not None and len(given) == 1 and type(given[0]) in (list, tuple):
            return kind(map(self.key, given[0])) if kind is set else kind(given[0])
        if name == "copyreg._reconstructor" and len(given) == 3 and isinstance(given[0], Name):
            return Thing(given[0].full)
        if name in _IGNORED and given == ():
            return maker
        raise Refused(f"beside tensors it calls {shown(name)}, which can run any code")

    def _drop(self, _: object) -> None:
        self.stack.pop()

    def _new(self, _: object) -> None:
        given, kind = self.stack.pop(), self.stack.pop()
        if not isinstance(kind, Name) or given != ():
            raise Refused(f"its pickle makes an object of {self.told(kind)} with arguments")
        self.open(Thing(kind.full))

    def _refer(self, _: object) -> None:
        found = _outside(self.stack.pop())
        if isinstance(found, Stored):
            self._stored.setdefault(found.key, found)
        self.push(found)


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
