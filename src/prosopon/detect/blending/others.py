"""Faces of other people to blend in: what Face X-ray learns from, beside faces that are blended into themselves.

Li, Bao, Zhang, Yang, Chen, Wen, Guo, "Face X-ray for More General Face Forgery Detection", CVPR 2020, arXiv 1912.13458:
of a real face another person's real face with nearly the same landmarks is laid over it, its colours matched. No fake
is needed for it either; unlike faces blended into themselves these differ in skin, light and detail, as real swaps do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.spatial import ConvexHull

from prosopon.core.clip import Frame
from prosopon.datasets.arena.arena import ORIGINAL, Arena, ArenaClip

_NEAREST = 12
"""People whose faces are most like the wanted one in shape, of whom one is drawn. Published: of 100."""
_MATCHED = (0.4, 1.0)
"""How far colours are matched, 0 not at all."""
_GAIN = (0.5, 2.0)
"""How far contrast may be changed for that."""


@dataclass(frozen=True)
class Others:
    """The original faces of an arena, to be laid over each other.

    Attributes:
        arena: where they are.
        split: whose people.
    """

    arena: Arena
    split: str = "train"

    @cached_property
    def _people(self) -> tuple[tuple[ArenaClip, ...], ...]:
        """The clips of each person."""
        people: dict[str, list[ArenaClip]] = {}
        for clip in self.arena.where(split=self.split, generators=(ORIGINAL,)):
            people.setdefault(clip.people[0], []).append(clip)
        return tuple(tuple(people[name]) for name in sorted(people))

    @cached_property
    def _shapes(self) -> NDArray[np.float64]:
        """`(P, 136)`, a face of each person without its place and size."""
        return np.stack([_shape(self.arena.landmarks(clips[0])[len(clips[0]) // 2]) for clips in self._people])

    @cached_property
    def _every(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Every face there is: shapes `(N, 136)`, and whose they are."""
        faces = [
            (_shape(face), number)
            for number, clips in enumerate(self._people)
            for clip in clips
            for face in np.asarray(self.arena.landmarks(clip))
        ]
        return np.stack([shape for shape, _ in faces]), np.array([number for _, number in faces])

    @cached_property
    def _rendered(self) -> NDArray[np.bool_]:
        """Who of the people is rendered."""
        return np.array([clips[0].material == "rendered" for clips in self._people])

    def over(self, picture: Frame, landmarks: NDArray[np.float32], rng: np.random.Generator) -> Frame:
        """Another person's face, moved and coloured so that it fits over the one in a picture.

        Args:
            picture: `uint8 (S, S, 3)`, of somebody of the arena.
            landmarks: `(68, 2)` in its pixels.
            rng: the only source of chance.

        Returns:
            `uint8 (S, S, 3)`: what surrounds the other face comes with it.
        """
        shape = _shape(landmarks)
        shapes, whose = self._every
        # Whose face it is is told by its landmarks: no other has just these.
        own = int(whose[np.abs(shapes - shape).sum(1).argmin()])
        fit = self._rendered == self._rendered[own]  # a rendered face on a real head would be a seam of another kind
        fit[own] = fit.sum() == 1
        nearest = np.flatnonzero(fit)
        nearest = nearest[np.argsort(np.linalg.norm(self._shapes[nearest] - shape, axis=1), kind="stable")[:_NEAREST]]
        clips = self._people[int(nearest[rng.integers(len(nearest))])]
        clip = clips[int(rng.integers(len(clips)))]
        at = int(rng.integers(len(clip)))
        points = np.asarray(self.arena.landmarks(clip)[at], np.float64)
        # Pillow asks where in the source each pixel of the result lies: from the landmarks here to those there.
        here = np.column_stack((landmarks.astype(np.float64), np.ones(len(landmarks))))
        back = np.linalg.lstsq(here, points, rcond=None)[0].T
        frame = Image.fromarray(np.asarray(self.arena.frames(clip)[at]))
        size = (picture.shape[1], picture.shape[0])
        moved = frame.transform(size, Image.Transform.AFFINE, tuple(back.ravel()), Image.Resampling.BICUBIC)
        return matched(np.asarray(moved), picture, landmarks, float(rng.uniform(*_MATCHED)))


def matched(source: Frame, target: Frame, landmarks: NDArray[np.float32], share: float) -> Frame:
    """A picture whose face has, channel by channel, the mean and spread of the target's face at the same place.

    Args:
        source, target: `uint8 (S, S, 3)`.
        landmarks: `(68, 2)`, of either.
        share: how far, 0 to 1.
    """
    mask = Image.new("1", (target.shape[1], target.shape[0]), 0)
    corners = landmarks[ConvexHull(landmarks).vertices]
    ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in corners], fill=1)
    inside = np.asarray(mask)
    have, want = source[inside].astype(np.float64), target[inside].astype(np.float64)
    if not len(have):
        return source
    gain = np.clip((want.std(0) + 1) / (have.std(0) + 1), *_GAIN)
    gain = 1 + share * (gain - 1)
    lift = (1 - share) * have.mean(0) + share * want.mean(0) - gain * have.mean(0)
    table = np.clip(np.rint(np.arange(256)[:, None] * gain + lift), 0, 255).astype(np.uint8)
    return np.stack([table[source[..., channel], channel] for channel in range(3)], -1)


def _shape(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    points = landmarks.astype(np.float64) - landmarks.mean(0, dtype=np.float64)
    return np.asarray(points.ravel() / max(float(np.linalg.norm(points)), 1e-6))
