"""What happens to marked pictures while the nets learn: codecs, sizes, light, grain; then cuts, shifts and turns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.models.laundering.blur import Blur
from prosopon.models.laundering.noise import Noise
from prosopon.models.laundering.resample import resampled
from prosopon.vouch.watermark.hidden.codecs import h264, jpeg, through
from prosopon.vouch.watermark.hidden.lattice import CELL_PX

GROUP = 4
"""Pictures of a batch that the same happens to."""
MID_GREY = 0.5
"""What stands where there is no picture."""


@dataclass(frozen=True)
class Slack:
    """How far off the lattice a picture may lie when it is read: the reader's search is at most so coarse."""

    shift_px: float = 1.4
    """In pixels of the canvas, to each side."""
    scale: float = 0.016
    """Larger or smaller by this share."""
    turn_degrees: float = 1.3
    """To each side."""
    cut: float = 0.4
    """Share of a side that is missing at most, at both ends together."""


def distorted(images: Tensor, rng: np.random.Generator, level: float) -> Tensor:
    """Pictures `(B, 3, H, W)` in [0, 1] after something that is drawn for each few of them; likewise of that size.

    Args:
        images: marked.
        rng: everything random.
        level: 0: rounded to 8 bits; up to 1: the strongest that is learnt.
    """
    groups = [_distorted(group, rng, level) for group in torch.split(images, GROUP)]
    return torch.cat(groups)


def _distorted(images: Tensor, rng: np.random.Generator, level: float) -> Tensor:
    kind = rng.choice(("none", "jpeg", "h264", "small", "light", "grain", "blur"), p=_SHARES)
    strength = level * float(rng.uniform())
    size = images.shape[-2:]
    if rng.uniform() > level or kind == "none":
        return through(images, lambda frames: frames)
    if kind == "h264":
        return through(images, h264(round(18 + 14 * strength)))
    if kind == "small":
        factor = math.exp(strength * math.log(0.45))
        images = resampled(images, round(size[0] * factor), round(size[1] * factor))
    if kind == "light":
        low, high = math.exp(-0.35 * level), math.exp(0.35 * level)
        gain = torch.as_tensor(rng.uniform(low, high, (len(images), 1, 1, 1)), dtype=images.dtype).to(images.device)
        shift = torch.as_tensor(rng.uniform(-0.15, 0.15, gain.shape) * level, dtype=images.dtype).to(images.device)
        images = ((images - 0.5) * gain + 0.5 + shift).clamp(0, 1)
    if kind == "grain":
        images = Noise(0.05 * strength, int(rng.integers(2**31)))(images)
    if kind == "blur":
        images = Blur(1.6 * strength)(images)
    if kind == "jpeg" or rng.uniform() < 0.5:
        images = through(images, jpeg(round(95 - 55 * level * float(rng.uniform()))))
    return resampled(images, *size)


_SHARES = (0.15, 0.25, 0.2, 0.2, 0.08, 0.06, 0.06)


def displaced(canvas: Tensor, rng: np.random.Generator, level: float, slack: Slack) -> tuple[Tensor, Tensor]:
    """Canvases as a search that is not quite right would lay them, and cut.

    Args:
        canvas: `(B, 3, H, W)` in [0, 1].
        rng: everything random.
        level: share of the slack that is used.
        slack: how far off they may be.

    Returns:
        Canvases likewise, mid-grey where no picture is, and which cells to read: `(B, 1, rows, columns)` 0 or 1.
    """
    n, _, height, width = canvas.shape
    off = rng.uniform(-1, 1, (n, 4)) * level
    turn = off[:, 0] * math.radians(slack.turn_degrees)
    scale = 1 + off[:, 1] * slack.scale
    theta = np.zeros((n, 2, 3))
    theta[:, 0, 0] = theta[:, 1, 1] = scale * np.cos(turn)
    theta[:, 0, 1] = -scale * np.sin(turn) * height / width
    theta[:, 1, 0] = scale * np.sin(turn) * width / height
    theta[:, 0, 2] = off[:, 2] * slack.shift_px * 2 / width
    theta[:, 1, 2] = off[:, 3] * slack.shift_px * 2 / height
    grid = F.affine_grid(torch.as_tensor(theta, dtype=canvas.dtype).to(canvas.device), list(canvas.shape), False)
    bent = F.grid_sample(canvas - MID_GREY, grid, "bilinear", "zeros", False) + MID_GREY
    there = torch.zeros(n, 1, height, width)
    for number in range(n):
        rows, columns = (_kept(side, rng, level * slack.cut) for side in (height, width))
        there[number, :, rows, columns] = 1
    there = there.to(canvas)
    seen = F.avg_pool2d(there, CELL_PX) >= 0.5
    return (bent - MID_GREY) * there + MID_GREY, seen.to(canvas)


def _kept(side: int, rng: np.random.Generator, most: float) -> slice:
    """What is left of a side, in whole pixels; all of it half of the time."""
    if rng.uniform() < 0.5:
        return slice(0, side)
    missing = rng.uniform(0, most) * side
    before = rng.uniform(0, missing)
    return slice(round(before), round(side - (missing - before)))
