"""The sound track of a video that is being written: copied untouched where it can be, else encoded, always streamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from av import AudioFrame, Packet
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

from prosopon.core.clip import Audio
from prosopon.core.errors import MediaError
from prosopon.media.audio import index_sound, stream_samples
from prosopon.media.failures import explained_reading
from prosopon.media.limits import Limits
from prosopon.media.sniff import sniff
from prosopon.media.streams import audio_stream, open_container
from prosopon.media.write.quality import Quality

_CODECS: dict[str, Literal["aac", "libopus"]] = {".mp4": "aac", ".mov": "aac", ".webm": "libopus"}
_COPIED = {
    ".mp4": frozenset({"aac", "mp3", "mp3float", "ac3", "eac3", "alac"}),
    ".mov": frozenset({"aac", "mp3", "mp3float", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s24le"}),
    ".webm": frozenset({"opus", "vorbis"}),
}
"""Codecs that players expect in each container."""

_RATES = {
    "aac": (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350),
    "libopus": (48000, 24000, 16000, 12000, 8000),
}
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}

_PIECE = 4096
"""Samples that are handed to the encoder at a time."""

TimedPacket: TypeAlias = "tuple[float, Packet[AudioStream]]"
"""A packet and when it is heard, in seconds on the output's clock."""


@contextmanager
def sound_track(
    container: OutputContainer, audio: Audio | None, suffix: str, shift_s: float, quality: Quality
) -> Iterator[Iterator[TimedPacket]]:
    """Add the sound stream to `container`; gives its packets in order, made as they are asked for.

    Args:
        container: is being written; its header must not be written yet.
        audio: the sound; None gives no stream and no packets.
        suffix: of the file, which decides on the codec.
        shift_s: by how much the output's clock is ahead of the clip's, in seconds.
        quality: bit rate.
    """
    if audio is None:
        yield iter(())
        return
    if audio.origin is not None:
        decoder = sniff(audio.origin).decoder
        found = index_sound(audio.origin, decoder)
        if found is None:
            raise MediaError(f"the sound of {audio.origin} is gone", "it was changed while it was being used")
        if found.codec in _COPIED[suffix]:
            with open_container(audio.origin, decoder) as source:
                yield _copied(container, source, audio.origin, audio.start_s + shift_s - found.start_s)
            return
    yield _encoded(container, audio, suffix, shift_s, quality)


def _copied(container: OutputContainer, source: InputContainer, origin: Path, offset_s: float) -> Iterator[TimedPacket]:
    """The packets of `source` as they are, `offset_s` seconds later."""
    template = audio_stream(source)
    if template is None or template.time_base is None:
        raise MediaError(f"the sound of {origin} is gone", "it was changed while it was being used")
    stream = container.add_stream_from_template(template)
    return _moved(source.demux(template), stream, origin, round(offset_s / template.time_base))


def _moved(
    packets: Iterator[Packet[AudioStream]], stream: AudioStream, origin: Path, offset: int
) -> Iterator[TimedPacket]:
    """Packets with new times. What is damaged or out of order is left out: a container would refuse the whole."""
    last: int | None = None
    with explained_reading(origin):
        for packet in packets:
            if packet.dts is None or packet.pts is None or packet.is_corrupt:  # without a time: the flush at the end
                continue
            if last is not None and packet.dts <= last:
                continue
            last = packet.dts
            packet.pts += offset
            packet.dts += offset
            time_s = float(packet.pts * packet.time_base)
            packet.stream = stream
            yield time_s, packet


def _encoded(
    container: OutputContainer, audio: Audio, suffix: str, shift_s: float, quality: Quality
) -> Iterator[TimedPacket]:
    codec = _CODECS[suffix]
    if audio.channels not in _LAYOUTS:
        raise MediaError(f"sound of {audio.channels} channels cannot be written to {suffix}", "mix it down to two")
    rate = audio.rate if audio.rate in _RATES[codec] else 48_000
    layout = _LAYOUTS[audio.channels]
    stream = container.add_stream(codec, rate=rate, layout=layout)
    stream.bit_rate = quality.audio_kbps * 1000 * max(1, audio.channels // 2)
    return _encoded_packets(stream, audio, layout, shift_s)


def _encoded_packets(stream: AudioStream, audio: Audio, layout: str, shift_s: float) -> Iterator[TimedPacket]:
    clock = Fraction(1, audio.rate)
    position = round((audio.start_s + shift_s) * audio.rate)
    for samples in _samples_of(audio):
        for start in range(0, samples.shape[1], _PIECE):
            piece = samples[:, start : start + _PIECE]
            interleaved = np.ascontiguousarray(piece.T).reshape(1, -1)
            frame = AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = audio.rate, position, clock
            position += piece.shape[1]
            yield from _timed(stream.encode(frame))
    yield from _timed(stream.encode(None))


def _samples_of(audio: Audio) -> Iterator[NDArray[np.float32]]:
    if audio.origin is not None:
        # It was let in when it was read, perhaps under wider limits; only silence without end is to be stopped here.
        longest_s = max(Limits.max_duration_s, 2 * (audio.duration_s or 0.0))
        yield from stream_samples(audio.origin, Limits(max_duration_s=longest_s))
    else:
        yield audio.samples


def _timed(packets: list[Packet[AudioStream]]) -> Iterator[TimedPacket]:
    for packet in packets:
        yield float((packet.pts or 0) * packet.time_base), packet
