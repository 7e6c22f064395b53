"""What a user can set when animating. The docstring of a field is its help text. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prosopon.core.errors import UsageError
from prosopon.faces.crop_option import parse_crop

WEIGHTS = "fomm.face"
"""What is animated with where nobody says otherwise."""
Motion = Literal["auto", "head", "relative", "absolute"]


@dataclass(frozen=True)
class MotionOptions:
    """How the motion is carried over and what of the picture moves, from a file or from a camera alike."""

    motion: Motion = "auto"
    """head: turn the source's head as the driving's turns since its reference frame, and let the face do the same.
    relative: add the change in the picture (the published way). absolute: take the driving's pose and face shape as
    they are. auto: head for weights of faces that can have it, else relative."""
    adapt_scale: bool = True
    """Scale the movement by how much larger the source's face is than the driving's (not with absolute motion)."""
    steady_ms: float = 40.0
    """How strongly head motion is kept from trembling: standard deviation of the smoothing in milliseconds, 0 for
    none. Blinks and lips stay as quick as they are. A camera cannot be looked ahead in: there, any other value than 0
    turns a filter on that lets quick movements through."""
    crop: str = "auto"
    """Part of the source picture that moves: auto (around the face), whole, or x,y,w,h in pixels."""
    driving_crop: str = "auto"
    """Part of the driving video that is followed: auto (around the face), whole, or x,y,w,h in pixels."""
    paste: bool = True
    """Put the moving face back into the whole source picture; otherwise only the crop is written."""
    size: int | None = None
    """Side of the moving part in pixels; not given: the source's own resolution where the weights allow it, else the
    size that they were trained at."""

    def __post_init__(self) -> None:
        if self.size is not None and not 16 <= self.size <= 4096:
            raise UsageError(f"size is {self.size}", "give a number of pixels from 16 to 4096")
        if not 0 <= self.steady_ms <= 1000:
            raise UsageError(f"steady-ms is {self.steady_ms}", "give 0 to 1000 milliseconds")
        for name in ("crop", "driving_crop"):
            parse_crop(getattr(self, name), name)


@dataclass(frozen=True)
class AnimateOptions(MotionOptions):
    """The same, for a video that can be looked through before the work begins."""

    best_frame: bool = True
    """Take as reference the driving frame most like the source, not simply the first (needs a face finder)."""
    batch: int = 8
    """Frames that go through the nets together."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batch < 1:
            raise UsageError(f"batch is {self.batch}", "give 1 or more")
