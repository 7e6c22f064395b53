"""Pictures that stand for a clip: about one a second, each with its fingerprint, as vPDQ does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prosopon.core.clip import Clip, Frame
from prosopon.vouch.lookup.pdq import Fingerprint, pdq

EVERY_S = 1.0
MOST = 3600
"""Longer clips have fewer key frames a second rather than more of them."""


@dataclass(frozen=True)
class KeyFrame:
    """The fingerprint of the picture that is shown `time_s` seconds after a clip's first; 0 for a still."""

    time_s: float
    fingerprint: Fingerprint


def pictures(clip: Clip, every_s: float = EVERY_S, most: int = MOST) -> Iterator[tuple[float, Frame]]:
    """Times in seconds and key frames `uint8 (H, W, 3)`, in one pass over a clip, one in memory at a time.

    Args:
        clip: of any length; without pictures there are none.
        every_s: the first picture, and from then on the first one in each stretch of this many seconds.
        most: how many at most.
    """
    if not clip.times:
        return
    start = clip.times[0]
    stretch = max(every_s, (clip.times[-1] - start) / most)
    due = 0.0
    for time, frame in zip(clip.times, clip.frames(), strict=False):
        if time - start >= due - 1e-6:
            yield time - start, frame
            due += stretch * (1 + (time - start - due) // stretch)


def key_frames(clip: Clip, every_s: float = EVERY_S, most: int = MOST) -> tuple[KeyFrame, ...]:
    """Fingerprints of a clip's key frames, see `pictures`."""
    return tuple(KeyFrame(time, pdq(frame)) for time, frame in pictures(clip, every_s, most))


def as_plain(frames: Sequence[KeyFrame]) -> list[list[Any]]:
    """Key frames as JSON holds them: time in seconds, quality, hash."""
    return [[round(one.time_s, 3), one.fingerprint.quality, one.fingerprint.hex] for one in frames]


def from_plain(told: Any) -> tuple[KeyFrame, ...]:
    """The inverse of `as_plain`.

    Raises:
        ValueError, TypeError: these are none.
    """
    return tuple(KeyFrame(float(time), Fingerprint.from_hex(bits, int(quality))) for time, quality, bits in told)
