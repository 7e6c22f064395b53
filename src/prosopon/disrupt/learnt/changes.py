"""A learnt change ready to be used: in crops, in photos of full resolution, in clips; one pass, without gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.core.faces import Box, Tracks
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.protocols import Differentiable
from prosopon.disrupt.heads.allowed import Mask, allowed_levels
from prosopon.disrupt.heads.head import Head, heads_in
from prosopon.disrupt.heads.view import Region, around
from prosopon.disrupt.learnt.placing import placed
from prosopon.faces.crop import cut
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.models.laundering.resample import resampled
from prosopon.models.tensors import to_tensor
from prosopon.train.trained import find_trained

SIDE_PX = 256
"""Of the crops that changes are made for."""


@dataclass(frozen=True)
class PhotoOptions:
    """How strongly and where a photo is changed.

    Raises:
        UsageError: no such number of levels.
    """

    levels: int = 6
    """Largest change of a value, in grey levels of 255."""
    mask: Mask = "all"
    """Where the picture may change."""

    def __post_init__(self) -> None:
        if not 1 <= self.levels <= 127:
            raise UsageError(f"a change of {self.levels} grey levels is no protection", "use 1 to 127, such as 6")


class LearntChange(ABC):
    """A module that was taught changes, and what its card says of it.

    Args:
        module: crops `(B, 3, 256, 256)` in [-1, 1] -> changes as shares of the largest, likewise in [-1, 1].
        epsilon: the largest change that was learnt, for values in [-1, 1].
        options: how photos and clips are changed.
        device: where it computes; None is the CPU.

    Attributes:
        epsilon: see above.
        against: names of the nets that it was learnt against.
        weights_name: what the loaded weights are called.
        weights_sha256: content id of their file; None for modules that were not loaded.
    """

    technique: ClassVar[str]
    """Whose weights these are, as cards name it."""
    op: ClassVar[str]
    """What makes protected clips, as histories name it."""

    def __init__(
        self,
        module: nn.Module,
        epsilon: float,
        options: PhotoOptions | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.device = device or torch.device("cpu")
        self._module = module.to(self.device).eval().requires_grad_(False)
        self.epsilon = epsilon
        self.options = options or PhotoOptions()
        self.against: tuple[str, ...] = ()
        self.weights_name = "untrained"
        self.weights_sha256: str | None = None

    @classmethod
    @abstractmethod
    def build(cls, card: dict[str, Any], name: str) -> nn.Module:
        """The module that a card describes, with any weights.

        Raises:
            UsageError: the card describes none.
        """

    @classmethod
    def from_weights(
        cls, where: str | Path, options: PhotoOptions | None = None, device: torch.device | None = None
    ) -> Self:
        """Weights by name, a `.safetensors` with its card beside it, or the run folder of a training.

        Raises:
            MissingError: there are none, or they are of another technique.
            CheckpointError: they are damaged.
        """
        entry = find_trained(where, f"train {cls.technique}")
        if entry.technique != cls.technique:
            raise MissingError(
                f"the weights {entry.name} are of {entry.technique}, not of {cls.technique}",
                "see prosopon weights list",
            )
        epsilon = entry.card.get("epsilon")
        if not isinstance(epsilon, float) or not 0 < epsilon <= 1:
            raise CheckpointError(f"the card of {entry.name} names no epsilon from 0 to 1", "fetch the weights again")
        module = cls.build(entry.card, entry.name)
        state, _ = load(entry.path)
        load_strict(module, part(state, "change"), f"the change of {entry.name}")
        made = cls(module, epsilon, options, device)
        made.against = tuple(str(name) for name in entry.card.get("against", ()))
        made.weights_name, made.weights_sha256 = entry.name, entry.sha256
        return made

    @torch.no_grad()
    def crops(self, images: Tensor, *, epsilon: float | None = None) -> Tensor:
        """Protected head crops of any size.

        Args:
            images: `(B, 3, S, S)` in [-1, 1], cut as `faces.head_box` does.
            epsilon: largest change of a value; the learnt one when not given. The change grows and shrinks with it.

        Returns:
            Likewise, no value further than epsilon from what it was; not rounded to 8 bits.
        """
        held = images.to(self.device)
        height, width = held.shape[-2:]
        small = resampled((held + 1) / 2, SIDE_PX, SIDE_PX) * 2 - 1
        share = placed(self._module(small), Box(0, 0, width, height), Region(0, height, 0, width))
        allowed = self.epsilon if epsilon is None else epsilon
        return (held + share * allowed).clamp(-1, 1).to(images)

    @torch.no_grad()
    def photo(self, picture: Frame, heads: Sequence[Head]) -> Frame:
        """A photo with changed heads; pixels outside of them stay.

        Where heads overlap, their changes are added and kept within what the larger of both allows.

        Args:
            picture: `uint8 (H, W, 3)`.
            heads: at least one, or the photo comes back as it is.

        Returns:
            Likewise, no value further from what it was than the options allow.
        """
        protected = picture.copy()
        if not heads:
            return protected
        height, width = picture.shape[:2]
        regions = [head.region_in(width, height) for head in heads]
        whole = around(regions)
        change = np.zeros((whole.height, whole.width, 3), np.int16)
        most = np.zeros((whole.height, whole.width, 1), np.int16)
        for head, region in zip(heads, regions, strict=True):
            share = self._module(to_tensor(cut(picture, head.box, SIDE_PX), self.device) * 2 - 1)
            untouched = to_tensor(np.ascontiguousarray(picture[region.slices]), self.device)
            levels = allowed_levels(
                untouched, region, head.box, head.landmarks, levels=self.options.levels, mask=self.options.mask
            ).to(self.device)  # fmt: skip
            here = region.within(whole)
            # Levels are whole, so that rounding to the nearest cannot overstep them.
            change[here] += _whole(placed(share, head.box, region) * levels)
            most[here] = np.maximum(most[here], _whole(levels))
        moved = picture[whole.slices] + np.clip(change, -most, most)
        protected[whole.slices] = moved.clip(0, 255)
        return protected

    def protect(self, clip: Clip, tracks: Tracks, against: Differentiable | None = None) -> Clip:
        """The protected clip, computed while it is read: same size, times and sound.

        Args:
            clip: a picture or a video; frames that show nobody stay as they are.
            tracks: whose heads are changed; faces without landmarks stay as they are.
            against: not asked: what it works against was decided when it was learnt, see `against` of the object.

        Raises:
            MediaError: there are no pictures.
            MissingError: there is no face with landmarks.
        """
        heads = heads_in(clip, tracks)

        def frames() -> Iterator[Frame]:
            for frame, here in zip(clip.frames(), heads, strict=True):
                yield self.photo(frame, here)

        return clip.derive(self.step(clip), frames)

    def step(self, clip: Clip) -> Step:
        """What the history of a protected clip says."""
        return Step(
            self.op,
            {**asdict(self.options), "weights": self.weights_name, "against": list(self.against)},
            parents=(clip.as_parent(Relationship.PARENT),),
            weights_sha256=self.weights_sha256,
            source_type=SourceType.ENHANCED,
        )


def _whole(values: Tensor) -> NDArray[np.int16]:
    """`(1, C, h, w)` rounded, as `int16 (h, w, C)`."""
    held: NDArray[np.int16] = values[0].round().to(torch.int16).movedim(0, -1).cpu().numpy()
    return held
