"""Where in a view a net looked: Grad-CAM, with the sign kept.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017. The
original keeps what speaks for the class alone; here what speaks against it is kept too, below 0.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def grad_cam(net: nn.Module, layer: nn.Module, pictures: Tensor) -> NDArray[np.float32]:
    """What the features of one layer contribute to each logit, place by place, to first order.

    Args:
        net: pictures `(B, 3, S, S)` -> logits `(B,)`, positive for a fake; in evaluation mode.
        layer: a module of it whose output is `(B, C, h, w)`.
        pictures: in [0, 1].

    Returns:
        `float32 (B, h, w)`: above 0 speaks for a fake; scaled so that the largest size in each map is 1, or all 0.
    """
    kept: list[Tensor] = []
    handle = layer.register_forward_hook(lambda _module, _given, made: kept.append(made))
    try:
        with torch.enable_grad():
            logits = net(pictures.detach().requires_grad_(True))
            (slopes,) = torch.autograd.grad(logits.sum(), kept[0])
    finally:
        handle.remove()
    maps = (slopes.float().mean((2, 3), keepdim=True) * kept[0].detach().float()).sum(1)
    return scaled(maps.cpu().numpy())


def scaled(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Maps `(B, h, w)` so that the largest size in each is 1; those that are 0 everywhere stay so."""
    most = np.abs(maps).max((1, 2), keepdims=True)
    return np.asarray(maps / np.where(most > 0, most, 1), np.float32)
