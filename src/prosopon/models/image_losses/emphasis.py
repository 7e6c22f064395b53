"""Where in a face a loss counts: soft masks, and more of it on the eyes and the mouth."""

from __future__ import annotations

from torch import Tensor

from prosopon.models.image_losses.filters import gaussian_blur
from prosopon.models.image_losses.items import exact


def soft_mask(mask: Tensor, resolution: int | None = None) -> Tensor:
    """A mask whose border fades out instead of ending: DeepFaceLab's, blurred, cut at a half and doubled.

    It is 1 as far as a straight border reached and falls to 0 outside of it. A mask that touches the picture's border
    is taken to go on there, where DeepFaceLab lets it fade.

    Args:
        mask: `(B, 1, H, W)` in [0, 1].
        resolution: 32 times the blur's sigma, in pixels; the mask's width where not given.

    Returns:
        `(B, 1, H, W)` in [0, 1].
    """
    sigma = (mask.shape[-1] if resolution is None else resolution) / 32
    return gaussian_blur(exact(mask.detach()), sigma).clamp_max(0.5) * 2


def area_weight(
    face: Tensor | None,
    eyes: Tensor | None = None,
    mouth: Tensor | None = None,
    *,
    eyes_multiplier: float = 3.0,
    mouth_multiplier: float = 2.0,
) -> Tensor | None:
    """The weight of pixels that faceswap's masks and multipliers amount to, for any loss of this package.

    To a loss that was masked with the face, `loss * eyes * multiplier` is added, then likewise for the mouth. An area
    counts 1 + multiplier times; below 1, and at it, faceswap leaves a multiplier out, and so is it here.

    Args:
        face: `(B, 1, H, W)` in [0, 1], where the loss counts at all; None: everywhere.
        eyes, mouth: `(B, 1, H, W)` in [0, 1], where it counts more.
        eyes_multiplier, mouth_multiplier: how much more.

    Returns:
        `(B, 1, H, W)`, or None where every pixel counts alike.
    """
    weight = None if face is None else exact(face.detach())
    for area, multiplier in ((eyes, eyes_multiplier), (mouth, mouth_multiplier)):
        if area is not None and multiplier > 1:
            more = 1 + multiplier * exact(area.detach())
            weight = more if weight is None else weight * more
    return weight
