"""Convolutions with many channels over small maps, learnt as matrix products.

A convolution from 1024 to 2048 channels over a map of 4 x 4 has 19 million weights and hardly any pixels. The CPU
libraries that PyTorch uses for convolutions are made for the opposite; for its gradients they need ten times as long as
the same numbers cost as a product of two matrices.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_MOST_PIXELS = 64
"""Largest map, in output pixels, for which the product is sooner; measured on CPUs with AMX and with AVX-512."""
_LEAST_CHANNELS = 128
"""Below this the patches cost more than the product saves."""


class MatrixConv2d(nn.Conv2d):
    """A convolution `(B, C, H, W)` to `(B, O, h, w)` that is a matrix product where that is sooner.

    That is the case in bf16 on a CPU, while learning, over small maps. Everywhere else it is `nn.Conv2d`, and its
    weights are those of one. Zero padding, one group, no dilation.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name that nn.Conv2d has
        """The same values as `nn.Conv2d`, to the precision of bf16."""
        if not self._as_product(input):
            return super().forward(input)
        out: Tensor = _Product.apply(input, self.weight, self.bias, self._geometry)  # type: ignore[no-untyped-call]
        return out

    @property
    def _geometry(self) -> _Geometry:
        return _Geometry(self.stride, self.padding)  # type: ignore[arg-type]

    def _as_product(self, x: Tensor) -> bool:
        if x.device.type != "cpu" or not (torch.is_grad_enabled() and torch.is_autocast_enabled("cpu")):
            return False
        height, width = _out_size(x, self.weight, self._geometry)
        return height * width <= _MOST_PIXELS and min(self.in_channels, self.out_channels) >= _LEAST_CHANNELS


class _Geometry(NamedTuple):
    """How the kernel moves, downwards and to the right."""

    stride: tuple[int, int]
    padding: tuple[int, int]


def _out_size(x: Tensor, weight: Tensor, geometry: _Geometry) -> tuple[int, int]:
    sizes = zip(x.shape[2:], weight.shape[2:], *geometry, strict=True)
    height, width = ((size + 2 * pad - kernel) // step + 1 for size, kernel, step, pad in sizes)
    return height, width


class _Product(torch.autograd.Function):
    """Patches times weights, in bf16 with sums in fp32; the weights' gradient is fp32 as the weights are."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, geometry: _Geometry) -> Tensor:
        stride, padding = geometry
        height, width = _out_size(x, weight, geometry)
        padded = F.pad(x.to(torch.bfloat16).permute(0, 2, 3, 1), (0, 0, padding[1], padding[1], padding[0], padding[0]))
        patches = _patches(padded.contiguous(), weight, stride, height, width)
        matrix = weight.detach().permute(0, 2, 3, 1).to(torch.bfloat16).reshape(len(weight), -1)
        added = None if bias is None else bias.detach().to(torch.bfloat16)
        out = F.linear(patches, matrix, added).reshape(len(x), height, width, len(weight))
        ctx.save_for_backward(patches, matrix)
        ctx.shapes = (x.shape, padded.shape, weight.shape, geometry, bias is not None, weight.dtype)
        return out.permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        patches, matrix = ctx.saved_tensors
        x_shape, padded_shape, weight_shape, (stride, padding), has_bias, kind = ctx.shapes
        height, width = gradients[0].shape[2:]
        gradient = gradients[0].to(torch.bfloat16).permute(0, 2, 3, 1).reshape(-1, weight_shape[0])
        to_x = to_weight = to_bias = None
        if ctx.needs_input_grad[0]:
            _, _, kernel_y, kernel_x = weight_shape
            spread = (gradient @ matrix).unflatten(1, (kernel_y, kernel_x, -1)).unflatten(0, (-1, height, width))
            whole = torch.zeros(padded_shape)
            for y in range(kernel_y):
                for x in range(kernel_x):
                    rows = slice(y, y + stride[0] * height, stride[0])
                    columns = slice(x, x + stride[1] * width, stride[1])
                    whole[:, rows, columns] += spread[:, :, :, y, x]
            inner = whole[:, padding[0] : padding[0] + x_shape[2], padding[1] : padding[1] + x_shape[3]]
            to_x = inner.to(torch.bfloat16).permute(0, 3, 1, 2)
        if ctx.needs_input_grad[1]:
            learnt = (gradient.T @ patches).to(kind)
            to_weight = learnt.unflatten(1, (*weight_shape[2:], weight_shape[1])).permute(0, 3, 1, 2)
        if has_bias and ctx.needs_input_grad[2]:
            to_bias = gradient.float().sum(0).to(kind)
        return to_x, to_weight, to_bias, None


def _patches(padded: Tensor, weight: Tensor, stride: tuple[int, int], height: int, width: int) -> Tensor:
    """What each output pixel sees of `(B, H, W, C)`: `(B h w, kernel kernel C)`; rows of a patch lie in one piece."""
    batch, row, column, channel = padded.stride()
    kernel_y, kernel_x = weight.shape[2:]
    size = (len(padded), height, width, kernel_y, kernel_x, padded.shape[3])
    steps = (batch, row * stride[0], column * stride[1], row, column, channel)
    return padded.as_strided(size, steps).reshape(len(padded) * height * width, -1)
