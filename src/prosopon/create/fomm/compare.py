"""Source, driving and result side by side: people look before they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.faces.crop import cut

_GAP_PX = 4
_LARGEST_HEIGHT = 512


def side_by_side(source: Clip, driving: Clip, result: Clip) -> Clip:
    """Source | driving | result, all of the same height, on the clock of the result and with its sound.

    The result is read back from its file, so that what is shown is what was written.
    """
    height = min(_LARGEST_HEIGHT, result.height)
    height -= height % 2
    widths = [max(2, round(clip.width * height / clip.height)) for clip in (source, driving, result)]
    total = sum(widths) + 2 * _GAP_PX
    step = Step(
        "create.compare",
        {"shows": ["source", "driving", "result"]},
        parents=(
            result.as_parent(Relationship.PARENT),
            source.as_parent(Relationship.COMPONENT),
            driving.as_parent(Relationship.COMPONENT),
        ),
        source_type=SourceType.COMPOSITE,
    )

    def frames() -> Iterator[Frame]:
        still = _fitted(source.first(), widths[0], height)
        gap = np.full((height, _GAP_PX, 3), 255, np.uint8)
        for driven, made in zip_longest(driving.frames(), result.frames()):
            if driven is None or made is None:
                return
            row = [still, gap, _fitted(driven, widths[1], height), gap, _fitted(made, widths[2], height)]
            yield np.concatenate(row, axis=1)

    return replace(
        result,
        width=total,
        height=height,
        open_frames=frames,
        history=(*result.history, step),
        sha256=None,
        path=None,
        name=f"{result.name}, compared",
    )


def _fitted(frame: Frame, width: int, height: int) -> Frame:
    if frame.shape[:2] == (height, width):
        return frame
    if frame.shape[0] * width == frame.shape[1] * height and width == height:
        return cut(frame, Box(0, 0, frame.shape[1], frame.shape[0]), width)
    from PIL import Image  # noqa: PLC0415 - only for pictures that are not square

    return np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3))
