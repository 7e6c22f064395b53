"""Work on many things in several processes, with the results in order: for preparing what training reads."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def mapped(
    function: Callable[[Thing], Result], things: Sequence[Thing], *, processes: int | None = None
) -> Iterator[Result]:
    """`function` of each thing, in order, as soon as it is there.

    Args:
        function: of a module's top level, or a `functools.partial` of one: it is sent to the processes.
        things: picklable.
        processes: one for each core when not given; with 1 the work is done here.
    """
    processes = min(processes or os.cpu_count() or 1, len(things))
    if processes <= 1:
        yield from map(function, things)
        return
    # Fresh interpreters: forking one in which the nets' threads run may hang.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(function, things)
