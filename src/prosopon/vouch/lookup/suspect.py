"""`Suspect`: what is looked up, with the pictures that stand for it, decoded and hashed once for all who ask."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from prosopon.core.clip import Clip
from prosopon.vouch.lookup.key_frames import pictures
from prosopon.vouch.lookup.voting import Seen

_KEY_FRAMES = 30
"""At most; of a long clip they are further apart than a second."""


@dataclass(frozen=True, eq=False)
class Suspect:
    """A picture or video that may be somebody's, or a copy of what was published."""

    clip: Clip

    @cached_property
    def seen(self) -> tuple[Seen, ...]:
        """Its key frames with their hashes; none of a sound.

        Raises:
            MediaError: it cannot be decoded.
        """
        every = max(1.0, self.clip.duration_s / _KEY_FRAMES)
        return tuple(Seen.of(frame, time) for time, frame in pictures(self.clip, every, _KEY_FRAMES))
