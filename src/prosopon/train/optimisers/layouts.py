"""How tensors lie in memory: taken to pieces that fit a cache, and brought into one order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

_PIECE = 1 << 17
"""Values in a piece. Of four tensors it is 2 MB, a core's cache: several operations on it read memory once."""


def pieces(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Tensors of one shape cut alike, as flat views in the order of memory.

    Where they do not lie alike, or leave gaps, each comes whole and in its own shape: slower, and right all the same.
    """
    flat = [_in_memory_order(tensor) for tensor in tensors]
    known = [view for view in flat if view is not None]
    if len(known) < len(flat) or not all(_alike(tensor, tensors[0]) for tensor in tensors):
        yield tensors
        return
    yield from zip(*(torch.split(view, _PIECE) for view in known), strict=True)


def _in_memory_order(tensor: Tensor) -> Tensor | None:
    if tensor.is_contiguous():
        return tensor.view(-1)
    turned = tensor.permute(sorted(range(tensor.dim()), key=tensor.stride, reverse=True))
    return turned.view(-1) if turned.is_contiguous() else None


def _alike(a: Tensor, b: Tensor) -> bool:
    """Whether tensors of one shape have their values in one order."""
    steps = zip(a.shape, a.stride(), b.stride(), strict=True)
    return all(ours == theirs for size, ours, theirs in steps if size > 1)


def lay_alike(optimiser: Optimizer, _arguments: Any, _options: Any) -> None:
    """Hook before a step: gradients and what the optimiser keeps lie in memory as their parameters do.

    A fused step on a CPU goes through memory in its order, whatever the strides are (torch 2.13): with a gradient that
    lies by channels and a parameter that lies by pixels it moves each weight by what belongs to another.
    """
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            if parameter.grad is None:
                continue
            if not _alike(parameter.grad, parameter):
                parameter.grad = _laid_like(parameter.grad, parameter)
            kept = optimiser.state.get(parameter, {})
            for name, value in kept.items():
                if isinstance(value, Tensor) and value.shape == parameter.shape and not _alike(value, parameter):
                    kept[name] = _laid_like(value, parameter)


def _laid_like(tensor: Tensor, parameter: Tensor) -> Tensor:
    return torch.empty_like(parameter, dtype=tensor.dtype).copy_(tensor)
