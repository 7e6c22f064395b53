"""How alike the edges of pictures are: differences of derivatives, and similarity of gradients."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.models.image_losses.items import exactly, mean_per_item, prepared, require_size
from prosopon.models.image_losses.pixelwise import robust


def gradient_difference(
    predicted: Tensor, target: Tensor, weight: Tensor | None = None, *, alpha: float = 2.0, scale: float = 1 / 255
) -> Tensor:
    """Differences of first and second derivatives: as sharp as the target is, no more and no less.

    (|dx| + |dy| + |dxx| + |dyy| + 2 |dxy|) / 2 with `robust` for |.|, of central differences, one-sided at the border
    (weights of TV and TV2 in Lu and Huang 2014).

    Args:
        predicted, target: `(B, C, H, W)` in [0, 1].
        weight: `(B, 1, H, W)` how much each pixel counts (see `items`).
        alpha, scale: of `robust`; the default is a squared difference in units of 2/255.

    Returns:
        `(B,)`.

    Raises:
        UsageError: a side is below 2 pixels.
    """
    predicted, target, weight = prepared(predicted, target, weight)
    require_size(predicted, 2, "the gradient difference")
    # Derivatives are linear: one set of them, of the difference, is enough.
    difference = predicted - target
    along, down = _first(difference, 3), _first(difference, 2)
    terms = (along, 1), (down, 1), (_second(difference, 3), 1), (_second(difference, 2), 1), (_first(along, 2), 2)
    total = torch.stack([factor * mean_per_item(robust(term, alpha, scale), weight) for term, factor in terms])
    return total.sum(0) / 2


def gmsd(predicted: Tensor, target: Tensor, weight: Tensor | None = None, *, as_released: bool = False) -> Tensor:
    """Gradient magnitude similarity deviation (Xue et al. 2014): how unevenly edges are lost over the picture.

    The similarity (2 a b + T) / (a^2 + b^2 + T) of the gradient's magnitudes a, b at each pixel of each channel, and of
    it the standard deviation. Derivatives are Kroon's 5 x 5 (2009).

    Args:
        predicted, target: `(B, C, H, W)` in [0, 1].
        weight: `(B, 1, H, W)` how much each pixel counts (see `items`).
        as_released: compute what faceswap does for three channels: derivatives with their signs in the place of
            magnitudes, the first channel's only downwards and the last one's only across, each of them twice.

    Returns:
        `(B,)`, times the mean weight.

    Raises:
        UsageError: a side is below 3 pixels.
        ValueError: `as_released`, and there are not three channels.
    """
    predicted, target, weight = prepared(predicted, target, weight)
    require_size(predicted, 3, "GMSD")
    a, b = _derivatives(predicted), _derivatives(target)
    if as_released:
        a, b = _as_faceswap_pairs_them(a), _as_faceswap_pairs_them(b)
    else:
        # The root has no slope at 0.
        a, b = ((maps.square().sum(2) + 1e-12).sqrt() for maps in (a, b))
    similarity = (2 * a * b + _T) / (a * a + b * b + _T)
    counted = torch.ones_like(similarity) if weight is None else weight.expand_as(similarity)
    total = counted.sum((1, 2, 3), keepdim=True).clamp_min(torch.finfo(similarity.dtype).tiny)
    mean = (similarity * counted).sum((1, 2, 3), keepdim=True) / total
    variance = ((similarity - mean) ** 2 * counted / total).sum((1, 2, 3))
    if as_released:
        size = similarity[0].numel()
        variance = variance * (size / (size - 1))
    return (variance + 1e-12).sqrt() * counted.mean((1, 2, 3))


_T = 0.0025
"""170 / 255^2, the constant that Xue et al. found for pictures in [0, 255], rounded down."""

_KROON = (
    (0.0007, 0.0052, 0.0370, 0.0052, 0.0007),
    (0.0037, 0.1187, 0.2589, 0.1187, 0.0037),
    (0.0, 0.0, 0.0, 0.0, 0.0),
    (-0.0037, -0.1187, -0.2589, -0.1187, -0.0037),
    (-0.0007, -0.0052, -0.0370, -0.0052, -0.0007),
)
"""A derivative along y that turns well with the picture (Kroon, Numerical optimization of kernel based image
derivatives, 2009)."""


def _derivatives(picture: Tensor) -> Tensor:
    """`(B, C, H, W)` -> `(B, C, 2, H, W)`: along y, along x; the border is a mirror."""
    channels = picture.shape[1]
    down = picture.new_tensor(_KROON)
    kernel = torch.stack((down, down.T))[:, None].repeat(channels, 1, 1, 1)
    mode = "reflect" if min(picture.shape[2:]) > 2 else "replicate"
    with exactly(picture):
        both = F.conv2d(F.pad(picture, (2, 2, 2, 2), mode=mode), kernel, groups=channels)
    return both.reshape(len(picture), channels, 2, *picture.shape[2:])


def _as_faceswap_pairs_them(derivatives: Tensor) -> Tensor:
    if derivatives.shape[1] != 3:
        raise ValueError(f"what was released is for three channels, not {derivatives.shape[1]}")
    return derivatives.flatten(1, 2)[:, [0, 0, 2, 3, 5, 5]]


def _first(maps: Tensor, axis: int) -> Tensor:
    """Half of what is one on less what is one back; at the ends, half of the one step that there is."""
    return (_shifted(maps, axis, 1) - _shifted(maps, axis, -1)) / 2


def _second(maps: Tensor, axis: int) -> Tensor:
    return _shifted(maps, axis, 1) + _shifted(maps, axis, -1) - 2 * maps


def _shifted(maps: Tensor, axis: int, by: int) -> Tensor:
    """Each pixel's neighbour; the ends are neighbours of themselves."""
    length = maps.shape[axis]
    if by > 0:
        return torch.cat((maps.narrow(axis, 1, length - 1), maps.narrow(axis, length - 1, 1)), axis)
    return torch.cat((maps.narrow(axis, 0, 1), maps.narrow(axis, 0, length - 1)), axis)
