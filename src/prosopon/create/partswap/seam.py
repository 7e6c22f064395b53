"""Light around a part carried into it, so that it does not stand out as a patch.

How much brighter the target is than the moved source in a ring around the part is spread inwards, smoothly, and the
source is brightened by it: a membrane in the spirit of Poisson image editing (Pérez, Gangnet, Blake, SIGGRAPH 2003), of
factors instead of differences, so that pupils stay black, and solved by blurring.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_COARSE_PX = 96
"""The membrane is smooth: it is computed on pictures of about so many pixels a side."""
_NEAR, _FAR = 0.012, 0.05
"""Where the ring begins and ends, as a share of the side: beyond the part's own soft edge, within what surrounds it."""
_SPREAD = 0.045
"""Standard deviation of the blur, likewise."""
_LEAST, _MOST = 1e-5, 2.5


def lit_alike(source: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The moved source's pixels, in the light that is around the part in the target.

    Args:
        source, target: `(B, 3, S, S)` in [0, 1].
        mask: `(B, 1, S, S)` where the source is taken.

    Returns:
        `(B, 3, S, S)` in [0, 1]; where no ring is near, as it was.
    """
    side = mask.shape[-1]
    coarse = min(side, _COARSE_PX)
    small, wanted, inside = (F.interpolate(maps, size=(coarse, coarse), mode="area") for maps in (source, target, mask))
    ring = (_grown(inside, _FAR * coarse) - _grown(inside, _NEAR * coarse)).clamp(0, 1)
    spread = _blurred(torch.cat((wanted * ring, small * ring), dim=1), _SPREAD * coarse)
    brighter = (spread[:, :3] + _LEAST) / (spread[:, 3:] + _LEAST)
    gain = F.interpolate(brighter.clamp(1 / _MOST, _MOST), size=(side, side), mode="bilinear")
    return (source * gain).clamp(0, 1)


def _grown(mask: Tensor, by_px: float) -> Tensor:
    reach = max(1, round(by_px))
    return F.max_pool2d(mask, 2 * reach + 1, stride=1, padding=reach)


def _blurred(maps: Tensor, sigma_px: float) -> Tensor:
    """A Gaussian over maps `(B, C, h, w)`; zero beyond the edge."""
    reach = max(1, round(3 * sigma_px))
    at = torch.arange(-reach, reach + 1, device=maps.device, dtype=maps.dtype)
    line = torch.exp(-(at**2) / (2 * sigma_px**2))
    line = line / line.sum()
    channels = maps.shape[1]
    across = line.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    wide = F.conv2d(maps, across, padding=(0, reach), groups=channels)
    return F.conv2d(wide, across.transpose(-1, -2), padding=(reach, 0), groups=channels)
