"""How far the net's answers are from their references, and the gradient of that at the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from prosopon.core.errors import UsageError

Term = tuple[Callable[[Tensor], Tensor], Tensor]
"""The net as one term sees it (its class, its blur), and the reference of its answer."""


def squared_errors(answer: Tensor, reference: Tensor) -> Tensor:
    """Squared differences, of the answer's shape, in single precision at least.

    Args:
        answer: what the net gives, of any shape.
        reference: of the same shape, or one that spreads to it.

    Raises:
        UsageError: it does not.
    """
    try:
        wanted = reference.to(answer.device).expand_as(answer)
    except RuntimeError as error:
        raise UsageError(
            f"the net's answer is {tuple(answer.shape)} and the reference {tuple(reference.shape)}",
            "take the reference from the same output of the same net",
        ) from error
    precise = torch.promote_types(answer.dtype, torch.float32)
    return (answer.to(precise) - wanted.to(precise)).square()


def slope(at: Tensor, terms: Iterable[Term]) -> tuple[Tensor, list[Tensor]]:
    """The gradient of all terms' errors together, and each term's mean squared error.

    Squares are added, not averaged: the sign is the same, no picture's gradient depends on how many others are in the
    batch, and none becomes too small for half precision. Terms are taken one after another, so that memory holds the
    graph of one. Only the pictures' gradient is computed: the net's parameters collect none.

    Args:
        at: pictures `(B, 3, H, W)`.
        terms: at least one.

    Raises:
        UsageError: the net's answer does not depend on the pictures by a differentiable way.
    """
    total: Tensor | None = None
    losses: list[Tensor] = []
    with torch.enable_grad():
        for victim, reference in terms:
            here = at.detach().requires_grad_()
            errors = squared_errors(victim(here), reference.detach())
            uphill = _gradient(errors.sum(), here)
            total = uphill if total is None else total + uphill
            losses.append(errors.detach().mean())
    assert total is not None, "an attack without terms"  # noqa: S101 - no user can bring this about
    return total, losses


def _gradient(error: Tensor, at: Tensor) -> Tensor:
    uphill = torch.autograd.grad(error, at, allow_unused=True)[0] if error.requires_grad else None
    if uphill is None:
        raise UsageError(
            "the net's answer has no gradient at the pictures, so that there is nothing to follow",
            "hand over a net that is differentiable from end to end, outside of inference mode",
        )
    return uphill
