"""Ctrl-C and SIGTERM as a wish that is granted between two steps."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class StopWish:
    """Whether the user wants the work to stop.

    Args:
        is_patient: whether further Ctrl-C change nothing, where the steps are short and the end must not be lost.
    """

    def __init__(self, *, is_patient: bool = False) -> None:
        self.uttered = False
        self._is_patient = is_patient

    def hear(self, signal_number: int, _frame: FrameType | None) -> None:
        """Note the wish; a second Ctrl-C does not wait for the step to end, unless the wish is patient.

        Raises:
            KeyboardInterrupt: it is the second Ctrl-C.
        """
        if self.uttered and signal_number == signal.SIGINT and not self._is_patient:
            raise KeyboardInterrupt
        self.uttered = True


@contextlib.contextmanager
def listening(*, is_patient: bool = False) -> Iterator[StopWish]:
    """Inside, SIGINT and SIGTERM no longer end the program but utter the wish (see `StopWish` for `is_patient`).

    Signals can be heard only in the main thread; elsewhere the wish must be uttered by whoever started the thread.
    """
    wish = StopWish(is_patient=is_patient)
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    before = {number: signal.signal(number, wish.hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
