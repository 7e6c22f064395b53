"""The plug-in: pictures protected against one net, and the attack for those who bring tensors of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import torch
from torch import Generator, Tensor

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.core.faces import Tracks
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.protocols import Differentiable
from prosopon.disrupt.pgd.attacking import Disruption, attack
from prosopon.disrupt.pgd.options import PgdOptions
from prosopon.disrupt.pgd.starts import uniform_start
from prosopon.disrupt.pgd.steps import HIGHEST, LOWEST
from prosopon.models.tensors import to_frames, to_tensor

__all__ = ["Disruption", "Pgd", "attack"]


class Pgd:
    """Protection: changes too small to notice move a net's answer as far as they can from what it would have been.

    It holds against that net only, and neither for long nor against everyone: see the card's known failures.
    """

    def __init__(self, options: PgdOptions | None = None, device: torch.device | None = None) -> None:
        """Args:
        options: how strongly.
        device: where the net is; None is the CPU.
        """
        self.options = options or PgdOptions()
        self.device = device or torch.device("cpu")

    @classmethod
    def tiny(cls) -> Pgd:
        """One of two steps: for tests, never for results."""
        return cls(PgdOptions(iterations=2))

    def protect(self, clip: Clip, tracks: Tracks, against: Differentiable) -> Clip:
        """The protected clip, computed while it is read: same size, times and sound.

        Each frame is attacked for itself, whole, and from the same random start, so that frames that are alike stay so.

        Args:
            clip: a picture or a video.
            tracks: not looked at: a net sees more of a picture than its faces.
            against: the net: frames `(B, 3, H, W)` in [0, 1] to a tensor, with gradients.

        Raises:
            MediaError: there are no pictures.
            UsageError: while frames are read: the net has no gradients.
        """
        if len(clip) == 0:
            raise MediaError(f"{clip.name} has no pictures to protect, only sound", "give a picture or a video")
        step = Step(
            "disrupt.pgd.protect",
            asdict(self.options),
            parents=(clip.as_parent(Relationship.PARENT),),
            seed=self.options.seed,
            source_type=SourceType.ENHANCED,
        )

        def frames() -> Iterator[Frame]:
            for frame in clip.frames():
                yield self._protected(frame, against)

        return clip.derive(step, frames)

    def _protected(self, frame: Frame, against: Differentiable) -> Frame:
        options = self.options
        # Nets of this family, and the attack, take [-1, 1], where a grey level is 2/255.
        images = to_tensor(frame, self.device) * 2 - 1
        epsilon = options.levels * 2 / 255

        def victim(pictures: Tensor) -> Tensor:
            answer: Tensor = against((pictures + 1) / 2)
            return answer

        with torch.no_grad():
            reference = victim(images)
        # A tiny start would be rounded to the picture itself, where there is no gradient; and nets may refuse what is
        # out of range.
        start = uniform_start(images, epsilon, Generator().manual_seed(options.seed)).clamp(LOWEST, HIGHEST)
        disruption = attack(
            images,
            victim,
            reference,
            epsilon=epsilon,
            step=options.step_levels * 2 / 255,
            iterations=options.iterations,
            start=start,
            blur=options.blur,
            schedule=options.schedule,
            momentum=options.momentum,
            eight_bit=True,
            keep_iterates=False,
        )
        protected: Frame = to_frames((disruption.adversarial + 1) / 2)[0]
        return protected
