"""Co-part segmentation as one object: nets, how they load, and the three things that they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.create.partswap.alignment import Alignment
from prosopon.create.partswap.config import ModelConfig, get_config, model_from_published
from prosopon.create.partswap.net import (
    ReconstructionModule,
    Segments,
    build_nets,
    deformed,
    part_flow,
    resized,
    visibility,
)
from prosopon.create.partswap.published import PublishedStates, has_segments, with_segments
from prosopon.models.antialias import AntiAliasDownsample
from prosopon.models.checkpoint import load_strict, with_counts
from prosopon.models.grid import resize_flow, warp
from prosopon.models.motion.config import DenseMotionConfig
from prosopon.models.motion.dense import DenseMotion
from prosopon.models.named_nets import NamedNets

NETS = ("segmentation_module", "reconstruction_module")
SwapMotion = Literal["parts", "fomm"]
"""Whose motion lays the source over the target: the parts' own, or First Order Motion's."""


@dataclass
class Reconstructed:
    """The target, rebuilt from the source.

    Attributes:
        prediction: `(B, 3, H, W)` in [0, 1].
        deformed: `(B, 3, H, W)` the source's pixels, moved part by part.
        visibility: `(B, 1, h, w)` 1 where the source shows what is needed; None where that is not estimated.
        painted: `(B, 3, H, W)` what the decoder painted.
        blend: `(B, 1, H, W)` share of the moved source in the prediction (blend head only).
    """

    prediction: Tensor
    deformed: Tensor
    visibility: Tensor | None
    painted: Tensor
    blend: Tensor | None = None


@dataclass
class Swapped:
    """The target with parts of the source.

    Attributes:
        prediction: `(B, 3, H, W)` in [0, 1].
        mask: `(B, 1, h, w)` how far each feature was taken from the source.
    """

    prediction: Tensor
    mask: Tensor


def resolve_model_config(config: str | Mapping[str, Any] | ModelConfig) -> ModelConfig:
    """A published name, a table of the published form or a configuration of ours -> the nets' configuration."""
    if isinstance(config, ModelConfig):
        return config
    if isinstance(config, str):
        return get_config(config).model
    return model_from_published(config)


class PartSwapModel(NamedNets):
    """Segmentation and reconstruction module of one configuration, on one device.

    The methods here are the plain path, equal to the published one; `fast.FastSwapper` is the quick one.

    Attributes:
        alignment: First Order Motion nets for `swap(motion="fomm")`, or None.
        segments_trained: False where a checkpoint has no segments of its own; then only masks from outside can be
            swapped by.
    """

    alignment: Alignment | None = None
    segments_trained: bool = True

    def __init__(self, config: ModelConfig, *, align_corners: bool) -> None:
        self.config = config
        self.align_corners = align_corners
        self.segmentation_module, self.reconstruction_module = build_nets(config, align_corners=align_corners)
        super().__init__(
            {
                "segmentation_module": self.segmentation_module,
                "reconstruction_module": self.reconstruction_module,
            }
        )

    def to(self, device: torch.device) -> Self:
        """Move the nets."""
        if self.alignment is not None:
            self.alignment.to(device)
        return super().to(device)

    def load_published(self, paths: Sequence[Path]) -> Self:
        """Load checkpoints of the published form; see `published.PublishedStates`.

        Raises:
            CheckpointError: a file is unsafe, damaged, or of another form or configuration.
            MissingError: there is no such file.
        """
        where = " with ".join(path.name for path in paths)
        states = PublishedStates(paths)
        self.segments_trained = has_segments(states.segmentation)
        segmentation = with_segments(states.segmentation, self.segmentation_module.state_dict())
        self.load({"segmentation_module": segmentation, "reconstruction_module": states.reconstruction}, where)
        if states.dense_motion:
            self.alignment = Alignment(self._published_dense_motion(states.dense_motion, where), weights_name=where)
        return self

    def _published_dense_motion(self, state: Mapping[str, Tensor], where: str) -> DenseMotion:
        """A dense motion network of the size that the file has."""
        try:
            kinds, features = state["mask.weight"].shape[:2]
            channels = self.config.num_channels
            first = state["hourglass.encoder.down_blocks.0.conv.weight"]
            blocks = sum(key.startswith("hourglass.encoder") and key.endswith("conv.weight") for key in state)
            widest = max(value.shape[0] for key, value in state.items() if key.endswith("conv.weight"))
        except KeyError as error:
            raise CheckpointError(f"the dense motion of {where} lacks {error}", "fetch it again") from None
        expansion = features - kinds * (channels + 1)
        config = DenseMotionConfig(expansion, max(widest, first.shape[0]), blocks)
        dense = DenseMotion(
            config, kinds - 1, channels, "occlusion.weight" in state, align_corners=self.align_corners
        )  # fmt: skip
        load_strict(dense, with_counts(state, dense), f"{where} (dense motion)")
        return dense.eval()

    @torch.no_grad()
    def segment(self, frames: Tensor) -> Segments:
        """Parts of pictures `(B, 3, H, W)` in [0, 1].

        Returns:
            `.segmentation (B, K+1, h, w)`, 0 the background; `.shift (B, K, 2)`; `.affine (B, K, 2, 2)` or None.
        """
        out: Segments = self.segmentation_module(frames.to(self.device))
        return out

    def segments_of(self, pictures: Tensor) -> Tensor:
        """The segments of pictures `(B, 3, H, W)` of any size, on the CPU: `(B, K+1, h, w)`."""
        side = self.config.size_px
        small = F.interpolate(pictures, size=(side, side), mode="bilinear", antialias=True)
        return self.segment(small).segmentation.cpu()

    @torch.no_grad()
    def reconstruct(self, source: Tensor, target: Tensor) -> Reconstructed:
        """The target rebuilt from the source: what the nets are trained to do.

        Args:
            source, target: `(B, 3, H, W)` in [0, 1]; a single source serves a whole batch of targets.
        """
        source, target = self._paired(source, target)
        return reconstructed(
            self.reconstruction_module, source, self.segmentation_module(source), self.segmentation_module(target)
        )

    @torch.no_grad()
    def swap(
        self,
        source: Tensor,
        target: Tensor,
        parts: Sequence[int] = (1, 2),
        *,
        hard: bool = False,
        use_source_segmentation: bool = False,
        motion: SwapMotion = "parts",
        mask: Tensor | None = None,
    ) -> Swapped:
        """The target with parts of the source (the published part swap).

        Args:
            source, target: `(B, 3, H, W)` in [0, 1]; a single source serves a whole batch of targets.
            parts: which segments to take; 0 is the background.
            hard: take a pixel wholly or not at all, by whether more than half of it belongs to the parts.
            use_source_segmentation: where the parts are in the source, moved to the target, and not where they are
                in the target.
            motion: who lays the source over the target.
            mask: `(B, 1, H', W')` in [0, 1], instead of `parts`: where to take the source, from a face parser for
                example; seen in the target, or with `use_source_segmentation` in the source. Of any size that is a
                multiple of the features'.

        Raises:
            MissingError: `motion="fomm"` without its weights, or `parts` of a model that has no segments.
            UsageError: there is no such part; the mask's size does not fit.
        """
        return self._swap(
            source, target, parts, hard=hard, use_source_segmentation=use_source_segmentation, motion=motion, mask=mask
        )

    def as_differentiable(self, target: Tensor | None = None, mask: Tensor | None = None) -> Callable[[Tensor], Tensor]:
        """The model as an attacker sees it who protects a source picture. Gradients reach the pictures and no weights.

        Args:
            target: `(1, 3, H, W)` in [0, 1], who gets the source's parts.
            mask: `(1, 1, H', W')` in [0, 1], where in the target; see `swap`. Needed with a target.

        Returns:
            From pictures `(B, 3, H, W)` in [0, 1] to the targets that have their parts, of the same shape and range;
            without a target, to the segments of the pictures, `(B, K+1, h, w)`.
        """
        frozen = self.frozen()
        if target is None:
            return lambda frames: frozen.segmentation_module(frames).segmentation
        given = target.detach()
        return lambda frames: frozen._swap(frames, given, mask=mask).prediction

    def _swap(
        self,
        source: Tensor,
        target: Tensor,
        parts: Sequence[int] = (1, 2),
        *,
        hard: bool = False,
        use_source_segmentation: bool = False,
        motion: SwapMotion = "parts",
        mask: Tensor | None = None,
    ) -> Swapped:
        source, target = self._paired(source, target)
        seg_source, seg_target = self.segmentation_module(source), self.segmentation_module(target)
        flow, visible = self.motion(source, target, seg_source, seg_target, motion)
        nets = self.reconstruction_module
        moved = nets.move(nets.encode(source), flow, visible)
        kept = nets.encode(target)
        if mask is None:
            mask = (seg_source if use_source_segmentation else seg_target).of(self.checked(parts))
        taken = mask.to(self.device).float().expand(len(target), -1, -1, -1)
        if hard:
            taken = (taken > 0.5).float()
        size = kept.shape[-2:]
        blend = nets.blend is not None
        whole, taken = resized(taken, target.shape[-2:]), at_features(taken, size)
        if use_source_segmentation:
            taken = warp(taken, resize_flow(flow, *size, align_corners=False), align_corners=self.align_corners)
            large = resize_flow(flow, *target.shape[-2:], align_corners=blend)
            whole = warp(whole, large, align_corners=self.align_corners)
        code = kept * (1 - taken).to(kept.dtype) + moved.features * taken.to(kept.dtype)
        shown = target + whole * (deformed(source, flow, align_corners=self.align_corners, blend=blend) - target)
        return Swapped(nets.picture(code, shown)[0], taken)

    def motion(
        self, source: Tensor, target: Tensor, seg_source: Segments, seg_target: Segments, kind: SwapMotion
    ) -> tuple[Tensor, Tensor | None]:
        """How the source lies over the target: flow `(B, h, w, 2)` and where it shows what is needed `(B, 1, h, w)`.

        Raises:
            MissingError: `kind="fomm"` without its weights.
            UsageError: the parts are not as many as the keypoints that they stand for.
        """
        if kind == "parts":
            shown = visibility(seg_source, seg_target) if self.reconstruction_module.estimate_visibility else None
            return part_flow(seg_source, seg_target), shown
        alignment = self.checked_alignment()
        kp_source = alignment.keypoints(source, seg_source)
        return alignment.flow(source, kp_source, alignment.keypoints(target, seg_target))

    def checked_alignment(self) -> Alignment:
        """The alignment, which is there and fits the parts.

        Raises:
            MissingError: none is loaded.
            UsageError: the parts are not as many as the keypoints that they stand for.
        """
        if self.alignment is None:
            raise MissingError("no animation weights are loaded to align by", "load some, or use --motion parts")
        if self.alignment.detector is None and self.alignment.num_kp != self.config.num_segments:
            raise UsageError(
                f"{self.config.num_segments} parts cannot stand for {self.alignment.num_kp} keypoints",
                "use a configuration with as many parts, or the motion of the parts",
            )
        return self.alignment

    def checked(self, parts: Sequence[int]) -> Sequence[int]:
        """The same parts, which there are.

        Raises:
            UsageError: one is not there.
            MissingError: the checkpoint has no segments.
        """
        if not self.segments_trained:
            raise MissingError(
                "this checkpoint is of First Order Motion and has no segments", "swap by name, or by a mask of your own"
            )
        unknown = [part for part in parts if not 0 <= part <= self.config.num_segments]
        if unknown or not parts:
            raise UsageError(
                f"there is no part {', '.join(map(str, unknown))}" if unknown else "no part is named",
                f"parts are 0 (background) to {self.config.num_segments}; prosopon parts draws them",
            )
        return parts

    def _paired(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        batch = max(len(source), len(target))
        return (
            source.to(self.device).expand(batch, -1, -1, -1),
            target.to(self.device).expand(batch, -1, -1, -1),
        )


def reconstructed(
    nets: ReconstructionModule, source: Tensor, seg_source: Segments, seg_target: Segments
) -> Reconstructed:
    """The target rebuilt from the source `(B, 3, H, W)` and the parts of both."""
    flow = part_flow(seg_source, seg_target)
    shown = visibility(seg_source, seg_target) if nets.estimate_visibility else None
    moved = nets.move(nets.encode(source), flow, shown)
    pixels = deformed(source, flow, align_corners=nets.align_corners, blend=nets.blend is not None)
    prediction, painted, blend = nets.picture(moved.features, pixels)
    return Reconstructed(prediction, pixels, shown, prediction if painted is None else painted, blend)


def at_features(mask: Tensor, size: torch.Size | tuple[int, int]) -> Tensor:
    """A mask `(B, 1, H, W)` at the size of the features, without aliasing.

    Raises:
        UsageError: its size is not a multiple.
    """
    factor, rest = divmod(mask.shape[-1], size[-1])
    if factor <= 1:
        return resized(mask, size)
    if rest or mask.shape[-2] != factor * size[-2]:
        raise UsageError(
            f"a mask of {mask.shape[-1]}x{mask.shape[-2]} does not fit features of {size[-1]}x{size[-2]}",
            "give one whose size is a multiple",
        )
    small: Tensor = AntiAliasDownsample(1, 1 / factor).to(mask.device)(mask)
    return small
