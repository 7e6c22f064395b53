"""`Clip`: pictures over time with their sound, lazily read, re-iterable, immutable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.history import Parent, Relationship, Step

Frame = NDArray[np.uint8]
"""One picture, `uint8 (H, W, 3)` RGB."""


@dataclass(frozen=True)
class Audio:
    """Sound that belongs to a clip; the samples are only read when asked for.

    Attributes:
        rate: samples per second.
        channels: number of channels C.
        load: reads all samples, `float32 (C, N)` in [-1, 1].
        origin: the file it comes from, so that a writer can copy the stream untouched; None once edited.
        start_s: when the sound begins on the clip's clock, in seconds.
        duration_s: length in seconds, None where the container does not say.
    """

    rate: int
    channels: int
    load: Callable[[], NDArray[np.float32]]
    origin: Path | None = None
    start_s: float = 0.0
    duration_s: float | None = None

    @cached_property
    def samples(self) -> NDArray[np.float32]:
        """All samples, `float32 (C, N)` in [-1, 1]."""
        return self.load()

    @property
    def end_s(self) -> float:
        """When the sound ends on the clip's clock, in seconds; samples are read where nothing else tells."""
        length_s = self.samples.shape[1] / self.rate if self.duration_s is None else self.duration_s
        return self.start_s + length_s

    @classmethod
    def of(cls, samples: NDArray[np.float32], rate: int) -> Audio:
        """Sound from samples `(C, N)` or `(N,)` in memory."""
        held = np.atleast_2d(np.asarray(samples, dtype=np.float32))
        return cls(rate, held.shape[0], lambda: held, duration_s=held.shape[1] / rate)


@dataclass(frozen=True)
class Clip:
    """Pictures over time, with sound and a history.

    A still is a clip of one frame with `fps=None`; a sound is a clip without frames.

    Attributes:
        width, height: size of every frame in pixels.
        open_frames: starts a fresh pass over the frames, each `uint8 (H, W, 3)` RGB; never holds a whole video.
        times: presentation time of every frame in seconds, ascending; variable frame rates survive in it.
        fps: nominal rate, exact; None for a still.
        audio: the sound, or None.
        history: one `Step` for each operation, the newest last.
        sha256: content id of the file it was read from; None for something made in memory.
        name: file name or title for people.
        path: the file it was read from, or None.
    """

    width: int
    height: int
    open_frames: Callable[[], Iterator[Frame]]
    times: tuple[float, ...]
    fps: Fraction | None = None
    audio: Audio | None = None
    history: tuple[Step, ...] = ()
    sha256: str | None = None
    name: str = "untitled"
    path: Path | None = None

    def frames(self) -> Iterator[Frame]:
        """A fresh pass over the frames: `uint8 (H, W, 3)` RGB, in order of `times`."""
        return self.open_frames()

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.times)

    @property
    def is_still(self) -> bool:
        """Whether this is a picture rather than a video."""
        return self.fps is None and len(self.times) == 1

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last one, in seconds (0 for a still)."""
        if self.fps is None or not self.times:
            return 0.0
        return self.times[-1] - self.times[0] + float(1 / self.fps)

    def first(self) -> Frame:
        """The first frame, `uint8 (H, W, 3)`."""
        frames = self.frames()
        try:
            return next(frames)
        finally:
            close = getattr(frames, "close", None)
            if close is not None:
                close()

    def as_parent(self, relationship: Relationship) -> Parent:
        """This clip as an ingredient of another."""
        return Parent(self.name, self.sha256, relationship, self.path)

    def derive(
        self,
        step: Step,
        open_frames: Callable[[], Iterator[Frame]],
        *,
        width: int | None = None,
        height: int | None = None,
        name: str | None = None,
    ) -> Clip:
        """A clip with other pictures on the same clock: times, rate, sound and history are kept, `step` is added."""
        return replace(
            self,
            width=self.width if width is None else width,
            height=self.height if height is None else height,
            open_frames=open_frames,
            history=(*self.history, step),
            sha256=None,
            path=None,
            name=self.name if name is None else name,
        )

    @classmethod
    def still(cls, image: Frame, *, name: str = "untitled", step: Step | None = None) -> Clip:
        """A picture `uint8 (H, W, 3)` in memory as a clip."""
        height, width = image.shape[:2]
        return cls(width, height, lambda: iter((image,)), (0.0,), name=name, history=() if step is None else (step,))

    @classmethod
    def of_frames(
        cls,
        frames: NDArray[np.uint8] | list[Frame],
        fps: Fraction | int,
        *,
        name: str = "untitled",
        audio: Audio | None = None,
        step: Step | None = None,
    ) -> Clip:
        """Frames `uint8 (T, H, W, 3)` in memory as a clip of constant rate."""
        held = list(frames)
        height, width = held[0].shape[:2]
        rate = Fraction(fps)
        times = tuple(float(i / rate) for i in range(len(held)))
        history = () if step is None else (step,)
        return cls(width, height, lambda: iter(held), times, rate, audio, history, name=name)
