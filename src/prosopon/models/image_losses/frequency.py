"""How far apart pictures are by frequency: bands of a Laplacian pyramid, and the spectrum's worst places."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.models.image_losses.filters import filtered, gaussian_window
from prosopon.models.image_losses.items import exactly, mean_per_item, prepared, require_size


def laplacian_pyramid(
    predicted: Tensor, target: Tensor, weight: Tensor | None = None, *, levels: int = 5, sigma: float = 1.0
) -> Tensor:
    """Mean absolute differences of the bands of Laplacian pyramids; of band j, counted from the finest, 4^-j of it.

    As faceswap weights them. (Bojanowski et al., arXiv 1707.05776, section 3, sum the differences over the pixels, of
    which a band has 4^-j as many; here fine bands count for more.)

    Args:
        predicted, target: `(B, C, H, W)` in [0, 1].
        weight: `(B, 1, H, W)` how much each pixel counts (see `items`).
        levels: bands beside the last, which is what remains; fewer for pictures that cannot be halved so often.
        sigma: of the Gaussian of 5 pixels, in pixels of its level.

    Returns:
        `(B,)`.

    Raises:
        UsageError: a side is below 2 pixels.
    """
    predicted, target, weight = prepared(predicted, target, weight)
    require_size(predicted, 2, "a Laplacian pyramid")
    # A pyramid is linear: the one of the difference is enough.
    rest = predicted - target
    window = gaussian_window(5, sigma, rest)
    levels = min(levels, min(rest.shape[2:]).bit_length() - 1)
    total = rest.new_zeros(len(rest))
    for level in range(levels):
        smooth = filtered(rest, window, "replicate")
        total = total + mean_per_item((rest - smooth).abs(), weight) * 0.25**level
        rest = F.avg_pool2d(smooth, 2)
        weight = None if weight is None else F.avg_pool2d(weight, 2)
    return total + mean_per_item(rest.abs(), weight) * 0.25**levels


def focal_frequency(predicted: Tensor, target: Tensor, weight: Tensor | None = None, *, alpha: float = 1.0) -> Tensor:
    """Squared differences of spectra, each frequency weighted by how far off it is (Jiang et al., arXiv 2012.12821).

    No gradient flows through those weights, as in the paper; faceswap lets it.

    Args:
        predicted, target: `(B, C, H, W)` in [0, 1].
        weight: `(B, 1, H, W)` how much each pixel counts (see `items`); a spectrum has no places, so the difference is
            multiplied by its root.
        alpha: exponent of the weights; 0 makes it the mean squared difference.

    Returns:
        `(B,)`.
    """
    predicted, target, weight = prepared(predicted, target, weight)
    difference = predicted - target if weight is None else (predicted - target) * weight.sqrt()
    width = difference.shape[3]
    with exactly(difference):
        # The other half of a real picture's spectrum is its mirror.
        spectrum = torch.fft.rfft2(difference, norm="ortho")
    power = spectrum.real**2 + spectrum.imag**2
    size = power.detach().sqrt()
    focus = (size / size.amax((2, 3), keepdim=True).clamp_min(1e-6)) ** alpha
    twice = power.new_full((power.shape[3],), 2.0)
    twice[0] = 1
    if width % 2 == 0:
        twice[-1] = 1
    total: Tensor = (focus * power * twice).sum((1, 2, 3)) / difference[0].numel()
    return total
