"""Pairs out of originals alone: a face, and itself or another blended into it; what cameras do is done to both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.detect.blending.others import Others
from prosopon.detect.blending.recolouring import ColourRanges, Recolouring
from prosopon.detect.blending.selfblend import SelfBlending, self_blended
from prosopon.faces.head_box import face_size

_COMMON = ColourRanges(hsv_chance=0.3, brightness=0.3, contrast=0.3, light_chance=0.3)


@dataclass(frozen=True)
class SelfBlends:
    """What makes a pair of an original: a `MakePair` of `detect.learning.pairs`.

    Attributes:
        others: faces of other people, which are blended in instead now and then; None: never, as published.
        share: how often, 0 to 1.
        reach: side of the square around the face that is used, in face sizes; what is farther away nobody looks at.
        blending: how faces are blended.
        common: how far the colours of both are changed alike.
    """

    others: Others | None = None
    share: float = 0.4
    reach: float = 1.9
    blending: SelfBlending = SelfBlending()  # noqa: RUF009 - frozen
    common: ColourRanges = _COMMON

    def __call__(
        self, frames: NDArray[np.uint8], landmarks: NDArray[np.float32], rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """Frames `uint8 (T, H, W, 3)` and landmarks `(T, 68, 2)` -> real ones, fake ones, landmarks in both, masks."""
        side_px = min(*frames.shape[1:3], round(self.reach * float(np.median([face_size(face) for face in landmarks]))))
        real, fake, points, masks = [], [], [], []
        for frame, face in zip(frames, landmarks, strict=True):
            near, moved = _near(frame, face, side_px)
            strange = self.others is not None and rng.random() < self.share
            other = self.others.over(near, moved, rng) if strange and self.others is not None else None
            pair = self_blended(near, moved, rng, self.blending, other)
            common = Recolouring.draw(self.common, rng)
            real.append(_recoloured(pair.real, common))
            fake.append(_recoloured(pair.fake, common))
            points.append(moved)
            masks.append(pair.mask)
        return np.stack(real), np.stack(fake), np.stack(points), np.stack(masks)


def _near(frame: Frame, face: NDArray[np.float32], side_px: int) -> tuple[Frame, NDArray[np.float32]]:
    """The square around a face, within the frame, in whole pixels; and the landmarks in it."""
    middle = (face.min(0) + face.max(0)) / 2
    most = np.array(frame.shape[1::-1]) - side_px
    left, top = np.clip(np.rint(middle - side_px / 2), 0, most).astype(int).tolist()
    moved = (face - np.array((left, top))).astype(np.float32)
    return np.ascontiguousarray(frame[top : top + side_px, left : left + side_px]), moved


def _recoloured(picture: Frame, common: Recolouring) -> Frame:
    return np.asarray(common.apply(Image.fromarray(picture)))
