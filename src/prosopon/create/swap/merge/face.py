"""`merge_face`: one predicted face put into a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.create.swap.merge.edges import Edge, resized, shaped
from prosopon.create.swap.merge.finish import degraded, denoised, in_palette, motion_blurred, sharpened
from prosopon.create.swap.merge.masks import FaceMasks, Mask
from prosopon.create.swap.merge.poisson import cloned
from prosopon.create.swap.merge.settings import MergeSettings
from prosopon.faces.aligned.cut import Window, cut_aligned, laid_back, seen_through
from prosopon.faces.aligned.maps import Matrix, apply, inverted
from prosopon.faces.colour.steady import ColourMap, steadied
from prosopon.faces.colour.transfer import transferred

Picture = NDArray[np.float32]
Enlarge = Callable[[Picture], Picture]
"""An enhancer: a picture `(S, S, 3)` RGB in [0, 1] to one of four times the side."""

_NOTHING = 1 / 255
_SUPPORT = 0.1
"""Seamless cloning takes place where the mask is more than this; its edge then lies where little of it is seen."""


@dataclass(frozen=True)
class Motion:
    """How a face moves between this frame and the next.

    Attributes:
        x_px, y_px: pixels of the frame, right and down.
    """

    x_px: float
    y_px: float


@dataclass(frozen=True)
class Merged:
    """A frame with a face put in.

    Attributes:
        frame: `uint8 (H, W, 3)`; where the mask is 0, exactly the frame as it was.
        mask: `float32 (H, W)` in [0, 1], how much of each pixel is the new face.
        colour: how its colours were changed; the same face in the next frame needs it.
    """

    frame: Frame
    mask: Mask
    colour: ColourMap | None


def merge_face(
    frame: Frame,
    predicted: Picture,
    masks: FaceMasks,
    matrix: Matrix,
    settings: MergeSettings,
    *,
    previous: ColourMap | None = None,
    motion: Motion | None = None,
    enlarge: Enlarge | None = None,
    rng: np.random.Generator | None = None,
) -> Merged:
    """Put one predicted face into a frame. Only a window around it is touched; several faces are put in one by one.

    Args:
        frame: `uint8 (H, W, 3)`.
        predicted: what the model made of the crop, `float32 (S, S, 3)` RGB in [0, 1].
        masks: where the faces are in the crop.
        matrix: from pixels of the frame to pixels of the crop, `(2, 3)`.
        settings: how.
        previous: `Merged.colour` of the same face in the frame before; None at the beginning and after a cut.
        motion: how the face moves, for motion blur; None for no blur.
        enlarge: an enhancer, for super-resolution; None for none.
        rng: for the colour transfers that draw directions; the same ones every time if not given.

    Raises:
        MissingError: the settings ask for a mask that is not there.
        ValueError: shapes that do not fit, or a matrix without a way back.
    """
    size_px = len(predicted)
    if predicted.shape != (size_px, size_px, 3) or not size_px:
        raise ValueError(f"a predicted face is (S, S, 3), not {predicted.shape}")
    raw = settings.blend == "raw"
    crop = _scaled(matrix, size_px, 1 + settings.face_scale_percent / 100)
    patch = np.clip(np.nan_to_num(predicted.astype(np.float32)), 0, 1)
    whole = np.ones((size_px, size_px), np.float32)
    mask = whole if raw else shaped(masks.taken(settings.mask, size_px), Edge.of(settings))
    seen, window = _in_frame(mask, crop, size_px, frame)
    colour = previous
    if not raw and seen.any():
        counting = resized(mask, size_px) * _known(crop, size_px, frame)
        target = cut_aligned(frame, crop, size_px).astype(np.float32) / np.float32(255)
        moved = _recoloured(patch, target, counting, settings, rng)
        patch, colour = steadied(patch, moved, previous, settings.colour_steadiness, counting)
        patch = _finished(_enlarged(patch, enlarge, settings), crop, size_px, settings, motion)
    under = frame[window.slices].astype(np.float32) / np.float32(255)
    face = np.clip(seen_through(patch, _finer(crop, len(patch) / size_px), window), 0, 1)
    if settings.blend == "seamless":
        face = np.clip(cloned(face, under, seen > _SUPPORT), 0, 1)
    if settings.palette_percent and not raw and face.size:
        face = face + np.float32(settings.palette_percent / 100) * (in_palette(face, under) - face)
    merged, mask_in_frame = frame.copy(), np.zeros(frame.shape[:2], np.float32)
    blended = np.rint((under + seen[..., None] * (face - under)) * 255).astype(np.uint8)
    merged[window.slices] = np.where(seen[..., None] > 0, blended, merged[window.slices])
    mask_in_frame[window.slices] = seen
    return Merged(merged, mask_in_frame, colour)


def _in_frame(mask: Mask, crop: Matrix, size_px: int, frame: Frame) -> tuple[Mask, Window]:
    """The mask in the window of the frame that the crop covers."""
    held = laid_back(mask[..., None], _finer(crop, len(mask) / size_px), *frame.shape[:2])
    seen: Mask = np.clip(held.patch[..., 0], 0, 1) * held.inside
    seen[seen < _NOTHING] = 0
    return seen, held.window


def _known(crop: Matrix, size_px: int, frame: Frame) -> Mask:
    """1 for pixels of the crop that the frame shows, else 0."""
    middles = np.arange(size_px) + 0.5
    places = apply(inverted(crop), np.stack(np.meshgrid(middles, middles), axis=-1))
    height, width = frame.shape[:2]
    return np.asarray(((places >= 0) & (places <= (width, height))).all(-1), np.float32)


def _recoloured(
    patch: Picture, target: Picture, counting: Mask, settings: MergeSettings, rng: np.random.Generator | None
) -> Picture:
    """The patch in the colours of the target."""
    moved = transferred(patch, target, settings.colour, mask=counting, like_mask=counting, rng=rng)
    if settings.blend == "histogram":
        moved = transferred(moved, target, "histogram", mask=counting, like_mask=counting)
    return moved


def _enlarged(patch: Picture, enlarge: Enlarge | None, settings: MergeSettings) -> Picture:
    share = np.float32(settings.super_resolution_percent / 100)
    if enlarge is None or not share:
        return patch
    finer = enlarge(patch)
    plain = resized(patch, len(finer))
    mixed: Picture = plain + share * (finer - plain)
    return np.clip(mixed, 0, 1)


def _finished(patch: Picture, crop: Matrix, size_px: int, settings: MergeSettings, motion: Motion | None) -> Picture:
    """The patch with what settings say about sharpness, motion, noise and resolution."""
    if motion is not None and settings.motion_blur_percent:
        way = crop[:, :2] @ (motion.x_px, motion.y_px) * (settings.motion_blur_percent / 100 * len(patch) / size_px)
        patch = motion_blurred(patch, float(way[0]), float(way[1]))
    if settings.sharpen_percent:
        patch = sharpened(patch, settings.sharpen, settings.sharpen_percent / 100)
    patch = denoised(patch, settings.denoise_percent / 100)
    return np.clip(degraded(patch, settings.degrade_percent / 101), 0, 1)


def _scaled(matrix: Matrix, size_px: int, factor: float) -> Matrix:
    """The map to a crop that covers `factor` times as much of the frame, about the same middle."""
    middle = size_px / 2
    return np.column_stack((matrix[:, :2] / factor, (matrix[:, 2] - middle) / factor + middle))


def _finer(crop: Matrix, factor: float) -> Matrix:
    """The map to the same crop with `factor` times as many pixels a side."""
    return crop * factor
