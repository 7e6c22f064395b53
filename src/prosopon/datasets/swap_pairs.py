"""Faces of two people to learn a swap from: of each a warped picture, what it was before, and where its face is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.datasets.face_set import FaceStore
from prosopon.datasets.warps.augment import SwapAugment
from prosopon.datasets.warps.landmarks import LandmarkWarp, nearest
from prosopon.datasets.warps.yaw import YawSampler
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.aligned.face_types import FaceType, crop_matrix
from prosopon.faces.aligned.maps import Matrix, apply
from prosopon.faces.colour.transfer import ColourMode, transferred

HELD_SHARE = 0.1
"""Share of each shot, its end, that is measured on and never learnt from."""
_FEWEST_HELD = 20
"""Shots with fewer faces are learnt from whole."""


@dataclass(frozen=True)
class SwapPairConfig:
    """How faces are cut out and changed."""

    input_px: int = 128
    output_px: int = 128
    face_type: FaceType = "full"
    augment: SwapAugment = field(default_factory=SwapAugment)
    uniform_yaw: bool = False
    by_shot: bool = False
    """Show every shot equally often, however long it is: for folders of many people."""
    colour: ColourMode = "none"
    """Colours of a target's face, drawn anew each time, that the source's faces get."""


@dataclass(frozen=True)
class Side:
    """One person: their faces, which of them are learnt from, and where the net's crop lies in each.

    Attributes:
        store: the faces.
        learnt: rows that are learnt from.
        held: rows that are measured on, in order of time.
        crops: from pixels of a picture to the net's crop, whose side is 1; `float64 (N, 2, 3)`.
        points: landmarks in that crop, `float64 (N, 68, 2)`.
    """

    store: FaceStore
    learnt: NDArray[np.int64]
    held: NDArray[np.int64]
    crops: NDArray[np.float64]
    points: NDArray[np.float64]

    @classmethod
    def of(cls, store: FaceStore, face_type: FaceType, *, hold: bool = True) -> Side:
        """All faces of a store.

        Args:
            store: the faces.
            face_type: what the net's crop shows.
            hold: whether the end of each shot is kept back.
        """
        crops = np.stack([crop_matrix(points, face_type, 1) for points in store.landmarks])
        points = np.stack([apply(crop, shown) for crop, shown in zip(crops, store.landmarks, strict=True)])
        held = [
            np.arange(shot.stop - round(HELD_SHARE * (shot.stop - shot.start)), shot.stop)
            for shot in store.shots
            if hold and shot.stop - shot.start >= _FEWEST_HELD
        ]
        kept_back = np.concatenate(held) if held else np.zeros(0, np.int64)
        return cls(store, np.setdiff1d(np.arange(len(store)), kept_back), kept_back, crops, points)

    def crop(self, row: int, side_px: int) -> Frame:
        """The net's crop of a face as it is, `uint8 (side, side, 3)`."""
        return cut_aligned(self.store.pictures[row], self.matrix(row, side_px), side_px)

    def mask(self, row: int, side_px: int) -> NDArray[np.uint8]:
        """Face, eyes and mouth of that crop, `uint8 (side, side, 3)`."""
        return cut_aligned(self.store.masks[row], self.matrix(row, side_px), side_px)

    def matrix(self, row: int, side_px: int) -> Matrix:
        """From pixels of the stored picture to pixels of the net's crop."""
        matrix: Matrix = self.crops[row] * side_px
        return matrix


class SwapPairs:
    """Pairs of a source's and a target's face, chosen independently of each other."""

    def __init__(self, source: Side, target: Side, config: SwapPairConfig, *, epoch_items: int = 10_000) -> None:
        self.source, self.target = source, target
        self.config = config
        self.epoch_items = epoch_items
        self._yaws = tuple(YawSampler(side.store.yaws[side.learnt]) for side in (source, target))
        self._near: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
        if isinstance(config.augment.warp, LandmarkWarp):
            self._near = nearest(source.points, target.points), nearest(target.points, source.points)

    def __len__(self) -> int:
        """Items in an epoch: a number, for pairs are drawn and not listed."""
        return self.epoch_items

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """One face of each person.

        Returns:
            For `a` (the source) and `b` (the target): `<x>` `uint8 (I, I, 3)` warped, `<x>_target` `uint8 (O, O, 3)`,
            `<x>_masks` `uint8 (O, O, 3)`: face, eyes, mouth.
        """
        row_a, row_b = (self._drawn(number, rng) for number in (0, 1))
        picture = self.source.store.pictures[row_a]
        if self.config.colour != "none":
            picture = self._recoloured(picture, row_a, rng)
        item = self._named("a", 0, row_a, picture, rng)
        return item | self._named("b", 1, row_b, self.target.store.pictures[row_b], rng)

    def _drawn(self, number: int, rng: np.random.Generator) -> int:
        side = (self.source, self.target)[number]
        if self.config.by_shot:
            shot = side.store.shots[int(rng.integers(len(side.store.shots)))]
            return int(rng.integers(shot.start, shot.stop))
        place = self._yaws[number].draw(rng) if self.config.uniform_yaw else int(rng.integers(len(side.learnt)))
        return int(side.learnt[place])

    def _named(
        self, name: str, number: int, row: int, picture: Frame, rng: np.random.Generator
    ) -> dict[str, NDArray[Any]]:
        side, other = (self.source, self.target)[:: 1 if number == 0 else -1]
        drawn = self.config.augment.draw_pair(
            picture,
            side.store.masks[row],
            side.crops[row],
            rng,
            input_px=self.config.input_px,
            output_px=self.config.output_px,
            landmarks=side.store.landmarks[row],
            near=None if self._near is None else other.points[self._near[number][row]],
        )
        return {name: drawn.warped, f"{name}_target": drawn.target, f"{name}_masks": drawn.target_mask}

    def _recoloured(self, picture: Frame, row: int, rng: np.random.Generator) -> Frame:
        """A source's picture in the colours of some target's."""
        like_row = self._drawn(1, rng)
        like = self.target.store.pictures[like_row]
        changed = transferred(
            picture.astype(np.float32) / np.float32(255),
            like.astype(np.float32) / np.float32(255),
            self.config.colour,
            mask=self.source.store.masks[row, :, :, 0] / np.float32(255),
            like_mask=self.target.store.masks[like_row, :, :, 0] / np.float32(255),
            rng=rng,
        )
        out: Frame = np.round(np.clip(changed, 0, 1) * 255).astype(np.uint8)
        return out
