"""Clips side by side: people look before they read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.progress import Progress
from prosopon.media.read import read
from prosopon.vouch.label.card import without_opening
from prosopon.vouch.publish import Published, publish

_GAP_PX = 4
_LARGEST_HEIGHT = 512


def side_by_side(before: Sequence[Clip], result: Clip, after: Sequence[Clip] = ()) -> Clip:
    """Clips in a row, all of the same height, on the clock of the result and with its sound.

    Args:
        before: what stands left of the result: source, driving. Stills stand still.
        result: the synthetic clip, best read back from its file, so that what is shown is what was written.
        after: what stands right of it: the exact answer, where there is one.
    """
    height = min(_LARGEST_HEIGHT, result.height) // 2 * 2
    panels = (*before, result, *after)
    widths = [max(2, round(clip.width * height / clip.height)) for clip in panels]
    step = Step(
        "create.compare",
        {"panels": [clip.name for clip in panels]},
        parents=(
            result.as_parent(Relationship.PARENT),
            *(clip.as_parent(Relationship.COMPONENT) for clip in (*before, *after)),
        ),
        source_type=SourceType.COMPOSITE,
    )

    def frames() -> Iterator[Frame]:
        gap = np.full((height, _GAP_PX, 3), 255, np.uint8)
        for row in zip(*(_panel(clip, len(result)) for clip in panels), strict=False):
            fitted = [_fitted(frame, width, height) for frame, width in zip(row, widths, strict=True)]
            parts = [part for frame in fitted for part in (gap, frame)][1:]
            yield np.concatenate(parts, axis=1)

    return replace(
        result,
        width=sum(widths) + _GAP_PX * (len(panels) - 1),
        height=height,
        open_frames=frames,
        history=(*result.history, step),
        sha256=None,
        path=None,
        name=f"{result.name}, compared",
    )


def _panel(clip: Clip, count: int) -> Iterator[Frame]:
    """A clip's frames; a still, or the last frame of a shorter clip, is repeated."""
    frame: Frame | None = None
    shown = 0
    for frame in clip.frames():
        yield frame
        shown += 1
    while frame is not None and shown < count:
        yield frame
        shown += 1


def _fitted(frame: Frame, width: int, height: int) -> Frame:
    if frame.shape[:2] == (height, width):
        return frame
    return np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC))


def publish_row(
    before: Sequence[Clip], made: Clip, published: Published, row: Path, *, force: bool, progress: Progress
) -> None:  # fmt: skip
    """Publish what was written beside what it was made of.

    Args:
        before: source, driving or target.
        made: the synthetic clip, whose history goes on: its file knows of it through the credential alone.
        published: its file, which is read back, so that what is shown is what was written.
        row: where the row goes.
        force: whether an existing file is replaced.
        progress: hears of every frame.
    """
    shown = replace(without_opening(read(published.path), published.opening_s or 0.0), history=made.history)
    publish(side_by_side(before, shown), row, force=force, progress=progress)
