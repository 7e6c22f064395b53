"""`Spool`: frames of a live picture, kept on the disk until they can be published: only then their times are known.

Publishing wants all times beforehand, and encoding beside the nets would slow them down. What is kept are bare pixels
of the moving part in a folder of its own that is gone afterwards, whatever happens: nothing leaves that way.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.media.timeline import timeline

MOST_BYTES = 32 * 2**30
"""No recording takes more of the disk."""
KEEP_FREE_BYTES = 2 * 2**30
"""So much of the disk is left free: the video itself has to go there too."""
_TICK_S = Fraction(1, 1_000_000)
_LEAST_STEP_S = 1e-3


class Spool:
    """Square frames of one size on disk, in a temporary folder; used as a context.

    Args:
        beside: where the result will go: the folder is made on the same disk, not in a memory that is a disk only by
            name.
        side_px: side of the frames.
    """

    def __init__(self, beside: Path, side_px: int, *, most: int = MOST_BYTES, keep_free: int = KEEP_FREE_BYTES) -> None:
        parent = beside.absolute().parent
        while not parent.exists():
            parent = parent.parent
        self._folder = tempfile.TemporaryDirectory(prefix=".", suffix=".part", dir=parent)
        self._path = Path(self._folder.name) / "frames"
        self._file = self._path.open("wb", buffering=0)
        self._side_px = side_px
        self._most, self._keep_free = most, keep_free
        self._times: list[float] = []
        self.is_full = False
        """Whether there was no room for a frame; nothing is taken any more."""

    def __enter__(self) -> Spool:
        """The spool itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Everything is removed."""
        self._file.close()
        self._folder.cleanup()

    def __len__(self) -> int:
        """Number of frames kept."""
        return len(self._times)

    def add(self, frame: Frame, at_s: float) -> None:
        """Keep a frame `uint8 (S, S, 3)` that was taken at `at_s` seconds; one that is not later than the last is not.

        Nothing is raised where the disk is full: then the recording ends here (`is_full`).
        """
        if frame.shape != (self._side_px, self._side_px, 3):
            raise ValueError(f"a frame of {frame.shape} for a spool of {self._side_px} pixels")
        if self.is_full or (self._times and at_s - self._times[-1] < _LEAST_STEP_S):
            return
        n_bytes = frame.nbytes
        if (len(self) + 1) * n_bytes > self._most or shutil.disk_usage(self._path).free < self._keep_free + n_bytes:
            self.is_full = True
            return
        try:
            written = self._file.write(np.ascontiguousarray(frame).data)
        except OSError:
            written = 0
        if written != n_bytes:
            self._file.truncate(len(self) * n_bytes)
            self._file.seek(len(self) * n_bytes)
            self.is_full = True
            return
        self._times.append(at_s)

    def clip(self) -> Clip:
        """What was kept, as a clip whose times begin at 0; valid while the spool is open.

        Raises:
            MediaError: nothing was kept.
        """
        if not self._times:
            raise MediaError("nothing was recorded", "check the room on the disk")
        ticks = [round((at_s - self._times[0]) / float(_TICK_S)) for at_s in self._times]
        line = timeline(ticks, _TICK_S)
        return Clip(self._side_px, self._side_px, self._frames, line.times, line.fps, name="recording")

    def _frames(self) -> Iterator[Frame]:
        shape = (self._side_px, self._side_px, 3)
        with self._path.open("rb") as file:
            for _ in self._times:
                held = np.fromfile(file, dtype=np.uint8, count=int(np.prod(shape)))
                yield held.reshape(shape)
