"""How well the bits of held-out pictures are read, after each of a few things that are done to pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.models.laundering.resample import resampled
from prosopon.models.tensors import to_frames, to_tensor
from prosopon.vouch.watermark.hidden.canvas import cells, with_change
from prosopon.vouch.watermark.hidden.codecs import Codec, h264, jpeg
from prosopon.vouch.watermark.hidden.lattice import BITS, SHORT_PX
from prosopon.vouch.watermark.hidden.net import Marker
from prosopon.vouch.watermark.hidden.noise import Slack, displaced

WAYS: Mapping[str, Codec] = {"png": lambda frames: frames, "jpeg75": jpeg(75), "jpeg50": jpeg(50), "crf28": h264(28)}
"""What is done to pictures, by name."""


def psnr(one: Tensor, other: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of pictures `(B, 3, H, W)` in [0, 1], in dB, `(B,)`; at most 100."""
    return -10 * (one - other).square().mean((1, 2, 3)).clamp_min(1e-10).log10()


def drawn_bits(n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    """Random bits for canvases of a size, `(n, BITS, rows, columns)` of 0 and 1."""
    return torch.randint(2, (n, BITS, *cells(height, width)), generator=generator).float()


@torch.no_grad()
def measured(marker: Marker, pictures: Sequence[NDArray[np.uint8]], device: torch.device) -> dict[str, float]:
    """Mean PSNR in dB, and shares of bits that are read right: by way, at half the size, and laid badly.

    Args:
        marker: the nets.
        pictures: squares of one size, `uint8 (S, S, 3)`.
        device: where to compute.
    """
    before = to_tensor(np.stack(pictures), device)
    canvas = resampled(before, SHORT_PX, SHORT_PX)
    bits = drawn_bits(len(before), SHORT_PX, SHORT_PX, torch.Generator().manual_seed(0)).to(device)
    marked = to_frames(with_change(before, marker.writer(canvas, bits)))

    def right(frames: NDArray[np.uint8], *, badly: bool = False) -> float:
        canvas = resampled(to_tensor(frames, device), SHORT_PX, SHORT_PX)
        if badly:
            canvas, _ = displaced(canvas, np.random.default_rng(0), 1.0, Slack(cut=0.0))
        return float(((marker.reader(canvas) > 0) == (bits > 0)).float().mean())

    half = resampled(to_tensor(marked), marked.shape[1] // 2, marked.shape[2] // 2)
    return {
        "psnr": float(psnr(before, to_tensor(marked, device)).mean()),
        **{name: right(way(marked)) for name, way in WAYS.items()},
        "half": right(to_frames(half)),
        "laid badly": right(marked, badly=True),
    }
