"""How much of a mark can be seen: figures of what is marked beside what is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prosopon.arena.metrics import psnr, ssim
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError

_LEAST_PX = 11
"""Smaller pictures have no structural similarity."""
MAGNIFIED = 20
"""How many times larger the difference is shown than it is."""


@dataclass(frozen=True)
class Seen:
    """Of one picture or clip.

    Attributes:
        item: which.
        psnr: in dB; of a clip by the mean squared error over all frames that were looked at.
        ssim: mean over those; None where they are too small.
        flicker: of a clip, mean absolute difference that the mark adds from one frame to the next, in grey levels;
            None of a picture.
    """

    item: str
    psnr: float
    ssim: float | None
    flicker: float | None = None


def seen_in_picture(item: str, untouched: Frame, marked: Frame) -> Seen:
    """Of a picture, both `uint8 (H, W, 3)`."""
    return Seen(item, psnr(marked, untouched), _similarity(marked, untouched))


def seen_in_clip(item: str, untouched: Clip, marked: Clip, *, every: int = 5) -> Seen:
    """Of a clip before it is encoded.

    Args:
        item: its name.
        untouched, marked: of the same number of frames.
        every: for structural similarity look at every n-th frame.

    Raises:
        MediaError: the clips have no frames, or one has more than the other.
    """
    squares: list[float] = []
    likenesses: list[float] = []
    flickers: list[float] = []
    before: np.ndarray[Any, np.dtype[np.int16]] | None = None
    for number, (plain, frame) in enumerate(_both(item, untouched, marked)):
        change = frame.astype(np.int16) - plain
        squares.append(float(np.square(change, dtype=np.float64).mean()))
        if number % every == 0 and (likeness := _similarity(frame, plain)) is not None:
            likenesses.append(likeness)
        if before is not None:
            flickers.append(float(np.abs(change - before).mean()))
        before = change
    mean = float(np.mean(squares))
    decibels = float("inf") if mean == 0 else float(10 * np.log10(255**2 / mean))
    return Seen(
        item, decibels, float(np.mean(likenesses)) if likenesses else None,
        float(np.mean(flickers)) if flickers else None,
    )  # fmt: skip


def summary(seen: Sequence[Seen]) -> dict[str, float | int | None]:
    """Means and the worst over items, JSON-able; `Infinity` where nothing was changed."""
    likenesses = [one.ssim for one in seen if one.ssim is not None]
    flickers = [one.flicker for one in seen if one.flicker is not None]
    return {
        "items": len(seen),
        "psnr_mean": float(np.mean([one.psnr for one in seen])) if seen else None,
        "psnr_least": min((one.psnr for one in seen), default=None),
        "ssim_mean": float(np.mean(likenesses)) if likenesses else None,
        "ssim_least": min(likenesses, default=None),
        "flicker_mean": float(np.mean(flickers)) if flickers else None,
    }


def difference(untouched: Frame, marked: Frame) -> Frame:
    """What was changed, `MAGNIFIED` times as large around mid grey, `uint8 (H, W, 3)`."""
    change = marked.astype(np.int16) - untouched
    shown: Frame = np.clip(128 + MAGNIFIED * change, 0, 255).astype(np.uint8)
    return shown


def _similarity(picture: Frame, wanted: Frame) -> float | None:
    return ssim(picture, wanted) if min(picture.shape[:2]) >= _LEAST_PX else None


def _both(item: str, untouched: Clip, marked: Clip) -> Iterator[tuple[Frame, Frame]]:
    if len(untouched) != len(marked) or not len(untouched):
        raise MediaError(f"{item} has {len(untouched)} frames and {len(marked)} once it is marked", "report this")
    frames: Iterable[tuple[Frame, Frame]] = zip(untouched.frames(), marked.frames(), strict=True)
    yield from frames
