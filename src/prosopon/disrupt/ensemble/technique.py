"""The plug-in: heads protected in a picture's own resolution, and the attack for those who bring several nets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Tracks
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.protocols import Differentiable
from prosopon.disrupt.ensemble.attacking import Disrupted, disrupted
from prosopon.disrupt.ensemble.options import EnsembleOptions
from prosopon.disrupt.heads.head import heads_in

__all__ = ["Disrupted", "Ensemble", "disrupted"]

_SIDE_PX = 256
"""Of the crops that a net gets of which nothing is known."""


class Ensemble:
    """Small changes in the pixels of heads, made against several nets at once.

    It holds against those nets, and neither for long nor against everyone: see the card's known failures.
    """

    def __init__(self, options: EnsembleOptions | None = None, device: torch.device | None = None) -> None:
        """Args:
        options: how strongly.
        device: where the net is; None is the CPU.
        """
        self.options = options or EnsembleOptions()
        self.device = device

    @classmethod
    def tiny(cls) -> Ensemble:
        """One of two steps: for tests, never for results."""
        return cls(EnsembleOptions(steps=2, framings=1, through=("png",)))

    def protect(self, clip: Clip, tracks: Tracks, against: Differentiable) -> Clip:
        """The protected clip, computed while it is read: same size, times and sound.

        Each frame is attacked for itself; frames that show nobody stay as they are.

        Args:
            clip: a picture or a video.
            tracks: whose heads are changed; faces without landmarks stay as they are.
            against: the net: head crops `(B, 3, 256, 256)` in [0, 1] to a tensor, with gradients.

        Raises:
            MediaError: there are no pictures.
            MissingError: there is no face with landmarks.
            UsageError: while frames are read: the net has no gradients.
        """
        heads = heads_in(clip, tracks)
        step = Step(
            "disrupt.ensemble.protect",
            asdict(self.options),
            parents=(clip.as_parent(Relationship.PARENT),),
            seed=self.options.seed,
            source_type=SourceType.ENHANCED,
        )

        def frames() -> Iterator[Frame]:
            for frame, here in zip(clip.frames(), heads, strict=True):
                if here:
                    yield disrupted(frame, here, [_Unnamed(against)], self.options, device=self.device).picture
                else:
                    yield frame

        return clip.derive(step, frames)


@dataclass(frozen=True)
class _Unnamed:
    """A net of which nothing is known but that it takes pictures in [0, 1]."""

    net: Differentiable
    name: str = "the net"
    side_px: int = _SIDE_PX
    classes: Tensor | None = None

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        answer: Tensor = self.net((crops + 1) / 2)
        return answer

    def at_face(self, landmarks: NDArray[np.floating]) -> Self:
        """Itself."""
        return self
