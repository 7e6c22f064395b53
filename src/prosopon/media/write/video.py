"""Writes videos: H.264 and AAC in MP4 or MOV, VP9 and Opus in WebM."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av import VideoFrame
from av.container import OutputContainer
from av.video.stream import VideoStream

from prosopon.core.clip import Clip, Frame
from prosopon.media.colour import BT709, LIMITED, ToYuv
from prosopon.media.timeline import FALLBACK_RATE, to_ticks
from prosopon.media.write.quality import Quality
from prosopon.media.write.sound import TimedPacket, sound_track

_FORMATS = {".mp4": "mp4", ".mov": "mov", ".webm": "webm"}

_SITING = {"chroma_sample_location": "left"}  # as `ToYuv` places them; VP9 would not say so by itself

_AHEAD_S = 0.5
"""Sound is handed over this far ahead of the pictures, so that the container can interleave both in small memory."""

_VP9_STEPS_ABOVE_X264 = 13
"""VP9 looks about as good as x264 at a constant rate factor that is larger by this (scale 0 to 63, not 51)."""


def write_video(clip: Clip, frames: Iterator[Frame], destination: Path, quality: Quality) -> None:
    """Encode the frames with their exact times, and the sound beside them.

    The output begins with whatever comes first, pictures or sound, at 0.
    """
    suffix = destination.suffix.lower()
    fps = clip.fps or FALLBACK_RATE
    first_s = clip.times[0]
    sound_starts_s = first_s if clip.audio is None else clip.audio.start_s
    shift_s = -min(first_s, sound_starts_s)
    ticks, time_base = to_ticks([time_s + shift_s for time_s in clip.times], fps)
    options = {} if suffix == ".webm" else {"movflags": "+faststart"}
    with av.open(str(destination.absolute()), "w", format=_FORMATS[suffix], options=options) as container:
        to_yuv = ToYuv(clip.width, clip.height, even=suffix != ".webm")
        stream = _add_pictures(container, suffix, to_yuv, fps=fps, time_base=time_base, quality=quality)
        with sound_track(container, clip.audio, suffix, shift_s, quality) as sound:
            _interleave(container, stream, zip(ticks, map(to_yuv, frames), strict=True), time_base, sound)


def _add_pictures(
    container: OutputContainer, suffix: str, to_yuv: ToYuv, *, fps: Fraction, time_base: Fraction, quality: Quality
) -> VideoStream:
    webm = suffix == ".webm"
    stream = container.add_stream("libvpx-vp9" if webm else "libx264", rate=fps)
    context = stream.codec_context
    context.width, context.height = to_yuv.width, to_yuv.height
    context.pix_fmt = "yuv420p"
    context.time_base = time_base
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED
    if webm:
        crf = min(63, quality.crf + _VP9_STEPS_ABOVE_X264)
        context.bit_rate = 0
        context.options = {"crf": str(crf), "deadline": "good", "cpu-used": "5", "row-mt": "1", **_SITING}
    else:
        context.options = {"crf": str(quality.crf), "preset": quality.preset, **_SITING}
    return stream


def _interleave(
    container: OutputContainer,
    stream: VideoStream,
    frames: Iterator[tuple[int, VideoFrame]],
    time_base: Fraction,
    sound: Iterator[TimedPacket],
) -> None:
    """Hand pictures and sound to the container side by side, in order of time."""
    usual = max(1, round(1 / (stream.codec_context.framerate * time_base)))
    heard = next(sound, None)
    for tick, frame in frames:
        frame.pts, frame.time_base = tick, time_base
        for packet in stream.encode(frame):
            packet.duration = packet.duration or usual
            container.mux(packet)
        while heard is not None and heard[0] <= float(tick * time_base) + _AHEAD_S:
            container.mux(heard[1])
            heard = next(sound, None)
    for packet in stream.encode(None):
        packet.duration = packet.duration or usual
        container.mux(packet)
    while heard is not None:
        container.mux(heard[1])
        heard = next(sound, None)
