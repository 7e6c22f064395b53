"""How co-part segmentation learns: one step of both modules on pairs of frames (arXiv 2004.03234, section III-C).

Ours of faces adds losses on pixels, on the segments themselves, and pairs that are put together as a swap does it
(`config.FaceLossConfig`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from prosopon.create.partswap.config import PartSwapConfig
from prosopon.create.partswap.drawing import coloured
from prosopon.create.partswap.model import Reconstructed, reconstructed
from prosopon.create.partswap.net import (
    ReconstructionModule,
    SegmentationModule,
    Segments,
    build_nets,
    deformed,
    part_flow,
    resized,
    visibility,
)
from prosopon.create.partswap.technique import model_card
from prosopon.datasets.held_out import HeldOut
from prosopon.models.face_losses import expression_emphasis, weighted_l1
from prosopon.models.feature_choice import pyramid_of
from prosopon.models.grid import coordinate_grid, warp
from prosopon.models.motion.equivariance import equivariance_jacobian, equivariance_value
from prosopon.models.tensors import to_frames, to_tensor
from prosopon.models.tps import SmoothMap
from prosopon.train.recipe import Batch, Dataset, Phase, Recipe

_BETAS = (0.5, 0.999)


class PartSwapRecipe(Recipe):
    """Trains segmentation and reconstruction module together.

    Items have `source` and `driving` pictures, the latter being the target; with `config.face` also `landmarks_*` and
    `known_*` (see `datasets.face_pairs`).
    """

    def __init__(
        self,
        name: str,
        config: PartSwapConfig,
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
        self.segmentation_module, self.reconstruction_module = build_nets(
            config.model, align_corners=config.align_corners
        )
        self.perceptual = pyramid_of(features, config.loss)
        self.exported = ("segmentation_module", "reconstruction_module")
        self.modules: dict[str, nn.Module] = {
            "segmentation_module": self.segmentation_module,
            "reconstruction_module": self.reconstruction_module,
            "perceptual": self.perceptual,
        }
        self.phases = (Phase("parts", self.exported, self._optimiser, self._loss),)
        self.config = {"partswap": asdict(config), "data": dict(data), "features": type(features).__name__}
        self.card = dict(card)
        self.inputs = dict(inputs or {})

    def _optimiser(self, parameters: list[nn.Parameter]) -> Optimizer:
        schedule = self.settings.schedule
        own = {id(parameter) for parameter in self.segmentation_module.parameters()}
        groups = [
            {"params": [p for p in parameters if id(p) in own], "lr": schedule.lr_segmentation},
            {"params": [p for p in parameters if id(p) not in own], "lr": schedule.lr_reconstruction},
        ]
        return Adam(groups, lr=schedule.lr_reconstruction, betas=_BETAS)

    def _loss(self, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        config, face = self.settings.loss, self.settings.face
        source, target = batch["source"], batch["driving"]
        smooth = SmoothMap.random(
            len(target),
            sigma_affine=config.sigma_affine,
            sigma_tps=config.sigma_tps,
            points=config.points_tps,
            device=target.device,
        )
        bent = smooth.warp_image(target, align_corners=self.settings.align_corners, padding="border")
        segmentation: SegmentationModule = self.segmentation_module
        seg_source, seg_target, seg_bent = segmentation(source), segmentation(target), segmentation(bent)
        terms: dict[str, Tensor] = {}
        emphasis = None
        if face is None:
            out = reconstructed(self.reconstruction_module, source, seg_source, seg_target)
        else:
            out = self._partly_swapped(batch, seg_source, seg_target)
            emphasis = expression_emphasis(
                batch["landmarks_driving"], batch["known_driving"], target.shape[-1], face.eyes, face.mouth
            )
            terms["l1"] = face.l1 * weighted_l1(out.prediction, target, emphasis)
            terms["warped"] = face.warped * weighted_l1(out.deformed, target, None)
            terms["painted"] = face.painted * weighted_l1(out.painted, target, emphasis)
            terms["foreground"] = face.foreground * seg_target.foreground.mean()
            expected = smooth.warp_image(
                seg_target.segmentation, align_corners=self.settings.align_corners, padding="border"
            )
            terms["equivariance_segments"] = (
                face.equivariance_segments * (expected - seg_bent.segmentation).abs().sum(1).mean()
            )
        terms["perceptual"] = self.perceptual(out.prediction, target, emphasis)
        value = equivariance_value(seg_target.keypoints, seg_bent.keypoints, smooth)
        terms["equivariance_shift"] = config.equivariance_shift * value
        if seg_target.affine is not None:
            turned = equivariance_jacobian(seg_target.keypoints, seg_bent.keypoints, smooth)
            terms["equivariance_affine"] = config.equivariance_affine * turned
        return torch.stack([*terms.values()]).sum(), terms

    def _partly_swapped(self, batch: Batch, seg_source: Segments, seg_target: Segments) -> Reconstructed:
        """The target rebuilt from the source; of a share of the pairs only some parts, the rest being the target's.

        Both show one person, so that the answer of such a swap is known: it is what teaches the decoder seams.
        """
        nets: ReconstructionModule = self.reconstruction_module
        source, target = batch["source"], batch["driving"]
        assert self.settings.face is not None  # noqa: S101 - the caller has checked
        kinds = seg_target.segmentation.shape[1]
        some = torch.rand(len(target), kinds, device=target.device) < 0.5
        whole = torch.rand(len(target), 1, device=target.device) >= self.settings.face.swapped_share
        taken = (seg_target.segmentation.detach() * (some | whole)[..., None, None]).sum(1, keepdim=True)
        flow = part_flow(seg_source, seg_target, batch["camera"])
        moved = nets.move(nets.encode(source), flow, self._visible(batch["camera"], seg_source, seg_target))
        size = moved.features.shape[-2:]
        share = resized(taken, size)
        code = nets.encode(target) * (1 - share) + moved.features * share
        pixels = deformed(source, flow, align_corners=nets.align_corners, blend=nets.blend is not None)
        picture = target + resized(taken, target.shape[-2:]) * (pixels - target)
        prediction, painted, blend = nets.picture(code, picture)
        return Reconstructed(prediction, pixels, None, prediction if painted is None else painted, blend)

    def _visible(self, camera: Tensor, seg_source: Segments, seg_target: Segments) -> Tensor | None:
        """What the source shows of the target, its parts seen through a camera that stood still."""
        if not self.settings.model.reconstruction.estimate_visibility:
            return None
        grid = coordinate_grid(*seg_source.segmentation.shape[-2:], device=camera.device)
        behind = torch.einsum("bij,hwj->bhwi", camera[:, :, :2], grid) + camera[:, None, None, :, 2]
        steady = warp(seg_source.segmentation, behind, align_corners=self.settings.align_corners, padding="border")
        return visibility(replace(seg_source, segmentation=steady), seg_target)

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Rows of source, target, the target's parts, moved source, what was painted, prediction."""
        source, target = batch["source"][:6].to(device), batch["driving"][:6].to(device)
        seg_source, seg_target = self.segmentation_module(source), self.segmentation_module(target)
        out = reconstructed(self.reconstruction_module, source, seg_source, seg_target)
        columns = [source, target, coloured(target, seg_target), out.deformed, out.painted, out.prediction]
        rows = [torch.cat([column[i].float() for column in columns], dim=-1) for i in range(len(source))]
        picture: NDArray[np.uint8] = to_frames(torch.cat(rows, dim=-2))[0]
        return picture

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """Held-out clips rebuilt from their first frame, and the same for copying that frame: mean L1 in [0, 1]."""
        sums: dict[str, list[float]] = {"l1": [], "l1_copy": [], "warped_l1": []}
        for held in self.held_out:
            for passage in held.passages(self.settings.model.size_px):
                frames = to_tensor(passage.frames, device)
                source = frames[:1].expand(len(frames) - 1, -1, -1, -1)
                seg_source, seg_target = self.segmentation_module(source), self.segmentation_module(frames[1:])
                out = reconstructed(self.reconstruction_module, source, seg_source, seg_target)
                for name, made in (("l1", out.prediction), ("l1_copy", source), ("warped_l1", out.deformed)):
                    sums[name].append(float(weighted_l1(made.float(), frames[1:], None)))
        return {name: float(np.mean(values)) for name, values in sums.items() if values}


def card_of(config: PartSwapConfig, *, licence: str, origin: str) -> dict[str, Any]:
    """What goes beside weights of this configuration: enough to build their nets again."""
    built_again_from = model_card(config.model, align_corners=config.align_corners)
    return {**built_again_from, "config": config.name, "licence": licence, "origin": origin}
