"""How alike pictures are in structure: SSIM, over several scales, and over patches.

SSIM (Wang et al. 2004) compares, under a small window around each pixel, the means of two pictures, their contrasts
and how they vary together. DSSIM = (1 - SSIM) / 2 is 0 for equal pictures and at most 1.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.models.image_losses.filters import Padding, filter_matrices, gaussian_window
from prosopon.models.image_losses.items import exactly, mean_per_item, prepared, require_size

_C1, _C2 = 0.01**2, 0.03**2
"""(K1 L)^2 and (K2 L)^2 for pictures in [0, 1]."""

_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the scales from fine to coarse (Wang, Simoncelli and Bovik 2003, section 3.2)."""


def dssim(
    predicted: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    window: int = 11,
    sigma: float = 1.5,
    padding: Padding = "valid",
) -> Tensor:
    """Structural dissimilarity (1 - SSIM) / 2 under a Gaussian window; faceswap's loss "ssim" is twice this.

    Args:
        predicted, target: `(B, C, H, W)` in [0, 1]; every channel is compared for itself.
        weight: `(B, 1, H, W)` how much each pixel counts (see `items`).
        window: side in pixels, odd or even.
        sigma: of the Gaussian, in pixels.
        padding: `valid` leaves out where the window would reach over the border, the others count it.

    Returns:
        `(B,)` in [0, 1].

    Raises:
        UsageError: the pictures are smaller than the window.
    """
    predicted, target, weight = prepared(predicted, target, weight)
    similarity = ssim_map(predicted, target, window=window, sigma=sigma, padding=padding)
    return mean_per_item(0.5 - 0.5 * similarity, _inner(weight, similarity, window))


def ssim_map(
    predicted: Tensor, target: Tensor, *, window: int = 11, sigma: float = 1.5, padding: Padding = "valid"
) -> Tensor:
    """SSIM at each pixel, `(B, C, h, w)` in [-1, 1], smaller by `window` - 1 for `valid`; arguments as for `dssim`."""
    return _compare(predicted, target, window, sigma, padding, luminance=True)


def ms_ssim(
    predicted: Tensor, target: Tensor, weight: Tensor | None = None, *, window: int = 11, sigma: float = 1.5
) -> Tensor:
    """1 - MS-SSIM: contrast and structure at five scales, each half the last, luminance at the coarsest.

    Args:
        predicted, target: `(B, C, H, W)` in [0, 1].
        weight: `(B, 1, H, W)` how much each pixel counts (see `items`).
        window: at every scale; below 176 pixels as many as the coarsest picture has, made odd.
        sigma: of the Gaussian, in pixels.

    Returns:
        `(B,)` in [0, 1], times the mean weight.

    Raises:
        UsageError: a side is below 48 pixels, where the coarsest has no window of 3 pixels.
    """
    predicted, target, weight = prepared(predicted, target, weight)
    require_size(predicted, 3 * 2 ** (len(_SCALES) - 1), "MS-SSIM")
    coarsest = min(predicted.shape[2:]) >> (len(_SCALES) - 1)
    window = min(window, coarsest - 1 + coarsest % 2)
    whole = 1 if weight is None else weight.mean((1, 2, 3))
    similarity = predicted.new_ones(predicted.shape[:2])
    for scale, exponent in enumerate(_SCALES):
        last = scale == len(_SCALES) - 1
        compared = _compare(predicted, target, window, sigma, "valid", luminance=last)
        inner = _inner(weight, compared, window)
        mean = compared.mean((2, 3)) if inner is None else _weighted_mean(compared, inner)
        # Pictures that vary against each other have no such power, and near 0 its slope has no bound.
        similarity = similarity * mean.clamp_min(1e-4) ** exponent
        if not last:
            predicted, target = _halved(predicted), _halved(target)
            weight = None if weight is None else _halved(weight)
    return whole * (1 - similarity.mean(1))


def patch_dssim(predicted: Tensor, target: Tensor, weight: Tensor | None = None, *, patch: int = 3) -> Tensor:
    """DSSIM of square patches side by side, all channels of a patch taken together (keras-contrib's, used by DFaker).

    Much cheaper than a window around each pixel. Rows and columns that do not fill a patch are left out.

    Args:
        predicted, target: `(B, C, H, W)` in [0, 1].
        weight: `(B, 1, H, W)` how much each pixel counts (see `items`).
        patch: side in pixels.

    Returns:
        `(B,)` in [0, 1].

    Raises:
        UsageError: the pictures are smaller than a patch.
    """
    predicted, target, weight = prepared(predicted, target, weight)
    require_size(predicted, patch, f"a patch of {patch} pixels")

    def mean(maps: Tensor) -> Tensor:
        return F.avg_pool2d(maps, patch).mean(1, keepdim=True)

    mean_predicted, mean_target = mean(predicted), mean(target)
    product, squares = mean_predicted * mean_target, mean_predicted**2 + mean_target**2
    covariance = mean(predicted * target) - product
    variances = mean(predicted**2 + target**2) - squares
    similarity = (2 * product + _C1) * (2 * covariance + _C2) / ((squares + _C1) * (variances + _C2))
    return mean_per_item(0.5 - 0.5 * similarity, None if weight is None else F.avg_pool2d(weight, patch))


def _halved(maps: Tensor) -> Tensor:
    return F.avg_pool2d(maps, 2, ceil_mode=True, count_include_pad=False)


def _inner(weight: Tensor | None, compared: Tensor, window: int) -> Tensor | None:
    """The weight where the window's middle was."""
    if weight is None or weight.shape[2:] == compared.shape[2:]:
        return weight
    before = (window - 1) // 2
    return weight[:, :, before : before + compared.shape[2], before : before + compared.shape[3]]


def _weighted_mean(maps: Tensor, weight: Tensor) -> Tensor:
    """`(B, C, h, w)` -> `(B, C)`; of nothing where there is no weight, then 0."""
    return (maps * weight).sum((2, 3)) / weight.sum((2, 3)).clamp_min(torch.finfo(maps.dtype).tiny)


def _compare(
    predicted: Tensor, target: Tensor, window: int, sigma: float, padding: Padding, *, luminance: bool
) -> Tensor:
    predicted, target, _ = prepared(predicted, target)
    matrices = filter_matrices(predicted, gaussian_window(window, sigma, predicted), padding)
    with exactly(predicted):
        compared: Tensor = _Comparison.apply(predicted, target, matrices, luminance)  # type: ignore[no-untyped-call]
    return compared


class _Comparison(torch.autograd.Function):
    """SSIM (or its contrast and structure alone) at each pixel, with the gradient worked out by hand.

    With means m, n and the window's means e of xy and s of x^2 + y^2,

        S = L C,  L = (2 m n + C1) / (m^2 + n^2 + C1),  C = (2 e - 2 m n + C2) / (s - m^2 - n^2 + C2).

    Left to autograd, the step back goes through three times as many passes over memory and filters what belongs to the
    target too.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, matrices: tuple[Tensor, Tensor], luminance: bool) -> Tensor:
        down, along = matrices
        stacked = torch.cat((x, y, x * y, torch.addcmul(x * x, y, y)), 1).contiguous()
        mean_x, mean_y, both, squares = (down @ (stacked @ along)).chunk(4, 1)
        bright, means = 2 * mean_x * mean_y, torch.addcmul(mean_x * mean_x, mean_y, mean_y)
        spread = (squares - means).add_(_C2)
        contrast = (2 * both).sub_(bright).add_(_C2).div_(spread)
        ctx.luminance = luminance
        if not luminance:
            ctx.save_for_backward(x, y, down, along, mean_x, mean_y, contrast, spread)
            return contrast
        means.add_(_C1)
        light = bright.add_(_C1).div_(means)
        ctx.save_for_backward(x, y, down, along, mean_x, mean_y, contrast, spread, light, means)
        return light * contrast

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, y, down, along, mean_x, mean_y, contrast, spread, *rest = ctx.saved_tensors
        to_contrast = gradient * rest[0] if ctx.luminance else gradient
        to_both = to_contrast / spread
        to_mean = torch.addcmul(mean_y, mean_x, contrast, value=-1).mul_(to_both).neg_()
        if ctx.luminance:
            light, means = rest
            to_mean.addcmul_(torch.addcmul(mean_y, mean_x, light, value=-1), gradient * contrast / means)
        stacked = torch.cat((to_mean, to_both, to_both * contrast), 1)
        with exactly(x):
            to_mean, to_both, to_squares = (down.T @ (stacked @ along.T)).chunk(3, 1)
        out = torch.addcmul(to_mean, to_both, y).addcmul_(to_squares, x, value=-1).mul_(2)
        return out, None, None, None
