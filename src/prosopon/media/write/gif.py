"""Writes animated GIFs, each frame with the 256 colours that suit it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import Packet, VideoFrame
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.stream import VideoStream

from prosopon.core.clip import Clip, Frame
from prosopon.media.timeline import FALLBACK_RATE

_CENTISECOND = Fraction(1, 100)
_SHORTEST = 2
"""Browsers slow down pictures that are shown for less than 2/100 s; frames in between are left out."""


def write_gif(clip: Clip, frames: Iterator[Frame], destination: Path) -> None:
    """The frames as a GIF that loops for ever; times are rounded to 1/100 s, all that the format has."""
    last_shown = max(_SHORTEST, round(100 / (clip.fps or FALLBACK_RATE)))
    with av.open(str(destination.absolute()), "w", format="gif", options={"loop": "0"}) as container:
        stream = container.add_stream("gif", rate=100)
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "pal8"
        stream.codec_context.time_base = _CENTISECOND
        waiting: Packet[VideoStream] | None = None  # a packet's duration is only known when the next one's time is
        for frame in _with_palettes(_stamped(clip, frames), clip.width, clip.height):
            for packet in stream.encode(frame):
                if waiting is not None and waiting.pts is not None and packet.pts is not None:
                    waiting.duration = packet.pts - waiting.pts
                    container.mux(waiting)
                waiting = packet
        for packet in stream.encode(None):
            waiting = packet
        if waiting is not None:
            waiting.duration = last_shown
            container.mux(waiting)


def _stamped(clip: Clip, frames: Iterator[Frame]) -> Iterator[VideoFrame]:
    """RGB frames with their times in hundredths of a second."""
    last = -_SHORTEST
    for time_s, picture in zip(clip.times, frames, strict=True):
        pts = round((time_s - clip.times[0]) * 100)
        if pts < last + _SHORTEST:
            continue
        last = pts
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts, frame.time_base = pts, _CENTISECOND
        yield frame


def _with_palettes(frames: Iterator[VideoFrame], width: int, height: int) -> Iterator[VideoFrame]:
    """Frames reduced to 256 colours, each with its own palette, by FFmpeg's `palettegen` and `paletteuse`."""
    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=VideoFormat("rgb24"), time_base=_CENTISECOND)
    split = graph.add("split")
    generate = graph.add("palettegen", "stats_mode=single:reserve_transparent=0")
    use = graph.add("paletteuse", "new=1:dither=sierra2_4a")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(generate, 1, 0)
    generate.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    for frame in frames:
        graph.vpush(frame)
        yield from _pulled(graph)
    graph.vpush(None)
    yield from _pulled(graph)


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    """Everything that the filters have ready."""
    while True:
        try:
            frame = graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield frame
