"""Real codecs on sound in memory: what comes back of samples that were sent through one."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from prosopon.media.heard import resampled


class SoundCodec(NamedTuple):
    """A way that sound takes.

    Attributes:
        name: FFmpeg's name of the encoder.
        container: the format that goes with it.
        rate: samples per second that it works at.
        kbps: kilobits per second; 0 where the codec has one rate only.
    """

    name: str
    container: str
    rate: int
    kbps: int

    def __str__(self) -> str:
        return f"{self.name} {self.kbps} kbit/s" if self.kbps else f"{self.name} {self.rate} Hz"


MP3 = SoundCodec("libmp3lame", "mp3", 16000, 48)
OPUS = SoundCodec("libopus", "ogg", 48000, 24)
AAC = SoundCodec("aac", "adts", 16000, 48)
TELEPHONE = SoundCodec("pcm_mulaw", "wav", 8000, 0)


def through_codec(sound: NDArray[np.float32], rate: int, codec: SoundCodec) -> NDArray[np.float32]:
    """Samples `(N,)` in [-1, 1] as they come out of a codec: `(N,)` again, at the same rate and not shifted.

    The delay of the codec is taken out by where the result fits the input best: encoders differ in what they add.

    Raises:
        av.FFmpegError: this build of FFmpeg has no such encoder.
    """
    back = _decoded(_encoded(resampled(sound, rate, codec.rate), codec), rate)
    return _laid_over(back, sound, rate)


def _encoded(sound: NDArray[np.float32], codec: SoundCodec) -> bytes:
    held = io.BytesIO()
    with av.open(held, "w", format=codec.container) as container:
        stream = container.add_stream(codec.name, rate=codec.rate)
        assert isinstance(stream, av.AudioStream)  # noqa: S101 - an audio encoder's stream
        stream.layout = "mono"
        if codec.kbps:
            stream.bit_rate = 1000 * codec.kbps
        frame = av.AudioFrame.from_ndarray(np.clip(sound, -1, 1)[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = codec.rate, 0, Fraction(1, codec.rate)
        context = stream.codec_context
        context.open()
        resampler = AudioResampler(context.format, "mono", codec.rate, context.frame_size or None)
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            container.mux(stream.encode(piece))
    return held.getvalue()


def _decoded(data: bytes, rate: int) -> NDArray[np.float32]:
    resampler = AudioResampler("flt", "mono", rate)
    pieces = []
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(audio=0):
            pieces += [piece.to_ndarray().reshape(-1) for piece in resampler.resample(frame)]
        pieces += [piece.to_ndarray().reshape(-1) for piece in resampler.resample(None)]
    return np.concatenate(pieces).astype(np.float32)


def _laid_over(back: NDArray[np.float32], sound: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """`back` shifted to where it fits `sound` best, cut or filled to its length."""
    most = round(0.15 * rate)
    size = 1 << (len(sound) + len(back)).bit_length()
    fit = np.fft.irfft(np.fft.rfft(back, size) * np.conj(np.fft.rfft(sound, size)), size)
    late = np.concatenate((fit[-most:], fit[: most + 1]))
    shift = int(np.argmax(late)) - most
    moved = back[shift:] if shift >= 0 else np.pad(back, (-shift, 0))
    return np.pad(moved[: len(sound)], (0, max(0, len(sound) - len(moved)))).astype(np.float32)
