"""The step of sign attacks as an optimiser, for a change that is one for all photos."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from prosopon.core.errors import UsageError


class SignSteps(Optimizer):
    """Steps along the sign of gathered gradients, and back into [-1, 1] (MI-FGSM, Dong et al., arXiv 1710.06081).

    With a gradient g, for each value w

        m <- momentum m + g / mean|g|,  w <- clamp(w - lr sign(m), -1, 1).

    Gradients of nets that take turns count alike that way, whatever units their answers are in.

    Args:
        parameters: what is learnt, or groups of it.
        lr: length of a step.
        momentum: how much of past gradients each step keeps.

    Raises:
        UsageError: a number is outside of its range.
    """

    def __init__(
        self, parameters: Iterable[Tensor] | Iterable[dict[str, Any]], lr: float = 0.05, momentum: float = 0.9
    ) -> None:
        if lr < 0 or not 0 <= momentum <= 1:
            raise UsageError(
                f"sign steps of {lr} with momentum {momentum}", "give a length of 0 or more and a momentum from 0 to 1"
            )
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Move every parameter that has a gradient; returns what `closure` does, which is called first."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for value in group["params"]:
                if value.grad is None:
                    continue
                even = value.grad / value.grad.abs().mean().clamp_min(torch.finfo(value.dtype).tiny)
                state = self.state[value]
                gathered = state.get("gathered")
                state["gathered"] = even if gathered is None else group["momentum"] * gathered + even
                value.sub_(group["lr"] * state["gathered"].sign()).clamp_(-1, 1)
        return loss
