"""What a face-swapping autoencoder learns from: how far what it made is from one person's face."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor

from prosopon.create.swap.config import LossConfig
from prosopon.create.swap.plans.net import Swapped
from prosopon.models.image_losses.edges import gradient_difference
from prosopon.models.image_losses.emphasis import soft_mask
from prosopon.models.image_losses.items import exact
from prosopon.models.image_losses.pixelwise import mae, mse
from prosopon.models.image_losses.saehd import SaehdWeights, saehd_terms
from prosopon.models.image_losses.structural import dssim, ms_ssim, patch_dssim

_TERMS: Mapping[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = MappingProxyType(
    {
        "mae": mae,
        "mse": mse,
        "dssim": lambda made, wanted, weight: dssim(made, wanted, weight, padding="reflect"),
        "patch_dssim": patch_dssim,
        "ms_ssim": ms_ssim,
        "gradient": gradient_difference,
    }
)


def face_terms(made: Swapped, target: Tensor, masks: Tensor, config: LossConfig) -> dict[str, Tensor]:
    """The weighted terms by name, scalars; the loss of one person is their sum.

    Args:
        made: `face (B, 3, O, O)`, `mask (B, 1, O, O)` or None.
        target: `(B, 3, O, O)` in [0, 1], what the face should have been.
        masks: `(B, 3, O, O)` in [0, 1]: face, eyes and mouth in it.
        config: how much each counts.
    """
    face = masks[:, :1]
    if config.saehd:
        priority = masks[:, 1:].sum(1, keepdim=True).clamp_max(1) if config.eyes else None
        weights = SaehdWeights(eyes_mouth=config.eyes)
        terms = saehd_terms(made.face, target, made.mask, face, eyes_mouth=priority, weights=weights)
        return {name: value.mean() for name, value in terms.items()}
    weight = pixel_weight(masks, config)
    found = {
        name: value * term(made.face, target, weight).mean()
        for name, term in _TERMS.items()
        if (value := getattr(config, name))
    }
    if config.mask and made.mask is not None:
        found["mask"] = config.mask * mse(made.mask, face).mean()
    return found


def pixel_weight(masks: Tensor, config: LossConfig) -> Tensor:
    """How much each pixel counts, `(B, 1, O, O)`: the face, softly; the outside less; eyes and mouth more."""
    inside = soft_mask(masks[:, :1])
    weight = config.outside + (1 - config.outside) * inside
    return weight * (1 + config.eyes * exact(masks[:, 1:2]) + config.mouth * exact(masks[:, 2:3]))
