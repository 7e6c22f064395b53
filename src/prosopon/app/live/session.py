"""A live session: one thread grabs, one runs the nets, this one shows and records; frames are dropped, never queued."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from prosopon.app.live.camera import Camera, Clock, Shot
from prosopon.app.live.figures import Log
from prosopon.app.live.newest import Newest
from prosopon.app.live.spool import Spool
from prosopon.core.clip import Frame
from prosopon.core.progress import Progress

_POLL_S = 0.02
_PATIENCE_S = 2.0
"""A camera that hangs is not waited for any longer."""


class Animator(Protocol):
    """What a technique offers to be used live, see `create.fomm.live.LiveAnimator`."""

    def see(self, frame: Frame, at_s: float) -> Frame | None:
        """What moves, or None as long as there is nobody to follow."""
        ...

    def whole(self, patch: Frame) -> Frame:
        """The whole picture with it."""
        ...

    def renew(self) -> None:
        """Take the next pose as the reference."""
        ...


class Screen(Protocol):
    """What shows the pictures, see `app.live.window.Window`."""

    is_closed: bool

    def show(self, frame: Frame) -> Frame:
        """Show a frame."""
        ...

    def say(self, line: str) -> None:
        """A line of text beside it."""
        ...

    def listen(self) -> list[str]:
        """Keys that were pressed."""
        ...


@dataclass(frozen=True)
class _Made:
    """A frame that came out of the nets."""

    patch: Frame
    shot: Shot
    taken_s: float
    made_s: float
    dropped: int


@dataclass(frozen=True)
class Ending:
    """How a session ended.

    Attributes:
        why: one of `camera` (it gave no more), `time`, `window`, `asked` (Ctrl-C), `full` (no room left to record).
        fault: what went wrong in camera or nets, or None.
    """

    why: str
    fault: BaseException | None


class Session:
    """Runs once.

    Args:
        camera: where frames come from.
        animator: what makes of them what is shown.
        log: told about every frame.
        screen: where they are shown, or None.
        spool: where they are kept, or None.
        now: the program's clock, in seconds.
        progress: told about every frame, and what the user should know.
    """

    def __init__(
        self,
        camera: Camera,
        animator: Animator,
        log: Log,
        *,
        screen: Screen | None,
        spool: Spool | None,
        now: Callable[[], float],
        progress: Progress,
    ) -> None:
        self._camera, self._animator, self._log = camera, animator, log
        self._screen, self._spool = screen, spool
        self._now, self._progress = now, progress
        self._newest: Newest[Shot] = Newest()
        # One frame on its way to the screen while the next one is in the nets.
        self._made: queue.Queue[_Made | None] = queue.Queue(maxsize=1)
        self._ended = threading.Event()
        self._fault: BaseException | None = None

    def run(self, is_asked_to_end: Callable[[], bool], seconds: float | None = None) -> Ending:
        """Until the camera ends, the window is closed, the time is over, or the user asks for it.

        Args:
            is_asked_to_end: looked at between frames.
            seconds: longest time from now on; None: no limit.
        """
        threads = [
            threading.Thread(target=self._grab, name="grab", daemon=True),
            threading.Thread(target=self._animate, name="animate", daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            why = self._show(is_asked_to_end, None if seconds is None else self._now() + seconds)
        finally:
            self._ended.set()
            self._newest.close(discard=True)
            for thread in threads:
                thread.join(_PATIENCE_S)
        return Ending(why, self._fault)

    def _grab(self) -> None:
        try:
            for shot in self._camera.shots(Clock(self._now, self._ended.wait)):
                if self._ended.is_set():
                    break
                self._newest.put(shot)
        except BaseException as error:
            self._fault = self._fault or error
        finally:
            self._newest.close()

    def _animate(self) -> None:
        try:
            while (taken := self._newest.take()) is not None and not self._ended.is_set():
                shot, dropped = taken
                taken_s = self._now()
                patch = self._animator.see(shot.frame, shot.at_s)
                if patch is not None:
                    self._hand_on(_Made(patch, shot, taken_s, self._now(), dropped))
        except BaseException as error:
            self._fault = self._fault or error
        finally:
            self._hand_on(None)

    def _hand_on(self, made: _Made | None) -> None:
        while not self._ended.is_set():
            try:
                self._made.put(made, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def _show(self, is_asked_to_end: Callable[[], bool], until_s: float | None) -> str:
        is_waiting = True
        while True:
            if is_asked_to_end():
                return "asked"
            if until_s is not None and self._now() >= until_s:
                return "time"
            if self._screen is not None:
                if "r" in self._screen.listen():
                    self._animator.renew()
                if self._screen.is_closed:
                    return "window"
            try:
                made = self._made.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if made is None:
                return "camera"
            if is_waiting:
                is_waiting = False
                self._progress.start("live", None)
            if not self._keep_and_show(made):
                return "full"

    def _keep_and_show(self, made: _Made) -> bool:
        """Whether there is anything left to do."""
        was_full = self._spool is None or self._spool.is_full
        if self._spool is not None:
            self._spool.add(made.patch, made.shot.at_s)
            if self._spool.is_full and not was_full:
                self._progress.note("there is no room left on the disk: the recording ends here")
                if self._screen is None:
                    return False
        if self._screen is not None:
            self._screen.show(self._animator.whole(made.patch))
        shown_s = self._now()
        self._log.add(
            grabbed_s=made.shot.grabbed_s,
            taken_s=made.taken_s,
            made_s=made.made_s,
            shown_s=shown_s,
            dropped=made.dropped,
        )
        self._progress.advance()
        if self._screen is not None:
            self._screen.say(self._log.lately(shown_s).line)
        return True
