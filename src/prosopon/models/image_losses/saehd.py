"""The sum of losses that DeepFaceLab's SAEHD learns one side of a pair with."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from prosopon.models.image_losses.emphasis import soft_mask
from prosopon.models.image_losses.filters import gaussian_blur
from prosopon.models.image_losses.items import exact, require_size
from prosopon.models.image_losses.pixelwise import mae, mse
from prosopon.models.image_losses.structural import dssim


@dataclass(frozen=True)
class SaehdWeights:
    """How much each term counts."""

    structure: float = 10.0
    """Of DSSIM; from 256 pixels on, half of it for each of two windows."""
    pixels: float = 10.0
    """Of the mean squared difference."""
    eyes_mouth: float = 300.0
    """Of the mean absolute difference on eyes and mouth, over the whole picture's pixels; only where they are given."""
    mask: float = 10.0
    """Of the mask's mean squared difference."""


def saehd_terms(
    predicted: Tensor,
    target: Tensor,
    predicted_mask: Tensor | None,
    target_mask: Tensor,
    *,
    eyes_mouth: Tensor | None = None,
    masked: bool = True,
    weights: SaehdWeights | None = None,
) -> dict[str, Tensor]:
    """The weighted terms by name, one value a picture; the loss of a side is their sum, of a step that of both sides.

    Args:
        predicted, target: `(B, 3, R, R)` in [0, 1].
        predicted_mask: `(B, 1, R, R)` in [0, 1]; None where the net makes none.
        target_mask: `(B, 1, R, R)` in [0, 1], where the face is.
        eyes_mouth: `(B, 1, R, R)` in [0, 1]: learn these above all.
        masked: compare the pictures within the softened mask only.
        weights: of the terms.

    Returns:
        `structure`, `pixels`, and where they are wanted `eyes_mouth` and `mask`: `(B,)` each.

    Raises:
        UsageError: the pictures are below 24 pixels, where the window has less than 2.
    """
    weights = SaehdWeights() if weights is None else weights
    require_size(target, 24, "SAEHD's loss")
    resolution = target.shape[-1]
    x, y = exact(predicted), exact(target.detach())
    if masked:
        soft = soft_mask(target_mask)
        x, y = x * soft, y * soft
    windows = [int(resolution / 11.6)] if resolution < 256 else [int(resolution / 11.6), int(resolution / 23.2)]
    structure = sum((dssim(x, y, window=window) for window in windows), y.new_zeros(len(y)))
    terms = {
        "structure": structure * (weights.structure / len(windows)),
        "pixels": mse(x, y) * weights.pixels,
    }
    if eyes_mouth is not None:
        terms["eyes_mouth"] = mae(predicted, target, eyes_mouth) * weights.eyes_mouth
    if predicted_mask is not None:
        terms["mask"] = mse(predicted_mask, target_mask) * weights.mask
    return terms


def style_distance(predicted: Tensor, target: Tensor, sigma: float) -> Tensor:
    """How far apart the colours of two blurred pictures are: squared differences of each channel's mean and deviation.

    DeepFaceLab's face style is 100 times the percentage asked for of this, between the swap within its own mask and
    the other side's reconstruction within its own, with sigma resolution / 8.

    Args:
        predicted, target: `(B, C, H, W)`, masked with zeros.
        sigma: of the blur that takes the faces' features away, in pixels.

    Returns:
        `(B,)`, averaged over the channels.
    """
    a, b = gaussian_blur(predicted, sigma, "zeros"), gaussian_blur(target.detach(), sigma, "zeros")
    means = a.mean((2, 3)) - b.mean((2, 3))
    # The deviation has no slope at 0.
    deviations = (a.var((2, 3), correction=0) + 1e-5).sqrt() - (b.var((2, 3), correction=0) + 1e-5).sqrt()
    return (means**2 + deviations**2).mean(1)
