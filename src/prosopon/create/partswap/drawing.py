"""Parts, drawn over the picture that they are of, each in its own colour."""

from __future__ import annotations

import colorsys

import torch
from torch import Tensor

from prosopon.create.partswap.net import Segments, resized


def palette(num_segments: int) -> tuple[tuple[int, int, int], ...]:
    """A colour (RGB, 0 to 255) for each part; that of the background, the first, is dark.

    Neighbours in number are far apart in hue, and every other one is darker: a dozen can be told apart.
    """
    colours = [(24, 24, 28)]
    for index in range(num_segments):
        hue = (index * 0.618034) % 1.0
        red, green, blue = colorsys.hsv_to_rgb(hue, 0.55 if index % 3 == 2 else 0.85, 1.0 if index % 2 == 0 else 0.75)
        colours.append((round(255 * red), round(255 * green), round(255 * blue)))
    return tuple(colours)


def coloured(pictures: Tensor, segments: Segments, *, strength: float = 0.6) -> Tensor:
    """Pictures `(B, 3, H, W)` in [0, 1] with their parts laid over them; where there is none, they are as they were."""
    colours = torch.tensor(palette(segments.segmentation.shape[1] - 1), device=pictures.device) / 255
    likeliest = segments.segmentation.argmax(1)
    drawn = resized(colours[likeliest].permute(0, 3, 1, 2).float(), pictures.shape[-2:])
    over = resized((likeliest > 0).float()[:, None], pictures.shape[-2:])
    return pictures.float().lerp(drawn, strength * over)
