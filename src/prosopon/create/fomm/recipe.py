"""How the First Order Motion Model learns: phases and losses for the training loop.

Published: one joint step of generator and keypoint detector, then one of the discriminator on what was generated
(arXiv 2003.00196, section 3.4). Ours of faces adds losses on prepared landmarks (`config.FaceLossConfig`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from prosopon.create.fomm import losses
from prosopon.create.fomm.config import FommConfig
from prosopon.create.fomm.discriminator import Discriminator, build_discriminator
from prosopon.create.fomm.net import Generated, Generator, build_nets
from prosopon.create.fomm.technique import model_card
from prosopon.datasets.held_out import HeldOut
from prosopon.models.face_losses import expression_emphasis, landmark_targets, weighted_l1
from prosopon.models.feature_choice import pyramid_of
from prosopon.models.motion.equivariance import equivariance_jacobian, equivariance_value
from prosopon.models.motion.keypoints import KeypointDetector, Keypoints
from prosopon.models.tensors import to_frames, to_tensor
from prosopon.models.tps import SmoothMap
from prosopon.train.recipe import Batch, Dataset, Phase, Recipe

_BETAS = (0.5, 0.999)


class FommRecipe(Recipe):
    """Trains keypoint detector and generator, and the discriminator where the configuration has a GAN loss.

    Items have `source` and `driving` pictures; with `config.face` also `landmarks_*` and `known_*` (see `pairs`).
    """

    def __init__(
        self,
        name: str,
        config: FommConfig,
        dataset: Dataset,
        features: nn.Module,
        *,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        held_out: Sequence[HeldOut] = (),
    ) -> None:
        """Build the nets with random weights: seed before calling.

        Args:
            name: what the weights are called.
            config: nets, losses and schedule.
            dataset: pairs of frames.
            features: the perceptual loss's feature extractor (`models.perceptual`).
            card: what goes beside the weights.
            data: how the dataset was made, for the record of the run.
            inputs: sha256 by name of the files that it learns from.
            held_out: clips to measure on.
        """
        self.name = name
        self.settings = config
        self.dataset = dataset
        self.held_out = tuple(held_out)
        self.kp_detector, self.generator = build_nets(config.model, align_corners=config.align_corners)
        self.discriminator: Discriminator | None = None
        self.perceptual = pyramid_of(features, config.loss)
        modules: dict[str, nn.Module] = {
            "kp_detector": self.kp_detector,
            "generator": self.generator,
            "perceptual": self.perceptual,
        }
        phases = [Phase("generator", ("kp_detector", "generator"), self._optimiser, self._generator_loss)]
        if config.loss.generator_gan:
            self.discriminator = build_discriminator(config.model)
            modules["discriminator"] = self.discriminator
            rate = config.schedule.lr_discriminator
            phases.append(
                Phase(
                    "discriminator",
                    ("discriminator",),
                    lambda parameters: Adam(parameters, lr=rate, betas=_BETAS),
                    self._discriminator_loss,
                )
            )
        self.modules = modules
        self.phases = tuple(phases)
        self.config = {"fomm": asdict(config), "data": dict(data), "features": type(features).__name__}
        self.card = dict(card)
        self.inputs = dict(inputs or {})
        self.exported = ("kp_detector", "generator")

    def _optimiser(self, parameters: list[nn.Parameter]) -> Optimizer:
        """Adam with the detector's and the generator's own rates (taichi-adv freezes the detector with rate 0)."""
        schedule = self.settings.schedule
        own = {id(parameter) for parameter in self.kp_detector.parameters()}
        groups = [
            {"params": [p for p in parameters if id(p) in own], "lr": schedule.lr_kp_detector},
            {"params": [p for p in parameters if id(p) not in own], "lr": schedule.lr_generator},
        ]
        return Adam(groups, lr=schedule.lr_generator, betas=_BETAS)

    def _generator_loss(self, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        config = self.settings.loss
        source, driving = batch["source"], batch["driving"]
        smooth = SmoothMap.random(
            len(driving),
            sigma_affine=config.sigma_affine,
            sigma_tps=config.sigma_tps,
            points=config.points_tps,
            device=driving.device,
        )
        transformed = smooth.warp_image(driving, align_corners=self.settings.align_corners)
        detector: KeypointDetector = self.kp_detector
        kp_source, kp_driving, kp_transformed = detector(source), detector(driving), detector(transformed)
        generator: Generator = self.generator
        generated: Generated = generator(source, kp_source, kp_driving)
        batch["generated"] = generated.prediction.detach()
        batch["kp_driving"] = kp_driving.value.detach()

        terms: dict[str, Tensor] = {}
        emphasis = None
        if self.settings.face is not None:
            emphasis = self._face_terms(terms, batch, generated, kp_source, kp_driving)
        terms["perceptual"] = self.perceptual(generated.prediction, driving, emphasis)
        if config.equivariance_value:
            value = equivariance_value(kp_driving, kp_transformed, smooth)
            terms["equivariance_value"] = config.equivariance_value * value
        if config.equivariance_jacobian and kp_driving.jacobian is not None:
            jacobian = equivariance_jacobian(kp_driving, kp_transformed, smooth)
            terms["equivariance_jacobian"] = config.equivariance_jacobian * jacobian
        if self.discriminator is not None:
            points = kp_driving.detach()
            fake, real = self.discriminator(generated.prediction, points), self.discriminator(driving, points)
            terms["gan"] = config.generator_gan * losses.lsgan_generator(fake)
            terms["feature_matching"] = losses.feature_matching(real, fake, config.feature_matching)
        return torch.stack([*terms.values()]).sum(), terms

    def _face_terms(
        self,
        terms: dict[str, Tensor],
        batch: Batch,
        generated: Generated,
        kp_source: Keypoints,
        kp_driving: Keypoints,
    ) -> Tensor:
        """Adds the losses that know where a face's parts are; returns how much each pixel counts."""
        face, model = self.settings.face, self.settings.model
        assert face is not None  # noqa: S101 - the caller has checked
        driving = batch["driving"]
        emphasis = expression_emphasis(
            batch["landmarks_driving"], batch["known_driving"], driving.shape[-1], face.eyes, face.mouth
        )
        terms["l1"] = face.l1 * weighted_l1(generated.prediction, driving, emphasis)
        if generated.deformed is not None and generated.painted is not None:
            # Everywhere alike: with emphasis on the mouth, lips are stretched over what only the decoder can show.
            terms["warped"] = face.warped * weighted_l1(generated.deformed, driving, None)
            terms["painted"] = face.painted * weighted_l1(generated.painted, driving, emphasis)
        if model.landmark_groups:
            distances = []
            for role, points in (("source", kp_source), ("driving", kp_driving)):
                target = landmark_targets(batch[f"landmarks_{role}"], model.landmark_groups)
                error = (points.value[:, : len(model.landmark_groups)] - target).abs().mean((1, 2))
                distances.append((error * batch[f"known_{role}"]).mean())
            terms["landmarks"] = face.landmarks * torch.stack(distances).mean()
        return emphasis

    def _discriminator_loss(self, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        assert self.discriminator is not None  # noqa: S101 - the phase exists only with it
        points = Keypoints(batch["kp_driving"])
        real, fake = self.discriminator(batch["driving"], points), self.discriminator(batch["generated"], points)
        loss = self.settings.loss.discriminator_gan * losses.lsgan_discriminator(real, fake)
        return loss, {"discriminator": loss}

    def _reconstruct(self, source: Tensor, driving: Tensor) -> tuple[Generated, Keypoints, Keypoints]:
        kp_source, kp_driving = self.kp_detector(source), self.kp_detector(driving)
        return self.generator(source, kp_source, kp_driving, want_deformed=True), kp_source, kp_driving

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Rows of source, driving, warped source, what was painted, share of the warped source, prediction."""
        source, driving = batch["source"][:6].to(device), batch["driving"][:6].to(device)
        out, kp_source, kp_driving = self._reconstruct(source, driving)
        columns = [_dotted(source, kp_source), _dotted(driving, kp_driving)]
        if out.deformed is not None:
            columns.append(out.deformed)
        if out.painted is not None and out.blend is not None:
            columns += [out.painted, out.blend.expand(-1, 3, -1, -1)]
        columns.append(out.prediction)
        rows = [torch.cat([column[i].float() for column in columns], dim=-1) for i in range(len(source))]
        picture: NDArray[np.uint8] = to_frames(torch.cat(rows, dim=-2))[0]
        return picture

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """Reconstruction of held-out clips from their first frame, and the same for copying that frame.

        Mean absolute error in [0, 1], of the whole picture (`l1`) and, for faces with landmarks, with emphasis on eyes
        and mouth (`expression_l1`), each beside the copy's.
        """
        sums: dict[str, list[float]] = {}
        size = self.settings.model.size_px
        for held in self.held_out:
            for passage in held.passages(size):
                frames = to_tensor(passage.frames, device)
                source = frames[:1].expand(len(frames) - 1, -1, -1, -1)
                prediction = self._reconstruct(source, frames[1:])[0].prediction.float()
                weights: dict[str, Tensor | None] = {"l1": None}
                if passage.landmarks is not None:
                    points = torch.as_tensor(passage.landmarks[1:], device=device)
                    known = points.isfinite().all(-1).all(-1).float()
                    emphasis = expression_emphasis(points.nan_to_num(), known, size, 5, 5)
                    weights["expression_l1"] = emphasis
                for name, weight in weights.items():
                    sums.setdefault(name, []).append(float(weighted_l1(prediction, frames[1:], weight)))
                    sums.setdefault(f"{name}_copy", []).append(float(weighted_l1(source, frames[1:], weight)))
        return {name: float(np.mean(values)) for name, values in sums.items()}


def card_of(config: FommConfig, *, licence: str, origin: str) -> dict[str, Any]:
    """What goes beside weights of this configuration: enough to build their nets again."""
    built_again_from = model_card(config.model, align_corners=config.align_corners)
    return {**built_again_from, "config": config.name, "licence": licence, "origin": origin}


def _dotted(pictures: Tensor, points: Keypoints) -> Tensor:
    """Pictures `(B, 3, H, W)` with their keypoints as dots, those taught by landmarks in green."""
    marked = pictures.clone()
    height, width = pictures.shape[-2:]
    for row, positions in enumerate(points.value.tolist()):
        for x, y in positions:
            column, line = round((x + 1) / 2 * (width - 1)), round((y + 1) / 2 * (height - 1))
            if 1 <= column < width - 1 and 1 <= line < height - 1:
                marked[row, :, line - 1 : line + 1, column - 1 : column + 1] = pictures.new_tensor(
                    (0.1, 1.0, 0.2)
                ).view(3, 1, 1)
    return marked
