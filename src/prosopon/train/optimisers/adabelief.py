"""`AdaBelief` in the form that DeepFaceLab trains with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from prosopon.core.errors import UsageError
from prosopon.train.optimisers.layouts import pieces


class AdaBelief(Optimizer):
    """Steps as large as the gradient is steady (Zhuang et al., arXiv 2010.07468), without their bias correction.

    With a gradient g, for each weight

        m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) (g - m)^2,  w <- w - lr m / (sqrt(v) + eps).

    The paper divides m and v by what they lack in the first steps; DeepFaceLab does not, so that its first steps are
    three and a half times as large as the learning rate.

    Args:
        parameters: what is learnt, or groups of it.
        lr: learning rate.
        betas: b1, b2.
        eps: on which no step gets larger than m / eps; DeepFaceLab's is the resolution of float32.
        foreach: all tensors in each operation, as suits a GPU, or piece by piece, as suits a CPU's caches; by the
            device where not given. Both give the same numbers.

    Raises:
        UsageError: a number is outside of its range.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 5e-5,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        *,
        foreach: bool | None = None,
    ) -> None:
        if lr < 0 or eps <= 0 or not all(0 <= beta < 1 for beta in betas):
            raise UsageError(
                f"AdaBelief with a learning rate of {lr}, betas {betas} and eps {eps}",
                "give a learning rate of 0 or more, betas from 0 to below 1 and an eps above 0",
            )
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "foreach": foreach})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Move every parameter that has a gradient; returns what `closure` does, which is called first."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            learnt = [parameter for parameter in group["params"] if parameter.grad is not None]
            gradients = [parameter.grad for parameter in learnt]
            kept = [self._kept(parameter) for parameter in learnt]
            if not learnt:
                continue
            together = group["foreach"]
            if learnt[0].device.type != "cpu" if together is None else together:
                means, variances = ([values[name] for values in kept] for name in ("mean", "variance"))
                _move_together(group, learnt, gradients, means, variances)
                continue
            for parameter, gradient, values in zip(learnt, gradients, kept, strict=True):
                for piece in pieces(parameter, gradient, values["mean"], values["variance"]):
                    _move(group, *piece)
        return loss

    def _kept(self, parameter: Tensor) -> dict[str, Tensor]:
        """`mean` and `variance` of the parameter's gradient, as they are so far."""
        kept: dict[str, Tensor] = self.state[parameter]
        if not kept:
            kept["mean"], kept["variance"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        return kept


def _move(group: dict[str, Any], weight: Tensor, gradient: Tensor, mean: Tensor, variance: Tensor) -> None:
    first, second = group["betas"]
    mean.lerp_(gradient, 1 - first)
    surprise = gradient - mean
    variance.mul_(second).addcmul_(surprise, surprise, value=1 - second)
    weight.addcdiv_(mean, variance.sqrt().add_(group["eps"]), value=-group["lr"])


def _move_together(
    group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor], means: list[Tensor], variances: list[Tensor]
) -> None:
    first, second = group["betas"]
    torch._foreach_lerp_(means, gradients, 1 - first)
    surprises = torch._foreach_sub(gradients, means)
    torch._foreach_mul_(variances, second)
    torch._foreach_addcmul_(variances, surprises, surprises, 1 - second)
    spreads = torch._foreach_sqrt(variances)
    torch._foreach_add_(spreads, group["eps"])
    torch._foreach_addcdiv_(weights, means, spreads, -group["lr"])
