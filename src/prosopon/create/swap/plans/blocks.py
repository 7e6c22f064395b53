"""What face-swapping autoencoders are built of: shrinking, enlarging and residual blocks, dense layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.models.matrix_conv import MatrixConv2d

Layer = nn.Conv2d | nn.Linear
Named = Iterator[tuple[str, Layer]]
"""Layers with weights, by the names that published checkpoints have for them."""


class Activation(nn.Module):
    """A leaky ReLU of a given slope, or x cos x (DeepFaceLab's option c), which knows no slope."""

    def __init__(self, slope: float, *, cosine: bool = False) -> None:
        super().__init__()
        self.slope = slope
        self.cosine = cosine

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return x * torch.cos(x) if self.cosine else F.leaky_relu(x, self.slope)


class Shrink(nn.Module):
    """A convolution of stride 2 and an activation: `(B, C, H, W)` to `(B, width, H/2, W/2)`.

    Keras pads `same` one pixel before and two after where DeepFaceLab pads two on both sides; outputs of the same
    weights differ by up to half the range, so that each must be kept for its checkpoints.
    """

    def __init__(self, channels: int, width: int, *, kernel: int, keras: bool, activation: Activation) -> None:
        super().__init__()
        reach = kernel // 2
        self.keras = keras
        self.pads = (reach - 1, reach, reach - 1, reach) if keras else (0, 0, 0, 0)
        self.conv = MatrixConv2d(channels, width, kernel, stride=2, padding=0 if keras else reach)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """Half the size."""
        if self.keras:
            x = F.pad(x, self.pads)
        out: Tensor = self.activation(self.conv(x))
        return out


class Enlarge(nn.Module):
    """A convolution to four times the channels, an activation, and pixels out of channels: `(B, width, 2H, 2W)`."""

    def __init__(self, channels: int, width: int, activation: Activation) -> None:
        super().__init__()
        self.conv = MatrixConv2d(channels, 4 * width, 3, padding=1)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """Twice the size."""
        return F.pixel_shuffle(self.activation(self.conv(x)), 2)


class Residual(nn.Module):
    """Two convolutions beside which the input is carried on; the activation follows the sum. `(B, C, H, W)`."""

    def __init__(self, channels: int, *, cosine: bool = False) -> None:
        super().__init__()
        self.conv1 = MatrixConv2d(channels, channels, 3, padding=1)
        self.conv2 = MatrixConv2d(channels, channels, 3, padding=1)
        self.activation = Activation(0.2, cosine=cosine)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        out: Tensor = self.activation(x + self.conv2(self.activation(self.conv1(x))))
        return out

    def named_layers(self, name: str) -> Named:
        """Both convolutions."""
        yield f"{name}.conv1", self.conv1
        yield f"{name}.conv2", self.conv2


class LowRank(nn.Module):
    """A dense layer through a narrow waist: `(B, inputs)` to `(B, outputs)` with far fewer weights."""

    def __init__(self, inputs: int, outputs: int, rank: int) -> None:
        super().__init__()
        self.into = nn.Linear(inputs, rank, bias=False)
        self.out = nn.Linear(rank, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Both in turn."""
        out: Tensor = self.out(self.into(x))
        return out


def dense(inputs: int, outputs: int, rank: int | None) -> nn.Linear | LowRank:
    """A dense layer, of low rank where one is given that is worth it."""
    worth = rank is not None and rank < min(inputs, outputs)
    return LowRank(inputs, outputs, rank) if worth and rank is not None else nn.Linear(inputs, outputs)


def dense_layers(name: str, layer: nn.Module) -> Named:
    """The layers of a dense layer, whatever its form."""
    if isinstance(layer, LowRank):
        yield f"{name}.into", layer.into
        yield f"{name}.out", layer.out
    elif isinstance(layer, nn.Linear):
        yield name, layer


class Head(nn.Module):
    """The last convolution and a sigmoid: `(B, outputs, H, W)` in (0, 1), or twice that size by sub-pixels.

    Args:
        channels, outputs: what goes in and out.
        kernel: side of the kernel.
        subpixel: four pixels come out of each place: "one" convolution for all of them, or "four", each for one of
            them, the first of the given kernel and the others of 3 x 3, as DeepFaceLab has it.
    """

    def __init__(self, channels: int, outputs: int, kernel: int, *, subpixel: Literal["one", "four"] | None) -> None:
        super().__init__()
        self.outputs, self.subpixel = outputs, subpixel
        kernels = (kernel, 3, 3, 3) if subpixel == "four" else (kernel,)
        width = 4 * outputs if subpixel == "one" else outputs
        self.convs = nn.ModuleList(nn.Conv2d(channels, width, side, padding=side // 2) for side in kernels)

    def forward(self, x: Tensor) -> Tensor:
        """Values in (0, 1)."""
        parts = [conv(x) for conv in self.convs]
        if self.subpixel is None:
            return torch.sigmoid(parts[0])
        side_by_side = parts[0] if self.subpixel == "one" else torch.stack(parts, dim=2).flatten(1, 2)
        return torch.sigmoid(F.pixel_shuffle(side_by_side, 2))

    def named_layers(self, name: str) -> Named:
        """The first by the name alone, the others numbered from 1."""
        for number, conv in enumerate(self.convs):
            assert isinstance(conv, nn.Conv2d)  # noqa: S101 - as built above
            yield f"{name}{number or ''}", conv
