"""The quick path of part swap: what stays the same over a video is computed once, and the nets are folded.

It runs the same folded blocks as image animation (`models.folded`, `models.motion.quick`): convolutions in bfloat16
where the machine has units for it, positions, softmax and flows in float32, large
pictures put together by matrix products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.create.partswap.alignment import Alignment
from prosopon.create.partswap.model import PartSwapModel, SwapMotion, at_features
from prosopon.create.partswap.net import (
    ReconstructionModule,
    SegmentationModule,
    Segments,
    part_flow,
    resized,
    visibility,
)
from prosopon.create.partswap.options import Where
from prosopon.create.partswap.seam import lit_alike
from prosopon.models.enlarging import enlarged
from prosopon.models.folded import prepared
from prosopon.models.grid import resize_flow, warp
from prosopon.models.motion.keypoints import Keypoints
from prosopon.models.motion.quick import quick_dense, quick_detector

_SMALL_PX = 256
"""Nets smaller than this read positions in float32: a point that is off moves the whole picture."""


_JOINING: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"both": torch.maximum, "overlap": torch.minimum}


@dataclass(frozen=True)
class PartMask:
    """Where parts are, 0 to 1.

    Attributes:
        full: `(B, 1, S, S)` at the size that is worked on.
        share: `(B, 1, h, w)` at the size of the features.
    """

    full: Tensor
    share: Tensor

    def expand(self, batch: int) -> PartMask:
        """A single row, repeated for a batch without copying."""
        return PartMask(self.full.expand(batch, -1, -1, -1), self.share.expand(batch, -1, -1, -1))

    def moved(self, flow: Tensor, large: Tensor, *, align_corners: bool) -> PartMask:
        """Read where a flow points: `(B, h', w', 2)`, and the same at the size that is worked on."""
        small = resize_flow(flow, self.share.shape[-2], self.share.shape[-1], align_corners=False)
        return PartMask(
            warp(self.full, large, align_corners=align_corners), warp(self.share, small, align_corners=align_corners)
        )

    def joined(self, other: PartMask, how: Callable[[Tensor, Tensor], Tensor]) -> PartMask:
        """With another one."""
        return PartMask(how(self.full, other.full), how(self.share, other.share))


@dataclass(frozen=True)
class EncodedSource:
    """All that a source contributes to every frame of a video.

    Attributes:
        picture: `(1, 3, S, S)` float32, whose pixels are taken.
        features: `(1, C, h, w)` float32 of the picture at the nets' size.
        mask: where its parts are, or None where nobody asks.
        segments: its parts, where they move it.
        small, keypoints: what dense motion needs of it, where that moves it.
    """

    picture: Tensor
    features: Tensor
    mask: PartMask | None
    segments: Segments | None = None
    small: Tensor | None = None
    keypoints: Keypoints | None = None


class FastSwapper:
    """Swaps parts of one source after another with the nets of a model.

    Attributes:
        device: where the nets are.
        size_px: side of the pictures that the nets were trained on.
    """

    def __init__(
        self,
        model: PartSwapModel,
        *,
        precision: torch.dtype = torch.float32,
        motion: SwapMotion = "parts",
        segments: bool = True,
    ) -> None:
        """Fold and convert copies of the nets; the model itself is left as it is.

        Args:
            model: a loaded model, on the device to compute on.
            precision: of the convolutions, `torch.float32` or `torch.bfloat16`.
            motion: who lays the source over the target; `fomm` needs `model.alignment`.
            segments: whether parts are asked for by number.
        """
        self.device = model.device
        self.size_px = model.config.size_px
        small = self.size_px < _SMALL_PX
        self.reconstruction: ReconstructionModule = prepared(model.reconstruction_module, precision)
        self.segmentation: SegmentationModule | None = None
        if segments or motion == "parts" or (model.alignment is not None and model.alignment.detector is None):
            self.segmentation = prepared(model.segmentation_module, precision)
            _read_positions_in(self.segmentation, torch.float32 if small else precision)
        self.alignment: Alignment | None = None
        if motion == "fomm":
            assert model.alignment is not None  # noqa: S101 - callers have checked
            detector = model.alignment.detector
            self.alignment = Alignment(
                quick_dense(model.alignment.dense, precision),
                None if detector is None else quick_detector(detector, precision, torch.float32 if small else None),
                model.alignment.weights_name,
                model.alignment.weights_sha256,
                model.alignment.size_px,
            )

    def _channels_last(self, pictures: Tensor) -> Tensor:
        return pictures.to(self.device).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def encode(
        self,
        picture: Tensor,
        full: Tensor,
        *,
        mask: Tensor | None = None,
        numbers: Sequence[int] = (),
        hard: bool = False,
    ) -> EncodedSource:
        """Look at a source once.

        Args:
            picture: `(1, 3, N, N)` in [0, 1] at the size of the nets.
            full: the same `(1, 3, S, S)` at the size that is worked on.
            mask: `(1, 1, S, S)` where its parts are; of segments by `numbers` when not given.
            numbers: parts that were asked for by number.
            hard: take each pixel wholly or not at all.
        """
        image = self._channels_last(picture)
        segments = None if self.segmentation is None else self.segmentation(image)
        features = self.reconstruction.encode(image).float().contiguous()
        shown = full.to(self.device).float()
        where = self._where(mask, segments, numbers, hard, (full.shape[-1], features.shape[-1]))
        if self.alignment is None:
            return EncodedSource(shown, features, where, segments)
        keypoints = self._keypoints(image, segments)
        return EncodedSource(
            shown, features, where, segments, self.alignment.dense.down(self.alignment.fitted(image)), keypoints
        )

    def _keypoints(self, image: Tensor, segments: Segments | None) -> Keypoints:
        assert self.alignment is not None  # noqa: S101 - callers have checked
        if self.alignment.detector is not None:
            found: Keypoints = self.alignment.detector(self.alignment.fitted(image))
            return Keypoints(found.value, found.jacobian)
        assert segments is not None  # noqa: S101 - made for this
        return segments.keypoints

    @torch.inference_mode()
    def swap(
        self,
        source: EncodedSource,
        pictures: Tensor,
        full: Tensor,
        *,
        mask: Tensor | None = None,
        numbers: Sequence[int] = (),
        whose: Where = "target",
        hard: bool = False,
        relight: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Frames of the target with parts of the source.

        Args:
            source: from `encode`.
            pictures: `(B, 3, N, N)` in [0, 1], the heads of the target at the size of the nets.
            full: `(B, 3, S, S)` the same at the size that is worked on.
            mask: `(B, 1, S, S)` where the target has the parts; of segments by `numbers` when not given.
            numbers: parts that were asked for by number.
            whose: where the parts are taken: where the target has them, the source, moved, any of them, or both.
            hard: take each pixel wholly or not at all.
            relight: bring the source's pixels into the light that is around the parts, see `seam`.

        Returns:
            Heads `(B, 3, S, S)`, and `(B, 1, S, S)` how far each pixel was taken from the source.
        """
        batch, side = len(pictures), full.shape[-1]
        image = self._channels_last(pictures)
        segments = None if self.segmentation is None else self.segmentation(image)
        flow, visible = self._motion(source, image, segments)
        large = enlarged(flow.permute(0, 3, 1, 2), side, side, mode="bilinear", align_corners=True).permute(0, 2, 3, 1)
        align_corners = self.reconstruction.align_corners
        moved = self.reconstruction.move(source.features.expand(batch, -1, -1, -1), flow, visible)
        kept = self.reconstruction.encode(image).float()
        taken = self._where(mask, segments, numbers, hard, (side, kept.shape[-1]))
        if taken is None:
            taken = PartMask(kept.new_zeros(batch, 1, side, side), kept.new_zeros(batch, 1, *kept.shape[-2:]))
        if whose != "target" and source.mask is not None:
            own = source.mask.expand(batch).moved(flow, large, align_corners=align_corners)
            taken = own if whose == "source" else taken.joined(own, _JOINING[whose])
        code = kept.lerp(moved.features, taken.share)
        picture = source.picture.expand(batch, -1, -1, -1)
        pixels = warp(picture, large, align_corners=align_corners, padding="border")
        onto = full.to(self.device)
        if relight:
            pixels = lit_alike(pixels, onto, taken.full)
        shown = onto.lerp(pixels, taken.full)
        return self._painted(code, shown), taken.full

    def _where(
        self,
        mask: Tensor | None,
        segments: Segments | None,
        numbers: Sequence[int],
        hard: bool,
        sides: tuple[int, int],
    ) -> PartMask | None:
        """Where parts are, by a mask that was given or by number; None where neither is said.

        `sides`: of what is worked on, and of the features.
        """
        if mask is None and (segments is None or not numbers):
            return None
        assert mask is not None or segments is not None  # noqa: S101 - the line before
        found = segments.of(numbers) if mask is None and segments is not None else mask
        assert found is not None  # noqa: S101 - likewise
        found = found.to(self.device).float()
        if hard:
            found = (found > 0.5).float()
        large, small = sides
        fits = found.shape[-1] % small == 0 or found.shape[-1] < small
        share = at_features(found, (small, small)) if fits else F.adaptive_avg_pool2d(found, small)
        return PartMask(resized(found, (large, large)), share)

    def _motion(self, source: EncodedSource, image: Tensor, segments: Segments | None) -> tuple[Tensor, Tensor | None]:
        """Flow `(B, h, w, 2)` and what is visible `(B, 1, h, w)`."""
        batch = len(image)
        if self.alignment is None:
            assert source.segments is not None and segments is not None  # noqa: S101 - made for this
            own = source.segments.expand(batch)
            shown = visibility(own, segments) if self.reconstruction.estimate_visibility else None
            return part_flow(own, segments), shown
        assert source.small is not None and source.keypoints is not None  # noqa: S101 - likewise
        motion = self.alignment.dense(
            source.small.expand(batch, -1, -1, -1), source.keypoints.expand(batch), self._keypoints(image, segments)
        )
        return motion.deformation, motion.occlusion_map

    def _painted(self, code: Tensor, shown: Tensor) -> Tensor:
        """What `ReconstructionModule.picture` gives."""
        painted, *blend = (torch.sigmoid(logits.float()) for logits in self.reconstruction.paint(code))
        height, width = shown.shape[-2:]
        if painted.shape[-2:] != (height, width):
            painted = enlarged(painted, height, width, mode="bicubic").clamp_(0, 1)
        if not blend:
            return painted
        share = blend[0]
        if share.shape[-2:] != (height, width):
            share = F.interpolate(share, size=(height, width), mode="bilinear")
        return painted.lerp(shown, share)


def _read_positions_in(net: SegmentationModule, precision: torch.dtype) -> None:
    """Let a folded module compute the logits of the positions in another type than all the rest; see `quick`."""
    rest = net.shift.weight.dtype
    net.shift.to(precision)

    def maps(small: Tensor) -> tuple[Tensor, ...]:
        features = net.predictor(small.to(rest))
        found = (net.segmentation(features), net.shift(features.to(precision)))
        # Weighted by place afterwards, which is several times slower when channels lie last.
        return found if net.affine is None else (*found, net.affine(features).float().contiguous())

    net.maps = maps  # type: ignore[method-assign]
