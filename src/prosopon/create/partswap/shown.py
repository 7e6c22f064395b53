"""Parts drawn over a clip, with a legend, so that a user can see which number is what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.prefetch import prefetch
from prosopon.create.partswap.drawing import coloured, palette
from prosopon.create.partswap.following import Head, in_batches
from prosopon.create.partswap.model import PartSwapModel
from prosopon.faces.crop import cut
from prosopon.faces.paste import paste
from prosopon.models.tensors import to_frames, to_tensor

_BATCH = 4
_LARGEST_SIDE = 512
_LEGEND = 1 / 11
"""Height of the legend as a share of the picture's width."""
_INK = (230, 230, 234)


def parts_drawn(
    model: PartSwapModel, clip: Clip, heads: Sequence[Head | None], *, strength: float, weights_name: str
) -> Clip:
    """The clip with the parts of the head laid over it, and below it which colour is which number.

    Args:
        model: finds the parts.
        clip: any clip.
        heads: where the head is, frame by frame; frames without it have nothing drawn.
        strength: of the colours, 0 to 1.
        weights_name: for the record.
    """
    bar = legend(model.config.num_segments, clip.width)
    step = Step(
        "create.partswap.parts",
        {"weights": weights_name, "strength": strength},
        parents=(clip.as_parent(Relationship.PARENT),),
        source_type=SourceType.ENHANCED,
    )
    return clip.derive(
        step,
        lambda: prefetch(_frames(model, clip, heads, strength, bar), ahead=8),
        height=clip.height + len(bar),
        name=f"parts of {clip.name}",
    )


def _frames(
    model: PartSwapModel, clip: Clip, heads: Sequence[Head | None], strength: float, bar: Frame
) -> Iterator[Frame]:  # fmt: skip
    for frames, places in in_batches(clip, heads, _BATCH):
        yield from _drawn(model, [*zip(frames, places, strict=True)], strength, bar)


def _drawn(
    model: PartSwapModel, waiting: Sequence[tuple[Frame, Head | None]], strength: float, bar: Frame
) -> Iterator[Frame]:  # fmt: skip
    shown = [(frame, head) for frame, head in waiting if head is not None]
    patches: list[Frame] = []
    if shown:
        side = int(min(_LARGEST_SIDE, max(64, np.median([head.box.width for _, head in shown]))))
        size = model.config.size_px
        segments = model.segment(to_tensor(np.stack([cut(frame, head.box, size) for frame, head in shown])))
        large = to_tensor(np.stack([cut(frame, head.box, side) for frame, head in shown]))
        patches = list(to_frames(coloured(large, segments, strength=strength)))
    found = iter(patches)
    for frame, head in waiting:
        if head is None:
            yield np.concatenate((frame, bar))
            continue
        patch = next(found)
        yield np.concatenate((paste(frame, patch, head.box, np.ones(patch.shape[:2], np.float32)), bar))


def legend(num_segments: int, width_px: int) -> Frame:
    """Numbers in their colours, `uint8 (h, width_px, 3)`, h even; 0 is the background."""
    height = max(2, 2 * round(width_px * _LEGEND / 2))
    picture = Image.new("RGB", (width_px, height), palette(num_segments)[0])
    pen = ImageDraw.Draw(picture)
    cell = width_px / (num_segments + 1)
    font = ImageFont.load_default(max(6, min(cell * 0.5, height * 0.5)))
    for number, colour in enumerate(palette(num_segments)):
        left = number * cell
        pen.rectangle((left + 1, 1, left + cell - 2, height - 2), fill=colour, outline=_INK if number == 0 else None)
        ink = _INK if _dark(colour) else (0, 0, 0)
        pen.text((left + cell / 2, height / 2), str(number), font=font, fill=ink, anchor="mm")
    return np.asarray(picture)


def _dark(colour: tuple[int, int, int]) -> bool:
    weights: NDArray[np.float64] = np.array((0.299, 0.587, 0.114))
    return bool(weights @ colour < 110)
