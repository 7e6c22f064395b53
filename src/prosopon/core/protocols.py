"""What a technique must offer to be found, run, tested and compared like every other."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

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


class Needs(StrEnum):
    """What a detector looks at; what looks at nothing of a file is not asked."""

    FRAMES = "frames"
    """Some frames, in runs of consecutive ones: `faces.excerpt`."""
    MOTION = "motion"
    """Every frame, for what changes over time; the landmarks of all of them are in the tracks."""
    SOUND = "sound"
    """The sound of the clip."""


@runtime_checkable
class Detector(Protocol):
    """Says how likely a clip is fake, or measures something that tells people about it."""

    needs: ClassVar[frozenset[Needs]]
    """What it looks at."""
    judges: ClassVar[bool]
    """Whether its values count as evidence; False: it only measures, and never takes part in a verdict."""

    @classmethod
    def from_weights(cls, weights: str | None = None) -> Self:
        """The detector with weights by name, path or run folder; None: those that come with the package.

        Raises:
            MissingError: there are none.
            CheckpointError: they are damaged, or of another detector.
        """
        ...

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """The answer about the most prominent person of `tracks`, or an abstention with its reason.

        The clip may be an excerpt; the frame indices of the tracks are those of the clip that is given. Nobody's being
        there, bad sound and the like are abstentions, never exceptions.
        """
        ...
