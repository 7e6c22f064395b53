"""How a swap is trained: plan, losses, data, optimiser. A plan brings its own; the user may say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from prosopon.core.errors import UsageError
from prosopon.create.swap.plans.plan import Plan, get_plan
from prosopon.datasets.warps.augment import PRESETS, SwapAugment
from prosopon.datasets.warps.cells import CellWarp
from prosopon.datasets.warps.colour_augment import ColourAugment
from prosopon.datasets.warps.grid import GridWarp
from prosopon.datasets.warps.landmarks import LandmarkWarp
from prosopon.datasets.warps.similarity import RandomSimilarity
from prosopon.faces.aligned.face_types import FaceType
from prosopon.faces.colour.transfer import ColourMode
from prosopon.train.optimisers.choice import OptimiserName

WarpName = Literal["plan", "none", "grid", "cells", "landmarks"]


@dataclass(frozen=True)
class LossConfig:
    """How much each term of the loss counts; 0 leaves it out."""

    mae: float = 0.0
    """Mean absolute difference."""
    mse: float = 0.0
    """Mean squared difference."""
    dssim: float = 0.0
    """Structural dissimilarity under a Gaussian window."""
    patch_dssim: float = 0.0
    """The same of patches side by side, which is cheap (DFaker's)."""
    ms_ssim: float = 0.0
    """1 - MS-SSIM, over five scales; pictures of 48 pixels or more."""
    gradient: float = 0.0
    """Difference of slopes."""
    mask: float = 0.0
    """Mean squared difference of the mask, where the plan learns one."""
    outside: float = 0.1
    """How much pixels outside the face count, compared with those inside."""
    eyes: float = 0.0
    """How much more the eyes count; of the SAEHD sum: weight of eyes and mouth in it, 300 as published."""
    mouth: float = 0.0
    """How much more the mouth counts."""
    saehd: bool = False
    """DeepFaceLab's sum, instead of all terms above but eyes."""
    perceptual: float = 0.0
    """Difference of features."""
    adversarial: float = 0.0
    """A patch discriminator that tells the source's faces from made ones, on the source's side."""


LOSSES: Mapping[str, LossConfig] = MappingProxyType(
    {
        "mae": LossConfig(mae=1.0, outside=1.0),
        "ssim": LossConfig(dssim=2.0, mse=1.0, mask=1.0, outside=0.0, eyes=3.0, mouth=2.0),
        "dfaker": LossConfig(patch_dssim=1.0, mask=1.0, outside=0.0),
        "saehd": LossConfig(saehd=True),
        "mini": LossConfig(mae=2.0, dssim=1.0, mask=0.2, outside=0.1, eyes=3.0, mouth=2.0),
    }
)
"""By the names that plans use: of the first autoencoders; faceswap's; DFaker's; DeepFaceLab's; ours."""


@dataclass(frozen=True)
class Training:
    """How a swap is trained. Where nothing is said, the plan says it."""

    loss: Literal["plan", "mae", "ssim", "dfaker", "saehd", "mini"] = "plan"
    """Which loss: mae (the first autoencoders'), ssim (faceswap's), dfaker, saehd (DeepFaceLab's), mini (ours)."""
    eyes: float | None = None
    """How much more the eyes count; 0 for no more than the rest."""
    mouth: float | None = None
    """How much more the mouth counts."""
    perceptual: float = 0.0
    """Weight of a perceptual loss; 0.05 is a start."""
    adversarial: float = 0.0
    """Weight of a patch discriminator, for the last part of a training; 0.1 is a start."""
    warp: WarpName = "plan"
    """How pictures are bent: grid (5 by 5), cells (DeepFaceLab's), landmarks (to the other person's), none."""
    face_type: FaceType = "full"
    """How much of a head is swapped: half, midfull, full, whole or head as DeepFaceLab has them, legacy, face or
    head-centred as faceswap, dfaker."""
    colour: ColourMode = "none"
    """Give the source's faces the colours of random faces of the target while learning."""
    uniform_yaw: bool = False
    """Show every turn of the head equally often, however seldom the footage does."""
    optimiser: OptimiserName | None = None
    """adam, adamw, adabelief (DeepFaceLab's default) or rmsprop."""
    learning_rate: float | None = None
    """The largest learning rate."""
    warm_up: int = 100
    """Steps until it is reached."""
    fall_over: int | None = None
    """Steps over which it falls along a cosine to a hundredth; it stays as it is when not given."""
    keep: float | None = None
    """Share of the weights that move in each step, for the last part of a training (DeepFaceLab's lr dropout: 0.3)."""
    rank: int | None = None
    """Dense layers have at most this rank: fewer weights, a quicker step."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense before anything is read."""
        for name in ("eyes", "mouth", "perceptual", "adversarial", "learning_rate", "warm_up", "rank", "fall_over"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise UsageError(f"{name} is {value}", "give 0 or more")
        if self.keep is not None and not 0 < self.keep <= 1:
            raise UsageError(f"keep is {self.keep}", "give a share above 0, up to 1")


@dataclass(frozen=True)
class SwapConfig:
    """All that decides how a swap is trained.

    Attributes:
        plan: the net.
        training: as set by the user.
        loss: the terms.
        augment: how faces are changed.
        optimiser, learning_rate, betas, keep: the optimiser's.
        batch_size: faces of each person in a step, unless the user says otherwise.
        ema_decay: of the average of the weights that is kept, unless the user says otherwise; None for none.
    """

    plan: Plan
    training: Training
    loss: LossConfig
    augment: SwapAugment
    optimiser: OptimiserName
    learning_rate: float
    betas: tuple[float, float]
    batch_size: int
    ema_decay: float | None = None
    keep: float = 1.0


_MINI = SwapAugment(
    warp=GridWarp(sigma=0.02),
    similarity=RandomSimilarity(rotation_deg=10, zoom=(0.9, 1.1), shift=0.05, flip=0.5),
    colour=ColourAugment(lab=1.0, lightness=0.1, tint=0.04, equalise=0.0),
)
_AUGMENTS: Mapping[str, SwapAugment] = MappingProxyType({**PRESETS, "mini": _MINI})
_WARPS: Mapping[str, Any] = MappingProxyType(
    {"none": None, "grid": GridWarp(), "cells": CellWarp(), "landmarks": LandmarkWarp()}
)


def config_of(plan_name: str, training: Training) -> SwapConfig:
    """A plan's own way of training, with what the user has said otherwise.

    Raises:
        UsageError: there is no such plan.
    """
    plan = get_plan(plan_name)
    trained: Mapping[str, Any] = plan.trained or {}
    loss = LOSSES[trained["loss"] if training.loss == "plan" else training.loss]
    loss = replace(
        loss,
        eyes=loss.eyes if training.eyes is None else training.eyes,
        mouth=loss.mouth if training.mouth is None else training.mouth,
        perceptual=training.perceptual,
        adversarial=training.adversarial,
    )
    augment = _AUGMENTS[trained["warp"]]
    if training.warp != "plan":
        augment = replace(augment, warp=_WARPS[training.warp])
    return SwapConfig(
        plan=plan,
        training=training,
        loss=loss,
        augment=augment,
        optimiser=training.optimiser or trained["optimiser"],
        learning_rate=training.learning_rate or trained["learning_rate"],
        ema_decay=trained.get("ema_decay"),
        betas=tuple(trained.get("betas", (0.9, 0.999))),
        batch_size=trained["batch_size"],
        keep=trained.get("keep", 1.0) if training.keep is None else training.keep,
    )
