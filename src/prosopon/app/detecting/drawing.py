"""What was judged, as pictures: the whole frame with everybody's box, faces, and where the evidence lies over them.

Nothing is made here: the pixels are those of the file that was given, marked up. If that file is declared synthetic, so
is what is shown of it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box
from prosopon.core.score import HeatMap
from prosopon.detect.judging.opinion import Opinion
from prosopon.detect.judging.subject import Subject
from prosopon.faces.crop import cut, square
from prosopon.vouch.label.badge import badge

_FOR, _AGAINST = np.array((226, 26, 28), np.float32), np.array((40, 110, 220), np.float32)
_MOST_COVER = 0.6
_BOX = (255, 214, 0)
_OVERVIEW_PX, _CLOSE_PX = 640, 280
_MOMENTS = 4
_AROUND = 0.35
"""How much is shown around a face on every side, as a share of its size."""
_FINER = 2
"""Lines are drawn so many times larger and shrunk, because Pillow draws without antialiasing."""


@dataclass(frozen=True)
class Shown:
    """A picture with what stands below it.

    Attributes:
        picture: `uint8 (H, W, 3)`.
        caption: plain text.
    """

    picture: Frame
    caption: str


def overview(clip: Clip, subjects: tuple[Subject, ...], *, declared: bool) -> Shown | None:
    """The frame in which the first person is seen in the middle of their time, with everybody's box and number.

    None where nobody is seen.
    """
    people = [one for one in subjects if one.box is not None and one.span_s is not None]
    if not people or people[0].span_s is None:
        return None
    middle = sum(people[0].span_s) / 2
    at = int(np.argmin(np.abs(np.asarray(clip.times) - middle)))
    frame = next((frame for index, frame in enumerate(clip.frames()) if index == at), None)
    if frame is None:
        return None
    scale = min(1.0, _OVERVIEW_PX / max(frame.shape[:2]))
    size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    small = np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS))
    there = [one for one in people if one.span_s is not None and one.span_s[0] <= clip.times[at] <= one.span_s[1]]
    boxes = {one.name.removeprefix("person "): _scaled(one.box, scale) for one in there if one.box is not None}
    when = "" if clip.is_still else f", second {clip.times[at]:.2f}"
    return Shown(_labelled(_boxed(small, boxes), declared=declared), f"the whole{when}")


def key_frames(subject: Subject, *, declared: bool) -> list[Shown]:
    """The face as it was judged, at some moments that are spread over all that were; none of sound."""
    if subject.excerpt is None:
        return []
    clip, tracks = subject.excerpt
    frames, faces = [*clip.frames()], tracks.tracks[0].faces
    n = min(_MOMENTS, len(frames))
    some = [index for index in ((np.arange(n) + 0.5) * len(frames) / n).astype(int).tolist() if index in faces]
    return [
        Shown(_labelled(_close(frames[index], faces[index].box), declared=declared), _when("face", clip, index))
        for index in some
    ]


def heat_maps(subject: Subject, *, declared: bool) -> list[Shown]:
    """For each detector that drew some, the map that speaks most for a fake."""
    return [
        shown
        for one in subject.opinions
        for shown in _over(subject, one, one.score.heat_maps[:1], one.expert.name, declared=declared)
    ]


def further_maps(subject: Subject, opinion: Opinion, *, declared: bool) -> list[Shown]:
    """What `heat_maps` leaves out of a detector's maps."""
    return _over(subject, opinion, opinion.score.heat_maps[1:], "also", declared=declared)


def _over(subject: Subject, opinion: Opinion, maps: Sequence[HeatMap], name: str, *, declared: bool) -> list[Shown]:
    """Maps over the frames that were judged; of others than those of the excerpt there are no pictures."""
    if subject.excerpt is None or opinion.times != subject.excerpt[0].times:
        return []
    clip, tracks = subject.excerpt
    frames, faces = [*clip.frames()], tracks.tracks[0].faces
    return [
        Shown(
            _labelled(_close(heated(frames[heat.frame], heat), faces[heat.frame].box), declared=declared),
            f"{_when(name, clip, heat.frame)} ({heat.drawn_by})",
        )
        for heat in maps
        if heat.frame in faces
    ]


def _close(frame: Frame, box: Box) -> Frame:
    """The square around a face, brought to one size."""
    return cut(frame, square(box, _AROUND), _CLOSE_PX)


def heated(frame: Frame, heat: HeatMap) -> Frame:
    """A frame `uint8 (H, W, 3)` with a heat map over it: red speaks for a fake, blue against it, grey is neither."""
    height, width = frame.shape[:2]
    values = _laid(heat.values, heat.box, width, height)
    grey = 40 + 0.75 * frame.mean(axis=-1, keepdims=True, dtype=np.float32)
    cover = _MOST_COVER * np.clip(np.abs(values), 0, 1)[..., None]
    colour = np.where(values[..., None] > 0, _FOR, _AGAINST)
    return np.asarray(((1 - cover) * grey + cover * colour).clip(0, 255).round(), np.uint8)


def as_data(picture: Frame) -> str:
    """A picture as an address that holds it."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode('ascii')}"


def _laid(values: NDArray[np.float32], box: Box, width: int, height: int) -> NDArray[np.float32]:
    """A map over a box as one over the whole frame, 0 outside of the box; softly enlarged."""
    whole = np.zeros((height, width), np.float32)
    left, top, right, bottom = (round(side) for side in box)
    if right - left < 1 or bottom - top < 1 or right - left > 8 * width or bottom - top > 8 * height:
        return whole
    large = np.asarray(Image.fromarray(values).resize((right - left, bottom - top), Image.Resampling.BICUBIC))
    rows, columns = slice(max(0, top), min(height, bottom)), slice(max(0, left), min(width, right))
    if rows.stop > rows.start and columns.stop > columns.start:
        whole[rows, columns] = large[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return whole


def _boxed(frame: Frame, boxes: dict[str, Box]) -> Frame:
    """With rectangles and what they are called."""
    height, width = frame.shape[:2]
    sheet = Image.new("RGBA", (width * _FINER, height * _FINER))
    pen = ImageDraw.Draw(sheet)
    stroke = max(_FINER, round(max(height, width) * _FINER / 240))
    for name, box in boxes.items():
        left, top, right, bottom = (side * _FINER for side in box)
        if right <= left or bottom <= top:
            continue
        pen.rectangle((left, top, right, bottom), outline=(*_BOX, 255), width=stroke)
        if name:
            pen.text((left + 2 * stroke, top + stroke), name, (*_BOX, 255), font_size=max(36, 14 * stroke))
    small = sheet.resize((width, height), Image.Resampling.BOX)
    return np.asarray(Image.alpha_composite(Image.fromarray(frame).convert("RGBA"), small).convert("RGB"))


def _labelled(picture: Frame, *, declared: bool) -> Frame:
    return badge(picture) if declared else picture


def _scaled(box: Box, scale: float) -> Box:
    return Box(*(side * scale for side in box))


def _when(name: str, clip: Clip, index: int) -> str:
    return name if len(clip) == 1 else f"{name}, second {clip.times[index]:.2f}"
