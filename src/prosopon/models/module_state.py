"""The state dictionary of a module whose pickle was read as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prosopon.models.module_pickle import Laid, Refused, Thing

_DEEPEST_MODULE = 64


def state_of(whole: Any, most: int) -> dict[str, Laid]:
    """The state dictionary of a module that was read: its parameters and buffers by dotted name.

    Args:
        whole: what `read_pickle` gave: a module, or tensors by name, on their own or as an entry of a dictionary.
        most: tensors and modules; one that uses its parts again and again could have any number.

    Raises:
        Refused: it is neither, or has more.
    """
    candidates = [whole, *(whole.values() if isinstance(whole, Mapping) else ())]
    for one in candidates:
        if isinstance(one, Thing):
            state = _Gathering(most).of(one)
        elif isinstance(one, Mapping):
            state = {str(key): value for key, value in one.items() if isinstance(value, Laid)}
        else:
            continue
        if state:
            return state
    raise Refused("it holds neither a module nor tensors by name")


class _Gathering:
    """Walks through a module and those in it."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._state: dict[str, Laid] = {}

    def of(self, thing: Thing) -> dict[str, Laid]:
        self._walk(thing, "", 0)
        return self._state

    def _walk(self, thing: Thing, prefix: str, depth: int) -> None:
        left_out = thing.state.get("_non_persistent_buffers_set")
        passed_over = left_out if isinstance(left_out, set) else set()
        own = dict(_table(thing, "_parameters"))
        own |= {name: value for name, value in _table(thing, "_buffers").items() if name not in passed_over}
        tensors = {f"{prefix}{name}": value for name, value in own.items() if isinstance(value, Laid)}
        self._left -= 1 + len(tensors)
        if self._left < 0 or depth > _DEEPEST_MODULE:
            raise Refused("it has more modules and tensors in each other than any net")
        self._state |= tensors
        for name, part in _table(thing, "_modules").items():
            if isinstance(part, Thing):
                self._walk(part, f"{prefix}{name}.", depth + 1)


def _table(thing: Thing, name: str) -> dict[Any, Any]:
    table = thing.state.get(name)
    return table if isinstance(table, dict) else {}
