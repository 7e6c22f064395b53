"""Convolution blocks for inference: the same functions as `models.blocks`, rewritten to cost less.

Four exact rewritings, none of which needs new weights:

- batch norm is folded into the convolution before it, or made one pass with the ReLU after it;
- nearest-neighbour doubling and a 3x3 convolution are one transposed 4x4 convolution of stride 2: 16 products for each
  pair of channels and source pixel instead of 36 (the sub-pixel view of Shi et al., arXiv 1609.05158);
- a convolution to very few channels makes 2x2 pixels at once, so that vector units are not left empty;
- on x86 CPUs weights are laid out for oneDNN once and not at every call, and ReLU runs inside the convolution.

Sums of products come in another order, so results differ by rounding only.
"""

from __future__ import annotations

import copy
import platform
from functools import cache
from typing import Any, Self, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from prosopon.models.blocks import DownBlock, ResidualBlock, SameBlock, UpBlock

Net = TypeVar("Net", bound=nn.Module)

_TRANSPOSED_FROM_PX = 16
"""On smaller maps oneDNN's transposed convolution is slower than doubling first."""
_FEW_CHANNELS = 4
"""Up to so many output channels, four times as many fit the 16 lanes of one vector register."""
_LANES = 16
"""Fewer input channels are left alone: oneDNN's strided 8x8 bf16 convolution of 8 or 12 is wrong (torch 2.13, AMX)."""


@cache
def _packs(dtype: torch.dtype) -> bool:
    """Whether this PyTorch can lay weights of a type out for oneDNN ahead of time.

    The operators are those that PyTorch's own compiler emits for CPUs; without them everything here still works.
    """
    operators = ("_convolution_pointwise", "_convolution_transpose_pointwise", "_reorder_convolution_transpose_weight")
    if platform.machine() not in ("x86_64", "AMD64") or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    if not all(hasattr(torch.ops.mkldnn, name) for name in operators):
        return False
    if dtype == torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return dtype == torch.float32


def _activation(relu: bool) -> tuple[str, list[float], str]:
    return ("relu" if relu else "none", [], "")


class Packed(nn.Module):
    """A convolution, or a transposed one, with an optional ReLU.

    Weights are laid out at the first call, for the size of that call; other sizes work and may be a little slower.
    """

    def __init__(self, conv: nn.Conv2d | nn.ConvTranspose2d, *, relu: bool) -> None:
        super().__init__()
        self.weight = conv.weight
        self.bias = conv.bias
        self.padding: list[int] = [int(side) for side in conv.padding]
        self.stride: list[int] = list(conv.stride)
        self.groups = conv.groups
        self.transposed = isinstance(conv, nn.ConvTranspose2d)
        self.relu = relu
        self._packed: Tensor | None = None

    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        self._packed = None  # it belongs to the weights before they moved
        return super()._apply(fn, recurse)  # type: ignore[no-untyped-call, no-any-return]

    def forward(self, features: Tensor) -> Tensor:
        """`(B, C, H, W)` -> what the convolution makes of it."""
        if features.device.type != "cpu" or torch.is_grad_enabled() or not _packs(self.weight.dtype):
            return self._plain(features)
        features = features.contiguous(memory_format=torch.channels_last)
        if self._packed is None:
            self._packed = self._pack(list(features.shape))
        if self.transposed:
            return torch.ops.mkldnn._convolution_transpose_pointwise(  # type: ignore[no-any-return]
                features, self._packed, self.bias, self.padding, [0, 0], self.stride, [1, 1], self.groups,
                *_activation(self.relu),
            )  # fmt: skip
        return torch.ops.mkldnn._convolution_pointwise(  # type: ignore[no-any-return]
            features, self._packed, self.bias, self.padding, self.stride, [1, 1], self.groups, *_activation(self.relu)
        )

    def _pack(self, shape: list[int]) -> Tensor:
        packed: Tensor
        if self.transposed:
            packed = torch.ops.mkldnn._reorder_convolution_transpose_weight(
                self.weight, self.padding, [0, 0], self.stride, [1, 1], self.groups, shape
            )
        else:
            packed = torch.ops.aten.mkldnn_reorder_conv2d_weight(
                self.weight.to_mkldnn(), self.padding, self.stride, [1, 1], self.groups, shape
            )
        return packed

    def _plain(self, features: Tensor) -> Tensor:
        if self.transposed:
            out = F.conv_transpose2d(
                features, self.weight, self.bias, self.stride, self.padding, groups=self.groups
            )  # fmt: skip
        else:
            out = F.conv2d(features, self.weight, self.bias, self.stride, self.padding, groups=self.groups)
        return F.relu(out) if self.relu else out


def _with_norm(conv: nn.Conv2d, norm: nn.Module) -> nn.Conv2d:
    """One convolution for a convolution and the batch norm after it."""
    return fuse_conv_bn_eval(conv, norm) if isinstance(norm, nn.BatchNorm2d) else conv


def _norm_as_conv(norm: nn.BatchNorm2d) -> nn.Conv2d:
    """A batch norm as a 1x1 convolution of each channel with itself: scale and shift in one pass."""
    conv = nn.Conv2d(norm.num_features, norm.num_features, 1, groups=norm.num_features, bias=False)
    nn.init.ones_(conv.weight)
    return fuse_conv_bn_eval(conv.to(norm.weight.device).eval(), norm)


def doubling_conv(weight: Tensor, bias: Tensor | None) -> nn.ConvTranspose2d:
    """Nearest-neighbour doubling and a 3x3 convolution of padding 1 as one transposed convolution.

    Along an axis the doubled picture repeats every pixel, so taps (a, b, c) act on it as (c, b + c, a + b, a).

    Args:
        weight: of the convolution, `(outputs, inputs, 3, 3)`.
        bias: `(outputs,)` or None.
    """
    outputs, inputs = weight.shape[:2]
    kernel = weight.detach().float().transpose(0, 1).flip(2, 3)
    for axis in (2, 3):
        zeros = torch.zeros_like(kernel.narrow(axis, 0, 1))
        kernel = torch.cat((kernel, zeros), axis) + torch.cat((zeros, kernel), axis)
    out = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    out.weight = nn.Parameter(kernel.to(weight.dtype).contiguous(), requires_grad=False)
    out.bias = None if bias is None else nn.Parameter(bias.detach(), requires_grad=False)
    return out


def quad_conv(conv: nn.Conv2d) -> nn.Conv2d:
    """A convolution of stride 1 as one of stride 2 whose channels are the 2x2 pixels, for `F.pixel_shuffle`."""
    channels, inputs, size, _ = conv.weight.shape
    kernel = conv.weight.new_zeros(channels, 2, 2, inputs, size + 1, size + 1)
    for row in (0, 1):
        for column in (0, 1):
            kernel[:, row, column, :, row : row + size, column : column + size] = conv.weight.detach()
    padding = (int(conv.padding[0]), int(conv.padding[1]))
    out = nn.Conv2d(inputs, 4 * channels, size + 1, stride=2, padding=padding, bias=conv.bias is not None)
    out.weight = nn.Parameter(kernel.flatten(0, 2))
    if conv.bias is not None:
        out.bias = nn.Parameter(conv.bias.detach().repeat_interleave(4))
    return out


def joined_conv(*convs: nn.Conv2d) -> nn.Conv2d:
    """Convolutions of one form that read the same features, as one: its outputs are theirs one after the other."""
    first = convs[0]
    outputs = sum(conv.out_channels for conv in convs)
    form: Any = (first.kernel_size, first.stride, first.padding)
    out = nn.Conv2d(first.in_channels, outputs, *form)
    out.weight = nn.Parameter(torch.cat([conv.weight.detach() for conv in convs]))
    out.bias = nn.Parameter(torch.cat([conv.bias.detach() for conv in convs if conv.bias is not None]))
    return out


class FoldedBlock(nn.Module):
    """`SameBlock`, or `DownBlock`, in evaluation."""

    def __init__(self, block: SameBlock) -> None:
        super().__init__()
        self.conv = Packed(_with_norm(block.conv, block.norm), relu=True)
        self.halves = isinstance(block, DownBlock)

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, H, W)`, halved for a down block."""
        out: Tensor = self.conv(features)
        return F.avg_pool2d(out, 2) if self.halves else out


class FoldedUp(nn.Module):
    """`UpBlock` in evaluation."""

    def __init__(self, block: UpBlock) -> None:
        super().__init__()
        conv = _with_norm(block.conv, block.norm)
        self.conv = Packed(conv, relu=True)
        # Only one of the two is ever used by a net of fixed size, so the second is not made before it is needed.
        self.doubling: Packed | None = None

    def forward(self, features: Tensor) -> Tensor:
        """`(B, inputs, H, W)` -> `(B, outputs, 2H, 2W)`."""
        if min(features.shape[-2:]) < _TRANSPOSED_FROM_PX:
            doubled: Tensor = self.conv(F.interpolate(features, scale_factor=2.0, mode="nearest"))
            return doubled
        if self.doubling is None:
            self.doubling = Packed(doubling_conv(self.conv.weight, self.conv.bias), relu=True)
        return self.doubling(features)  # type: ignore[no-any-return]


class FoldedResidual(nn.Module):
    """`ResidualBlock` in evaluation."""

    def __init__(self, block: ResidualBlock) -> None:
        super().__init__()
        if not isinstance(block.norm1, nn.BatchNorm2d):
            raise TypeError(f"a residual block with {type(block.norm1).__name__} cannot be folded")
        self.norm1 = Packed(_norm_as_conv(block.norm1), relu=True)
        self.conv1 = Packed(_with_norm(block.conv1, block.norm2), relu=True)
        self.conv2 = Packed(block.conv2, relu=False)

    def forward(self, features: Tensor) -> Tensor:
        """`(B, C, H, W)` -> the same shape."""
        # Convert once, before the first block, and not in every part of every block.
        features = features.contiguous(memory_format=torch.channels_last)
        out: Tensor = self.conv2(self.conv1(self.norm1(features)))
        return out.add_(features)


class FoldedHead(nn.Module):
    """A convolution without norm or ReLU, as at the end of a net."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        few = conv.out_channels <= _FEW_CHANNELS and conv.in_channels % _LANES == 0 and conv.stride == (1, 1)
        self.conv = Packed(quad_conv(conv) if few else conv, relu=False)
        self.shuffles = few

    @property
    def weight(self) -> Tensor:
        """Tells type and device."""
        return self.conv.weight

    def forward(self, features: Tensor) -> Tensor:
        """`(B, C, H, W)` -> `(B, outputs, H', W')`; H' and W' must be even for up to four outputs."""
        out: Tensor = self.conv(features)
        return F.pixel_shuffle(out, 2) if self.shuffles else out


def _folded(part: nn.Module) -> nn.Module | None:
    if isinstance(part, UpBlock):
        return FoldedUp(part)
    if isinstance(part, SameBlock):
        return FoldedBlock(part)
    if isinstance(part, ResidualBlock):
        return FoldedResidual(part)
    return FoldedHead(part) if isinstance(part, nn.Conv2d) else None


def _fold_children(parent: nn.Module) -> None:
    for name, part in [*parent.named_children()]:
        replacement = _folded(part)
        if replacement is None:
            _fold_children(part)
        else:
            setattr(parent, name, replacement)


def fold(module: Net) -> Net:
    """A copy for inference in which blocks of `models.blocks` and single convolutions have their folded forms."""
    folded = copy.deepcopy(module).eval()
    _fold_children(folded)
    return folded.requires_grad_(False)


def prepared(net: Net, precision: torch.dtype) -> Net:
    """A folded copy of a net in a type of number, channels last: as it is run."""
    folded = fold(net)
    folded.to(dtype=precision)
    folded.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return folded
