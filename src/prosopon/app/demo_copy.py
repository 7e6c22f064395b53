"""The demo's last act: a copy that lost its credential, as most do on the way through a platform, is led back to it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.vouch.store.recovery import Recovered, recover
from prosopon.vouch.watermark.reading import Reading
from prosopon.vouch.watermark.video import read_clip

_QUALITY = 60


@dataclass(frozen=True)
class Copy:
    """What is known of a copy that was made half as large, encoded again and stripped of everything but its pixels.

    Attributes:
        reading: of its watermark.
        recovered: what it was led back to; None where nothing led there.
    """

    reading: Reading
    recovered: Recovered | None

    @property
    def is_recognised(self) -> bool:
        """Whether it is known for what it is, by its watermark or, where it is too small for one, by its likeness."""
        return self.recovered is not None and self.recovered.is_alike

    @property
    def text(self) -> str:
        """In plain words."""
        mark = self.reading.mark
        read = "could not be read" if mark is None else f"{mark.hex} was read, and states {mark.source_type}"
        told = "Nothing leads back to what was published." if self.recovered is None else self.recovered.text
        return f"Its watermark {read}. {told}"

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "watermark": self.reading.as_json(),
            "recovered": None if self.recovered is None else self.recovered.as_json(),
        }


def recognised_copy(clip: Clip) -> Copy:
    """Make such a copy of a published clip, in memory alone: nothing unlabelled is ever written; and look at it."""
    copy = replace(
        clip, width=clip.width // 2, height=clip.height // 2, open_frames=lambda: _poor(clip), history=(), path=None
    )
    reading = read_clip(copy)
    return Copy(reading, recover(reading, copy))


def _poor(clip: Clip) -> Iterator[Frame]:
    for frame in clip.frames():
        content = io.BytesIO()
        small = Image.fromarray(frame).resize((clip.width // 2, clip.height // 2), Image.Resampling.LANCZOS)
        small.save(content, "JPEG", quality=_QUALITY)
        yield np.asarray(Image.open(content))
