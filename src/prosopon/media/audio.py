"""Sound of a file: what it is, and its samples as a stream or all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np
from av import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from prosopon.core.clip import Audio
from prosopon.core.errors import MediaError
from prosopon.media.limits import Limits
from prosopon.media.sniff import sniff
from prosopon.media.streams import audio_stream, opened

_JITTER_S = 0.04
"""Time stamps of sound are rounded; only a hole wider than this is filled with silence."""


@dataclass(frozen=True)
class SoundIndex:
    """What the head of a file says about its sound.

    Attributes:
        codec: FFmpeg's name of the codec.
        rate: samples per second.
        channels: number of channels.
        start_s: the first sample on the container's clock, in seconds.
        duration_s: length in seconds, None where the container does not say.
    """

    codec: str
    rate: int
    channels: int
    start_s: float
    duration_s: float | None


def index_sound(path: Path, decoder: str) -> SoundIndex | None:
    """Look at the sound of `path`; None where there is none or no sample of it can be decoded."""
    with opened(path, decoder) as container:
        stream = audio_stream(container)
        if stream is None:
            return None
        first = next(_decoded(container, stream), None)
        if first is None:
            return None
        duration: float | None
        if stream.duration is not None and stream.time_base is not None:
            duration = float(stream.duration * stream.time_base)
        else:
            duration = None if container.duration is None else container.duration / av.time_base
        return SoundIndex(
            stream.codec_context.name,
            first.sample_rate,
            first.layout.nb_channels,
            _time_of(first) or 0.0,
            duration,
        )


def lazy_audio(path: Path, sound: SoundIndex, zero_s: float, limits: Limits) -> Audio:
    """The sound of a file as a clip's `Audio`; nothing is decoded before its samples are asked for.

    Args:
        path: the file.
        sound: what `index_sound` found in it.
        zero_s: the zero of the clip's clock on the container's clock, in seconds.
        limits: how much may be decoded.
    """
    return Audio(
        rate=sound.rate,
        channels=sound.channels,
        load=partial(_load, path, limits),
        origin=path,
        start_s=sound.start_s - zero_s,
        duration_s=sound.duration_s,
    )


def _load(path: Path, limits: Limits) -> NDArray[np.float32]:
    return np.concatenate(list(stream_samples(path, limits)), axis=1)


def stream_samples(path: Path, limits: Limits = Limits()) -> Iterator[NDArray[np.float32]]:  # noqa: B008 - frozen
    """The samples of a file from its first one on, in pieces `float32 (C, n)` in [-1, 1]; holes become silence.

    Raises:
        MediaError: the file has no sound that can be decoded.
        LimitError: the sound is too long.
    """
    with opened(path, sniff(path).decoder) as container:
        stream = audio_stream(container)
        if stream is None:
            raise MediaError(f"{path} has no sound")
        uniform = _Uniform()
        given = 0
        start_s: float | None = None
        for frame in _decoded(container, stream):
            time_s = _time_of(frame)
            start_s = time_s if start_s is None else start_s
            for samples in uniform(frame):
                rate = uniform.rate
                if time_s is not None and start_s is not None:
                    hole = round((time_s - start_s) * rate) - given
                    limits.check_duration((given + max(0, hole)) / rate, path)
                    if hole > _JITTER_S * rate:
                        yield np.zeros((samples.shape[0], hole), np.float32)
                        given += hole
                given += samples.shape[1]
                yield samples
        if given == 0:
            raise MediaError(f"no sound of {path} can be decoded", "it is damaged or incomplete")


class _Uniform:
    """Converts decoded sound to the channels and rate of its first piece; streams may change them midway.

    It goes through interleaved samples: PyAV 18 reads beyond the planes of planar sound with eight channels.
    """

    def __init__(self) -> None:
        self.rate = 0
        self._layout: AudioLayout | None = None
        self._seen: tuple[str, str, int] | None = None
        self._resampler = AudioResampler("flt")

    def __call__(self, frame: AudioFrame) -> Iterator[NDArray[np.float32]]:
        """The samples of a piece, `float32 (C, n)`."""
        if self._layout is None:
            self._layout, self.rate = frame.layout, frame.sample_rate
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._seen:
            self._seen = form
            self._resampler = AudioResampler("flt", self._layout, self.rate)
        for piece in self._resampler.resample(frame):
            interleaved = piece.to_ndarray().astype(np.float32, copy=False)
            yield np.ascontiguousarray(interleaved.reshape(-1, piece.layout.nb_channels).T)


def _time_of(frame: AudioFrame) -> float | None:
    return None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """All pieces of sound that decode; damaged packets are passed over."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.InvalidDataError):
            return
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            continue
        yield from frames
