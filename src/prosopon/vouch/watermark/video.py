"""Marks in videos: one change for about a second of frames, which stands still, so that codecs keep it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Parent, Relationship, Step
from prosopon.vouch.watermark import still
from prosopon.vouch.watermark.divisions import try_divisions
from prosopon.vouch.watermark.footage import Footage, try_footage
from prosopon.vouch.watermark.hypotheses import Search
from prosopon.vouch.watermark.luma import LEAST_SIDE_PX, added, check_size, luma
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.placement import Placement
from prosopon.vouch.watermark.reading import Reading, unreadable
from prosopon.vouch.watermark.segments import segment_of


def marked(clip: Clip, mark: Mark) -> Clip:
    """The same clip with the mark in every frame; a still too. Sound, times and history are kept.

    Nothing is computed before the frames are asked for. A video streams: at most one segment (see `segments`) is held.

    Raises:
        MediaError: the frames are below 64 pixels; for a still, when it is asked for, as `still.embed`.
    """
    if len(clip):
        check_size(clip.width, clip.height)

    def frames() -> Iterator[Frame]:
        if clip.is_still:
            yield from (still.embed(frame, mark) for frame in clip.frames())
        else:
            yield from _marked_frames(clip, mark)

    parent = Parent(clip.name, clip.sha256, Relationship.PARENT, clip.path)
    params = {"payload": mark.hex, "kind": mark.kind, "method": "stdm"}
    return clip.derive(Step("vouch.watermark", params, (parent,)), frames)


def _marked_frames(clip: Clip, mark: Mark) -> Iterator[Frame]:
    held: list[Frame] = []
    current: int | None = None
    segment_number = segment_of(clip)
    for frame, time_s in zip(clip.frames(), clip.times, strict=False):
        number = segment_number(time_s)
        if held and number != current:
            yield from _marked_segment(held, mark)
            held = []
        current = number
        held.append(frame)
    if held:
        yield from _marked_segment(held, mark)


def _marked_segment(frames: list[Frame], mark: Mark) -> Iterator[Frame]:
    """The frames of one segment, each with the change that the mean of all needs."""
    total = np.zeros(frames[0].shape, np.uint32 if len(frames) > 257 else np.uint16)
    for frame in frames:
        total += frame
    plane = luma(total) / np.float32(len(frames))
    residual = still.residual_of(plane, mark)
    for frame in frames:
        yield added(frame, residual)


def read_clip(clip: Clip, effort: still.Effort = "full") -> Reading:
    """Look for a mark in a clip, a still or a video: in its segments, wherever they begin, and in all of them together.

    One pass over the frames; a kilobyte is kept of each, and of a few hundred in the middle a small picture.
    """
    if not len(clip):
        return unreadable("it has no pictures")
    if clip.is_still:
        return still.read(clip.first(), effort)
    if min(clip.width, clip.height) < LEAST_SIDE_PX:
        return unreadable(f"frames of {clip.width} x {clip.height} pixels are too small to hold a watermark")
    footage = Footage.of(clip, keep=0 if effort == "quick" else None)
    search = Search()
    size_px = clip.width, clip.height
    divided = try_divisions(search, footage.times, footage.sums, Placement.whole(*size_px))
    if divided is None and effort == "full" and footage.kept:
        divided = try_footage(search, footage, size_px)
    reading = search.reading()
    if divided is None or reading.mark is None:
        return reading
    return replace(reading, segments=divided.segments(reading.mark))
