"""`FaceFeatures`: convolutions that know faces; for perceptual losses, and for the heads of the face reader.

Trained as part of `faces.reader` to tell identity, pose, expression and parts. As a feature extractor for losses it
stands where VGG19 stands in the papers, and is small enough to ship.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from prosopon.models.catalogue import READER, find
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.models.face_blocks import Conv, Residual, fused

WIDTHS = (16, 40, 80, 144, 208)


class FaceFeatures(nn.Module):
    """Five maps of a picture, each half the size of the one before; any size goes, 160 px are what it has learnt with.

    Args:
        widths: channels of the maps.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.widths = tuple(widths)
        first, *deeper = self.widths
        stages: list[nn.Module] = [nn.Sequential(Conv(3, first), Conv(first, first))]
        before = first
        for width in deeper:
            stages.append(nn.Sequential(Conv(before, width, stride=2), Residual(width), Residual(width)))
            before = width
        self.stages = nn.ModuleList(stages)

    def forward(self, image: Tensor) -> list[Tensor]:
        """`(B, 3, H, W)` RGB in [0, 1] -> `(B, widths[k], H / 2**k, W / 2**k)` for k = 0 ... 4, sizes rounded up."""
        maps = []
        out = image * 2 - 1
        for stage in self.stages:
            out = stage(out)
            maps.append(out)
        return maps

    @classmethod
    def open(cls, weights: str | Path = READER) -> FaceFeatures:
        """The trunk of trained weights, fixed; gradients reach the picture.

        Args:
            weights: name in the catalogue, or a `.safetensors` with its card beside it.

        Raises:
            MissingError: there are no such weights.
            CheckpointError: they are damaged, or of other nets.
        """
        state, card = load(find(weights).path)
        net = cls(card.get("widths", WIDTHS))
        load_strict(net, part(state, "trunk"), f"the trunk of {weights}")
        return fused(net)
