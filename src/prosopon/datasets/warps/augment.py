"""A training pair of a face swap out of one stored face: a warped input, and the target that the net shall make of it.

Crop, similarity and warp are one map, so that the picture is interpolated once for each of the two. The target is not
warped, but moved by the same similarity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.datasets.warps.cells import CellWarp
from prosopon.datasets.warps.colour_augment import ColourAugment
from prosopon.datasets.warps.grid import GridWarp
from prosopon.datasets.warps.landmarks import LandmarkWarp
from prosopon.datasets.warps.sampling import block_px, composed, lattice, map_of, sample, window
from prosopon.datasets.warps.similarity import RandomSimilarity
from prosopon.faces.aligned import maps


@dataclass(frozen=True)
class Drawn:
    """A training pair.

    Attributes:
        warped: `uint8 (input_px, input_px, 3)`, what the net sees.
        target: `uint8 (output_px, output_px, 3)`, what it shall make of it.
        target_mask: `uint8 (output_px, output_px)`, where the target is the face, or `(output_px, output_px, K)` as the
            masks that were given; 255 everywhere where none were.
        matrix: `(2, 3)`, from pixels of the stored picture to pixels of the target.
    """

    warped: Frame
    target: Frame
    target_mask: NDArray[np.uint8]
    matrix: NDArray[np.float64]


@dataclass(frozen=True)
class SwapAugment:
    """What happens to a stored face. The defaults are those of `original`, without its colours."""

    warp: GridWarp | CellWarp | LandmarkWarp | None = field(default_factory=GridWarp)
    similarity: RandomSimilarity | None = field(default_factory=RandomSimilarity)
    colour: ColourAugment | None = None
    cubic: bool = False
    """Bicubic interpolation instead of bilinear."""

    def draw_pair(
        self,
        picture: Frame,
        mask: NDArray[np.uint8] | None,
        crop_matrix: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        input_px: int,
        output_px: int,
        landmarks: NDArray[np.floating] | None = None,
        near: NDArray[np.floating] | None = None,
    ) -> Drawn:
        """A random input and its target.

        Args:
            picture: `uint8 (H, W, 3)`, the stored face, with some margin around what the net sees.
            mask: `uint8 (H, W)`, where it is the face, or `(H, W, K)`, several masks; None where nobody knows.
            crop_matrix: `(2, 3)`, from pixels of the stored picture to the net's crop, whose side is 1.
            rng: the only source of chance.
            input_px, output_px: sides of input and target.
            landmarks: `(68, 2)`, pixels of the stored picture; needed by `LandmarkWarp` only.
            near: `(N, 68, 2)`, faces of the other person to bend it to, of which one is drawn, each in its own crop of
                side 1 (see `landmarks.nearest`); likewise.

        Raises:
            UsageError: the warp needs landmarks and there are none.
            ValueError: shapes do not fit, or the crop matrix has no way back.
        """
        if picture.ndim != 3 or picture.shape[-1] != 3 or picture.size == 0:
            raise ValueError(f"a stored face has the shape (H, W, 3), this has {picture.shape}")
        if mask is not None and (mask.ndim not in (2, 3) or mask.shape[:2] != picture.shape[:2]):
            raise ValueError(f"masks of {mask.shape} do not fit a picture of {picture.shape}")
        if min(input_px, output_px) < 1:
            raise ValueError(f"input and target have a pixel at least, not {input_px} and {output_px} a side")
        move = _STILL if self.similarity is None else self.similarity.draw(rng)[0]
        moved_crop = maps.composed(move, np.asarray(crop_matrix, np.float64))
        matrix = moved_crop * output_px
        seen = map_of(matrix, output_px)
        if isinstance(self.warp, LandmarkWarp):
            own, other = _two_faces(landmarks, near, rng)
            warped = self.warp.draw(rng, input_px, maps.apply(moved_crop, own), maps.apply(move, other))
        else:
            warped = lattice(input_px) if self.warp is None else self.warp.draw(rng, input_px)
        read = composed(maps.inverted(moved_crop), warped)

        # Changing colours costs time by the pixel: only those are changed that are read.
        places = np.concatenate((seen.reshape(-1, 2), read.reshape(-1, 2)))
        rows, columns = window(places, *picture.shape[:2], step=max(block_px(seen), block_px(read)))
        corner = np.array((columns.start, rows.start), np.float32)
        channels = _channels(picture[rows, columns], None if mask is None else mask[rows, columns])
        if self.colour is not None:
            channels[..., :3] = self.colour.apply(np.ascontiguousarray(channels[..., :3]), rng)
        shown = sample(channels[..., :3], read - corner, cubic=self.cubic)
        if self.colour is not None:
            shown = self.colour.spoil(shown, rng)
        wanted = _pixels(sample(channels, seen - corner, cubic=self.cubic))
        if mask is None:
            covered = np.full((output_px, output_px), 255, np.uint8)
        else:
            covered = wanted[..., 3:] if mask.ndim == 3 else wanted[..., 3]
        return Drawn(_pixels(shown), wanted[..., :3], covered, matrix)


_STILL = np.array(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))

PRESETS: Mapping[str, SwapAugment] = MappingProxyType(
    {
        "original": SwapAugment(colour=ColourAugment()),
        "deepfacelab": SwapAugment(
            warp=CellWarp(), similarity=RandomSimilarity(zoom=(1 / 1.15, 1.15), flip=0.4), cubic=True
        ),
        "dfaker": SwapAugment(warp=LandmarkWarp()),
    }
)
"""What the published programs do, each with its faults mended: `original` as faceswap does it now, with its colours."""


def named(name: str) -> SwapAugment:
    """A preset.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in PRESETS:
        raise UsageError(f"there is no augmentation {name!r}", f"use one of {', '.join(PRESETS)}")
    return PRESETS[name]


def _two_faces(
    landmarks: NDArray[np.floating] | None, near: NDArray[np.floating] | None, rng: np.random.Generator
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """A face's landmarks, and those of one of the faces that it may be bent to."""
    if landmarks is None or near is None or not len(near):
        raise UsageError(
            "a warp to landmarks needs those of the face and of similar faces of the other person",
            "choose a warp that needs none, or find the faces' landmarks first",
        )
    return landmarks, near[int(rng.integers(len(near)))]


def _channels(picture: Frame, mask: NDArray[np.uint8] | None) -> NDArray[np.float32]:
    """Colours and masks of a picture in [0, 1], `float32 (H, W, 3 + K)`."""
    masks = picture[..., :0] if mask is None else np.atleast_3d(mask)
    channels = np.empty((*picture.shape[:2], 3 + masks.shape[-1]), np.float32)
    channels[..., :3], channels[..., 3:] = picture, masks
    channels *= np.float32(1 / 255)
    return channels


def _pixels(picture: NDArray[np.float32]) -> Frame:
    rounded: Frame = (np.clip(picture, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return rounded
