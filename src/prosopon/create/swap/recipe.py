"""How a face-swapping autoencoder learns: each person's warped face back to what it was, both in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from prosopon.create.swap.config import SwapConfig
from prosopon.create.swap.learnt import LearntWell
from prosopon.create.swap.losses import face_terms, pixel_weight
from prosopon.create.swap.model import model_card
from prosopon.create.swap.plans.build import build
from prosopon.create.swap.plans.net import Swapped
from prosopon.create.swap.pretrained import without_twin
from prosopon.datasets.swap_pairs import SwapPairs
from prosopon.models.image_losses.emphasis import soft_mask
from prosopon.models.patch_unet import PatchUnet, PatchUnetConfig, discriminator_loss, generator_loss
from prosopon.models.perceptual import PerceptualPyramid
from prosopon.models.tensors import to_frames
from prosopon.train.optimisers.choice import make_optimiser
from prosopon.train.recipe import Batch, Phase, Recipe
from prosopon.train.schedule import Schedule
from prosopon.train.steady import SteadyRate

NET = "net"
_SWING_STEPS = 500
"""DeepFaceLab lets the learning rate swing so where only some of the weights move in a step."""
_SHOWN = 4
"""People's faces in a preview."""


class SwapRecipe(Recipe):
    """Trains encoder, inters and decoders together.

    Items are those of `datasets.swap_pairs`. a is the source, whose face is wanted; b the target, whose footage is
    edited.
    """

    def __init__(
        self,
        name: str,
        config: SwapConfig,
        pairs: SwapPairs,
        *,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        pretrain: bool = False,
        features: PerceptualPyramid | None = None,
        measured: LearntWell | None = None,
    ) -> None:
        """Build the net with random weights: seed before calling.

        Args:
            name: what the weights are called.
            config: net, losses, optimiser.
            pairs: faces of both.
            card: goes beside the weights, with what the net is built from.
            data: how the pairs were made, for the record of the run.
            inputs: sha256 by name of what it learns from.
            pretrain: both sides show many people, and one route learns them all.
            features: the perceptual loss, where one is wanted.
            measured: says how well it swaps held-back faces.
        """
        self.name = name
        self.settings = config
        self.dataset = pairs
        self.net = build(config.plan, rank=config.training.rank)
        self.modules: dict[str, nn.Module] = {NET: self.net}
        if features is not None:
            self.modules["features"] = features
        self.exported = (NET,)
        phases = [Phase("swap", (NET,), self._optimiser, self._loss, self._schedule)]
        self._critic: PatchUnet | None = None
        if config.loss.adversarial:
            self._critic = PatchUnet(PatchUnetConfig(patch_size=max(8, config.plan.output_px // 8)))
            self.modules["discriminator"] = self._critic
            phases.append(Phase("discriminator", ("discriminator",), self._optimiser, self._judged, self._schedule))
        self.phases = tuple(phases)
        self.config = {
            "swap": {**asdict(config.training), "plan": config.plan.name, "loss": asdict(config.loss)},
            "augment": asdict(config.augment),
            "data": dict(data),
            "pretrain": pretrain,
        }
        self.card = {**card, **model_card(config, pretrained=pretrain)}
        self.inputs = dict(inputs or {})
        self._pretrain, self._features, self._measured = pretrain, features, measured

    def stored(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """All, but of many people's faces the one decoder that they share."""
        return without_twin(state, f"{NET}.") if self._pretrain else state

    def _optimiser(self, parameters: list[nn.Parameter]) -> Optimizer:
        config = self.settings
        return make_optimiser(config.optimiser, parameters, config.learning_rate, config.betas, keep=config.keep)

    def _schedule(self, optimiser: Optimizer) -> LRScheduler:
        """Warm-up, then the same rate for ever, or swinging where not all weights move; or falling along a cosine."""
        training = self.settings.training
        warm_up = training.warm_up
        if training.fall_over is not None:
            return Schedule(self.settings.learning_rate, warm_up, training.fall_over).falling(optimiser)
        period = _SWING_STEPS if self.settings.keep < 1 else None
        return SteadyRate(warm_up, period).following(optimiser)

    def made(self, a: Tensor, b: Tensor) -> tuple[Swapped, Swapped]:
        """Both sides as themselves; while pretraining, all of them by the target's route."""
        if not self._pretrain:
            out: tuple[Swapped, Swapped] = self.net(a, b)
            return out
        return self.net.swap(torch.cat([a, b]), "b").split(len(a))

    def _loss(self, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        made = self.made(batch["a"], batch["b"])
        terms: dict[str, Tensor] = {}
        for side, out in zip("ab", made, strict=True):
            target, masks = batch[f"{side}_target"], batch[f"{side}_masks"]
            for name, value in face_terms(out, target, masks, self.settings.loss).items():
                terms[f"{side}_{name}"] = value
            if self._features is not None:
                weight = pixel_weight(masks, self.settings.loss)
                distance = self._features(out.face, target, weight / weight.mean((1, 2, 3), keepdim=True))
                terms[f"{side}_perceptual"] = self.settings.loss.perceptual * distance
        if self._critic is not None:
            shown = made[0].face.float() * soft_mask(batch["a_masks"][:, :1])
            terms["a_adversarial"] = self.settings.loss.adversarial * generator_loss(self._critic(shown))
            batch["made"] = shown.detach()
        return torch.stack([*terms.values()]).sum(), terms

    def _judged(self, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The discriminator's loss: the source's faces against those that were made, nothing but the face of each."""
        assert self._critic is not None  # noqa: S101 - its phase is there only with it
        real = batch["a_target"] * soft_mask(batch["a_masks"][:, :1])
        return discriminator_loss(self._critic(real), self._critic(batch["made"])), {}

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """A column a face: the source, as itself, as the target; the target, as itself, as the source; and the masks.
        While pretraining everybody as themselves only."""
        side = self.settings.plan.input_px
        rows: list[Tensor] = []
        shows = (("a", "b"), ("b", "b")) if self._pretrain else (("a", "a", "b"), ("b", "b", "a"))
        for name, *routes in shows:
            shown = batch[f"{name}_target"][:_SHOWN].to(device)
            encoded = self.net.encode(F.interpolate(shown, size=(side, side), mode="area"))
            out = [self.net.decode(self.net.code(encoded, route), route) for route in routes]  # type: ignore[arg-type]
            rows += [shown, *(one.face.float() for one in out)]
            if out[-1].mask is not None:
                rows.append(out[-1].mask.float().expand(-1, 3, -1, -1))
        picture: NDArray[np.uint8] = to_frames(torch.cat([torch.cat([*row], dim=-1) for row in rows], dim=-2)[None])[0]
        return picture

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """How well held-back faces of the target are swapped, beside what they score as they are."""
        return {} if self._measured is None else self._measured.of(self.net, device)
