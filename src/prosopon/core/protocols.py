"""What a technique must offer to be found, run, tested and compared like every other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from prosopon.core.clip import Clip
from prosopon.core.faces import Tracks
from prosopon.core.score import Score


@runtime_checkable
class Creator(Protocol):
    """Makes synthetic media of what goes in."""

    def create(self, tracks_by: Mapping[str, Tracks], **clips: Clip) -> Clip:
        """Clips by role (`source`, `driving`, `target`) and the people in each -> the synthetic clip.

        The roles are those of the card's `inputs`. A role may be absent from `tracks_by`: then the whole picture
        counts. What a user can set comes as keyword `options`, a frozen dataclass with defaults.
        """
        ...


class Differentiable(Protocol):
    """A model as an attacker sees it: frames `(B, 3, H, W)` in [0, 1] -> tensor, with gradients."""

    def __call__(self, frames: Any, /) -> Any:
        """The model's answer to a batch of frames."""
        ...


@runtime_checkable
class Disruptor(Protocol):
    """Changes a clip a little so that a model fails on it."""

    def protect(self, clip: Clip, tracks: Tracks, against: Differentiable) -> Clip:
        """The protected clip: same size, times and sound."""
        ...


@runtime_checkable
class Detector(Protocol):
    """Says how likely a clip is fake."""

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """The answer, or an abstention with its reason."""
        ...
