"""DeepFaceLab's merger, step by step in its own order and with its own numbers, to repeat its results.

`face.merge_face` is the better way. What is wrong with this one: masks lie three eighths of a model pixel beside the
faces they belong to, because they are enlarged about pixel centres and laid back by pixel corners; every finishing step
takes the face out of the frame and puts it in again, which blurs it twice; noise and resolution are taken from the
whole frame instead of from the face; colours are measured with everything outside the mask as black
(`faces.colour.released`); a positive face scale makes faces smaller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import correlate, map_coordinates

from prosopon.core.clip import Frame
from prosopon.create.swap.merge.finish import denoised, sharpened
from prosopon.create.swap.merge.released.pixels import (
    Matrix,
    blurred,
    eroded,
    gaussian_kernel,
    indexed,
    resized,
    sampled,
)
from prosopon.create.swap.merge.released.seamless import cloned_in_box
from prosopon.faces.aligned.maps import inverted
from prosopon.faces.colour.released.deepfacelab import ReleasedMode, histogram, transferred_as_released

Picture = NDArray[np.float32]
Mask = NDArray[np.float32]
Mode = Literal["original", "overlay", "hist-match", "seamless", "seamless-hist-match", "raw-rgb", "raw-predict"]

_FINER = 4
_NOTHING = 1 / 255
_LEAST_REGION_PX = 4
_MOST_MOTION_PX = 50


@dataclass(frozen=True)
class ReleasedSettings:
    """The published options by their published names; the mask is chosen before (`masks.FaceMasks`)."""

    mode: Mode = "overlay"
    erode_mask_modifier: int = 0
    """Diameter of the ellipse in pixels of a grid four times as fine as the model's; negative dilates."""
    blur_mask_modifier: int = 0
    """Width of the Gaussian, likewise."""
    color_transfer_mode: int = 1
    """Number of a `ReleasedMode`."""
    masked_hist_match: bool = True
    hist_match_threshold: int = 238
    output_face_scale: int = 0
    """Percent; positive makes the face smaller."""
    motion_blur_power: int = 0
    blursharpen_amount: int = 0
    sharpen_mode: int = 0
    """1 box, 2 Gaussian; negative amounts are medians whatever the mode."""
    image_denoise_power: int = 0
    bicubic_degrade_power: int = 0
    color_degrade_power: int = 0


@dataclass(frozen=True)
class _Laid:
    """Where everything lies. Maps are between indices of pixels."""

    height: int
    width: int
    size_px: int
    crop: Matrix
    output: Matrix
    fine_output: Matrix

    def cut(self, picture: Picture) -> Picture:
        """The crop out of a frame."""
        return sampled(picture, inverted(self.crop), self.size_px, self.size_px)

    def back(self, patch: Picture, matrix: Matrix) -> Picture:
        """A crop in its frame."""
        return sampled(patch, matrix, self.height, self.width)


def merge_as_released(
    frame: Frame,
    predicted: Picture,
    mask: Mask,
    matrix: Matrix,
    settings: ReleasedSettings,
    *,
    motion: tuple[float, float] = (0.0, 0.0),
    rng: np.random.Generator | None = None,
) -> tuple[Picture, Mask]:
    """Put one predicted face into a frame.

    Args:
        frame: `uint8 (H, W, 3)`.
        predicted: `float32 (S, S, 3)` RGB in [0, 1].
        mask: the chosen mask, `float32 (S, S)` in [0, 1].
        matrix: from pixels of the frame to pixels of the crop, `(2, 3)`.
        settings: the published options.
        motion: power and direction in degrees of the face's motion.
        rng: for the colour transfers that draw directions.

    Returns:
        The frame, `float32 (H, W, 3)` in [0, 1] (the face alone, `(S, S, 3)`, in the mode `raw-predict`), and the mask
        in it, `float32 (H, W)`.
    """
    picture = frame.astype(np.float32) / np.float32(255)
    laid = _laid(frame, len(predicted), matrix, settings)
    drawn = np.random.default_rng(0) if rng is None else rng
    shaped = _shaped(mask, settings)
    seen = np.clip(laid.back(shaped, laid.fine_output), 0, 1)
    seen[seen < _NOTHING] = 0
    area = (resized(shaped, laid.size_px, laid.size_px) > 0).astype(np.float32)
    if settings.mode == "raw-predict":
        return predicted, mask
    if settings.mode == "raw-rgb":
        whole = laid.back(np.ones_like(predicted), laid.output)
        return np.clip(picture * (1 - whole) + laid.back(predicted, laid.output) * whole, 0, 1), seen
    if settings.mode == "original" or not _large_enough(seen):
        return picture, seen
    target = np.clip(laid.cut(picture), 0, 1)
    face = predicted
    colour: ReleasedMode = get_args(ReleasedMode)[settings.color_transfer_mode]
    if "seamless" not in settings.mode:
        face = transferred_as_released(face, target, colour, area, drawn)
    if settings.mode == "hist-match":
        face = _matched(face, target, area, settings)
    face = np.clip(laid.back(face, laid.output), 0, 1)
    if "seamless" in settings.mode:
        face = cloned_in_box(face, picture, _support(seen))
    over = seen[..., None]
    merged = picture * (1 - over) + face * over
    if _is_finished(settings, colour):
        patch = laid.cut(merged)
        if "seamless" in settings.mode:
            patch = transferred_as_released(patch, target, colour, area, drawn)
        if settings.mode == "seamless-hist-match":
            patch = histogram(patch, target, settings.hist_match_threshold / 255)
        patch = _finished(patch, settings, motion)
        merged = np.clip(_worsened(picture, settings) * (1 - over) + laid.back(patch, laid.crop) * over, 0, 1)
    return _with_fewer_colours(merged, settings.color_degrade_power), seen


def _laid(frame: Frame, size_px: int, matrix: Matrix, settings: ReleasedSettings) -> _Laid:
    crop = indexed(matrix)
    scale, middle = 1 + settings.output_face_scale / 100, size_px / 2
    output = np.column_stack((crop[:, :2] * scale, (crop[:, 2] - middle) * scale + middle))
    height, width = frame.shape[:2]
    return _Laid(height, width, size_px, crop, output, output * _FINER)


def _shaped(mask: Mask, settings: ReleasedSettings) -> Mask:
    """The mask on the fine grid, its edge moved, cut off near the crop's border, and softened."""
    size_px, blur = len(mask), settings.blur_mask_modifier
    quiet = np.where(mask < _NOTHING, np.float32(0), mask)
    fine = resized(quiet, size_px * _FINER, size_px * _FINER)
    if settings.mode.startswith("raw"):
        return fine
    fine = np.pad(fine, size_px)
    if settings.erode_mask_modifier:
        fine = eroded(fine, settings.erode_mask_modifier)
    margin = size_px + blur // 2
    kept = np.zeros_like(fine)
    kept[margin:-margin, margin:-margin] = fine[margin:-margin, margin:-margin]
    if blur:
        kept = blurred(kept, gaussian_kernel(blur + 1 - blur % 2), mirrored=False)
    return np.clip(kept[size_px:-size_px, size_px:-size_px], 0, 1)


def _large_enough(seen: Mask) -> bool:
    places = np.argwhere(seen >= 0.1)
    return len(places) > 0 and int(np.ptp(places, axis=0).min()) >= _LEAST_REGION_PX


def _support(seen: Mask) -> NDArray[np.bool_]:
    """Where the mask is above the lowest tenth that anything is above."""
    for tenth in range(1, 10):
        inside = seen > tenth / 10
        if inside.any():
            return inside
    return np.zeros(seen.shape, np.bool_)


def _matched(face: Picture, target: Picture, area: Mask, settings: ReleasedSettings) -> Picture:
    """Histograms matched with everything outside the mask white."""
    inside = area[..., None] if settings.masked_hist_match else np.float32(1)
    face, target = (np.minimum(one * inside + 1 - inside, 1) for one in (face, target))
    return histogram(face, target, settings.hist_match_threshold / 255)


def _is_finished(settings: ReleasedSettings, colour: ReleasedMode) -> bool:
    finishing = (
        settings.motion_blur_power,
        settings.blursharpen_amount,
        settings.image_denoise_power,
        settings.bicubic_degrade_power,
        settings.mode == "seamless-hist-match",
        "seamless" in settings.mode and colour != "none",
    )
    return any(finishing)


def _finished(patch: Picture, settings: ReleasedSettings, motion: tuple[float, float]) -> Picture:
    power, direction_deg = motion
    length = int(power * settings.motion_blur_power / 100)
    if length >= 1:
        kernel = _motion_kernel(int(np.clip(length + 1, 2, _MOST_MOTION_PX)), direction_deg)
        patch = np.stack([correlate(patch[..., i], kernel, mode="mirror") for i in range(3)], axis=-1)
    amount = settings.blursharpen_amount
    if amount > 0 and settings.sharpen_mode == 1:
        return sharpened(patch, "box", amount)
    if amount > 0 and settings.sharpen_mode == 2:
        return sharpened(patch, "gaussian", amount / 2)
    return _medians(patch, -amount, 10) if amount < 0 else patch


def _worsened(picture: Picture, settings: ReleasedSettings) -> Picture:
    """The frame, which loses noise and resolution in the original."""
    picture = _medians(picture, settings.image_denoise_power, 100)
    if settings.bicubic_degrade_power:
        share = 1 - settings.bicubic_degrade_power / 101
        height, width = picture.shape[:2]
        picture = resized(resized(picture, int(height * share), int(width * share)), height, width)
    return picture


def _medians(picture: Picture, power: int, whole: int) -> Picture:
    """Medians over 5 by 5 pixels: each takes 10 off the power, and counts wholly while that is at least `whole`."""
    while power > 0:
        picture = denoised(picture, 1.0 if power >= whole else power / whole)
        power -= 10
    return picture


def _motion_kernel(size_px: int, direction_deg: float) -> NDArray[np.float64]:
    """A row of ones turned about the middle, bilinear; of an even size it is off the middle by half a pixel."""
    row = np.zeros((size_px, size_px))
    row[(size_px - 1) // 2] = 1
    middle = size_px / 2 - 0.5
    cos, sin = np.cos(np.radians(direction_deg)), np.sin(np.radians(direction_deg))
    y, x = np.mgrid[:size_px, :size_px] - middle
    places = (sin * x + cos * y + middle, cos * x - sin * y + middle)
    kernel: NDArray[np.float64] = map_coordinates(row, places, order=1, mode="grid-constant")
    kernel /= kernel.sum()
    return kernel


def _with_fewer_colours(picture: Picture, power: int) -> Picture:
    if not power:
        return picture
    image = Image.fromarray(np.clip(picture * 255, 0, 255).astype(np.uint8))
    few = np.asarray(image.convert("P", palette=Image.Palette.ADAPTIVE, colors=256).convert("RGB"), np.float32)
    return picture + np.float32(power / 100) * (few / np.float32(255) - picture)
