"""Tiny media made on the fly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from prosopon.core.clip import Audio, Clip, Frame


def _ramp(width: int, height: int, step: int = 0) -> Frame:
    """A smooth coloured picture that a lossy codec keeps well; `step` moves a bright bar."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    picture = np.stack([60 + 120 * x / width, 60 + 120 * y / height, np.full_like(x, 100)], -1)
    left = (step * 7) % max(1, width - width // 4)
    picture[:, left : left + max(1, width // 4)] += 50
    return picture.clip(0, 255).astype(np.uint8)


def _tone(rate: int, duration_s: float, channels: int = 1) -> Audio:
    time = np.arange(round(rate * duration_s)) / rate
    return Audio.of(np.tile(0.4 * np.sin(2 * np.pi * 440 * time), (channels, 1)), rate)


@pytest.fixture
def ramp() -> Callable[..., Frame]:
    return _ramp


@pytest.fixture
def tone() -> Callable[..., Audio]:
    return _tone


@pytest.fixture
def make_clip() -> Callable[..., Clip]:
    def make(
        n: int = 12, width: int = 64, height: int = 48, fps: Fraction | int = 25, audio: Audio | None = None
    ) -> Clip:
        return Clip.of_frames([_ramp(width, height, i) for i in range(n)], fps, name="made", audio=audio)

    return make


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Path]:
    """Writes raw streams with PyAV alone, so that reading is not tested against our own writer."""

    def store(
        name: str,
        pictures: list[Frame],
        pts: list[int],
        time_base: Fraction,
        *,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        rotate_deg: int | None = None,
        options: dict[str, str] | None = None,
        tags: dict[str, int] | None = None,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=25, options=options or {"crf": "10"})
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = pix_fmt
            stream.codec_context.time_base = time_base
            for key, value in (tags or {}).items():
                setattr(stream.codec_context, key, value)
            if rotate_deg is not None:
                stream.set_display_rotation(rotate_deg)
            for tick, picture in zip(pts, pictures, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = tick, time_base
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return store
