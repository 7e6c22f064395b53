"""Frames of a video: an index of when each is shown, then any number of streamed passes over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av import VideoFrame
from av.codec.context import ThreadType
from av.container import InputContainer
from av.video.stream import VideoStream

from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.media.colour import ToRgb
from prosopon.media.limits import Limits
from prosopon.media.orientation import Orientation, of_frame
from prosopon.media.streams import opened, video_stream
from prosopon.media.timeline import Timeline, timeline

_MAX_LOST_SHARE = 0.5
"""A video of which more than this share cannot be decoded is refused."""


@dataclass(frozen=True)
class VideoIndex:
    """What one look through a video stream found out, without converting a picture.

    Attributes:
        path: the file.
        decoder: FFmpeg's name of the container.
        codec: FFmpeg's name of the video codec.
        coded_width, coded_height: size in square pixels before turning.
        orientation: how frames must be turned to be upright.
        pts: when each frame is shown, ascending ticks of `time_base`.
        time_base: seconds per tick.
        timeline: the same as seconds from the first frame, with the nominal rate.
        lost: number of frames that the container announces but that cannot be decoded.
    """

    path: Path
    decoder: str
    codec: str
    coded_width: int
    coded_height: int
    orientation: Orientation
    pts: tuple[int, ...]
    time_base: Fraction
    timeline: Timeline
    lost: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the upright frames in pixels."""
        return self.orientation.size(self.coded_width, self.coded_height)

    @property
    def start_s(self) -> float:
        """The first frame on the container's clock, in seconds: the zero of the clip's clock."""
        return float(self.pts[0] * self.time_base)

    def frames(self) -> Iterator[Frame]:
        """A pass over the upright frames, one for each entry of `pts`, holding a few at a time.

        A frame that cannot be decoded is shown as the one before it (the first ones as the first that decodes), so
        that sound and pictures stay together.

        Raises:
            MediaError: more than half of the frames cannot be decoded.
        """
        to_rgb = ToRgb(self.coded_width, self.coded_height)
        position = 0
        repeated = 0
        shown: Frame | None = None
        with opened(self.path, self.decoder) as container:
            for pts, frame in _decoded(container, _stream_of(container, self.path)):
                if position >= len(self.pts):
                    break
                if pts < self.pts[position]:
                    continue
                current = self.orientation.apply(to_rgb(frame))
                while position < len(self.pts) and self.pts[position] < pts:
                    yield (current if shown is None else shown).copy()
                    position, repeated = position + 1, repeated + 1
                if position < len(self.pts) and self.pts[position] == pts:
                    yield current
                    position += 1
                shown = current
        missing = len(self.pts) - position
        if shown is None or repeated + missing > _MAX_LOST_SHARE * len(self.pts):
            raise _too_damaged(self.path, repeated + missing, len(self.pts))
        for _ in range(missing):
            yield shown.copy()


def index_video(path: Path, decoder: str, limits: Limits) -> VideoIndex | None:
    """Find out when every frame of the video in `path` is shown; None where the file has no video stream.

    Where the container's own time stamps are complete they are believed, which costs no decoding. Otherwise (none in
    the container, a cut or damaged file) the whole stream is decoded once, and only frames that decode are listed.

    Raises:
        MediaError: nothing, or less than half of what the container announces, can be decoded.
        LimitError: too many frames or pixels, or too long.
    """
    with opened(path, decoder) as container:
        stream = video_stream(container)
        if stream is None:
            return None
        if stream.codec_context is None:
            raise MediaError(f"there is no decoder for the video in {path}", "convert it to H.264 first")
        limits.check_pixels(stream.codec_context.width, stream.codec_context.height, path)
        first = _first_frame(container, stream)
        announced = stream.frames
        hints = (stream.average_rate, stream.guessed_rate, stream.base_rate)
        codec = stream.codec_context.name
        width, height = _square_pixels(first, stream.sample_aspect_ratio)
        time_base = stream.time_base
    limits.check_pixels(width, height, path)
    if time_base is None:
        raise MediaError(f"{path} has no clock", "it is damaged; convert it again")
    pts = _announced_pts(path, decoder, announced, limits)
    lost = 0
    if pts is None:
        pts = _decoded_pts(path, decoder, limits)
        lost = max(0, announced - len(pts))
        if not pts or lost > _MAX_LOST_SHARE * announced:
            raise _too_damaged(path, lost, announced)
    limits.check_duration(float((pts[-1] - pts[0]) * time_base), path)
    line = timeline(pts, time_base, hints)
    return VideoIndex(path, decoder, codec, width, height, of_frame(first), tuple(pts), time_base, line, lost)


def _too_damaged(path: Path, lost: int, announced: int) -> MediaError:
    return MediaError(f"{path} is damaged: {lost} of {announced} frames cannot be decoded", "get a complete copy")


def _stream_of(container: InputContainer, path: Path) -> VideoStream:
    stream = video_stream(container)
    if stream is None:
        raise MediaError(f"{path} no longer holds a video", "it was changed while it was being read")
    return stream


def _first_frame(container: InputContainer, stream: VideoStream) -> VideoFrame:
    for _, frame in _decoded(container, stream):
        return frame
    raise MediaError(f"no frame of {container.name} can be decoded", "it is damaged or incomplete")


def _square_pixels(frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    """Size with square pixels: the side that the pixel aspect ratio makes longer is stretched, none shrunk."""
    width, height = frame.width, frame.height
    if aspect is None or not Fraction(1, 4) <= aspect <= 4:  # absurd ratios are damage, not anamorphic film
        return width, height
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[tuple[int, VideoFrame]]:
    """All frames that decode, each with its time in ticks, strictly ascending; damaged packets are passed over."""
    # Frame threads decode several pictures at once, slice threads parts of one; AUTO takes what the codec offers.
    stream.thread_type = ThreadType.AUTO
    step = _step(stream)
    last: int | None = None
    for frame in _frames_of_packets(container, stream):
        pts = frame.pts
        if pts is None:
            pts = 0 if last is None else last + step
        if last is not None and pts <= last:
            continue
        last = pts
        yield pts, frame


def _step(stream: VideoStream) -> int:
    rate = stream.average_rate or stream.guessed_rate
    return max(1, round(1 / (rate * stream.time_base))) if rate and stream.time_base else 1


def _frames_of_packets(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.InvalidDataError:  # the file ends in the middle of a packet: what is in the decoder still counts
            yield from stream.decode(None)
            return
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            continue
        yield from frames


def _announced_pts(path: Path, decoder: str, announced: int, limits: Limits) -> list[int] | None:
    """Times of all frames by the packets' own stamps; None where those cannot be relied upon."""
    pts: list[int] = []
    n_packets = 0
    with opened(path, decoder) as container:
        stream = _stream_of(container, path)
        try:
            for packet in container.demux(stream):
                if packet.size == 0 and packet.dts is None:  # the flushing packet at the end
                    continue
                n_packets += 1
                limits.check_frames(n_packets, path)
                if packet.pts is None or packet.is_corrupt or (n_packets == 1 and not packet.is_keyframe):
                    return None
                if not packet.is_discard:
                    pts.append(packet.pts)
        except av.InvalidDataError:
            return None
    complete = announced in (0, n_packets)
    return sorted(pts) if pts and complete and len(set(pts)) == len(pts) else None


def _decoded_pts(path: Path, decoder: str, limits: Limits) -> list[int]:
    """Times of the frames that really decode."""
    pts: list[int] = []
    with opened(path, decoder) as container:
        for time, _ in _decoded(container, _stream_of(container, path)):
            pts.append(time)
            limits.check_frames(len(pts), path)
    return pts
