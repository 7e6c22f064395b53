"""The value that came out of a pickle, judged as a whole: how much it is when unfolded, and what is left in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from prosopon.faces.imported.refusals import Refused

_SMALL = frozenset((type(None), bool, int, float))
_CONTAINERS = frozenset((list, tuple, dict, set, frozenset))


def check_whole(root: Any, most: int, depth: int) -> None:
    """Refuse what is small only because parts of it are used again and again, what contains itself, and leftovers.

    Containers may be changed after they were put into others, so that only the finished whole can be judged.

    Args:
        root: the value.
        most: how many values it may hold when everything that is used twice counts twice.
        depth: how deep it may be.

    Raises:
        Refused: it is any of that.
    """
    weighed: dict[int, tuple[int, int]] = {}  # of finished containers: values in them, depth
    around: set[int] = set()
    todo = [root] if type(root) in _CONTAINERS else [(root,)]
    while todo:
        one = todo[-1]
        if id(one) in weighed:
            todo.pop()
            continue
        weight, inner = _leaves(one)
        if id(one) not in around:
            around.add(id(one))
            waiting = [part for part in inner if id(part) not in weighed]
            if any(id(part) in around for part in waiting):
                raise Refused("it holds a list or dictionary that contains itself")
            if len(around) > depth:
                raise Refused(f"its lists and dictionaries lie more than {depth} deep in each other")
            if waiting:
                todo.extend(waiting)
                continue
        weight += sum(weighed[id(part)][0] for part in inner)
        if weight > most:
            raise Refused("it uses parts of itself so often that it would fill the memory")
        height = 1 + max((weighed[id(part)][1] for part in inner), default=0)
        if height > depth:
            raise Refused(f"its lists and dictionaries lie more than {depth} deep in each other")
        weighed[id(one)] = weight, height
        around.discard(id(one))
        todo.pop()


def _leaves(one: Any) -> tuple[int, list[Any]]:
    """How many values a container holds itself, long ones counting more, and the containers in it."""
    weight, inner = 1, []
    parts: Iterable[Any] = one.values() if type(one) is dict else one
    for part in parts:
        kind = type(part)
        if kind in _SMALL:
            weight += 1
        elif kind in _CONTAINERS:
            inner.append(part)
        elif kind is str or kind is bytes:
            weight += 1 + len(part) // 8
        elif kind is np.ndarray:
            weight += 1 + part.nbytes // 8
        else:
            raise Refused("it holds an array without content, or a name where data should be")
    return weight, inner
