"""Optimisers by name, each in the form that is quickest on the device it works on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from torch import nn
from torch.optim import Adam, AdamW, Optimizer, RMSprop

from prosopon.core.errors import UsageError
from prosopon.train.optimisers.adabelief import AdaBelief
from prosopon.train.optimisers.dropout import drop_learning_rates
from prosopon.train.optimisers.layouts import lay_alike

OptimiserName = Literal["adam", "adamw", "adabelief", "rmsprop"]
"""Optimisers that there are."""

_EPS: dict[OptimiserName, float] = {"adam": 1e-8, "adamw": 1e-8, "adabelief": 1e-6, "rmsprop": 1e-6}


def make_optimiser(
    name: OptimiserName,
    parameters: Iterable[nn.Parameter],
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    *,
    eps: float | None = None,
    weight_decay: float = 0.0,
    keep: float = 1.0,
    seed: int = 0,
) -> Optimizer:
    """An optimiser for `train.recipe.Phase`.

    Args:
        name: `adam`, `adamw`, and in DeepFaceLab's forms `adabelief` and `rmsprop` (which averages squares with 0.9).
        parameters: what is learnt.
        lr: learning rate.
        betas: how slowly the averages of gradients and of squares move; not for `rmsprop`.
        eps: added to the root of the averaged squares; 1e-8 for `adam` and `adamw` (Keras has 1e-7), else 1e-6.
        weight_decay: only for `adamw`.
        keep: share of the weights that move in each step, see `drop_learning_rates`.
        seed: of which those are.

    Raises:
        UsageError: the name is none of these, or a number is outside of its range.
    """
    learnt = list(parameters)
    eps = _EPS.get(name, 0.0) if eps is None else eps
    if name not in _EPS:
        raise UsageError(f"there is no optimiser {name!r}", f"choose one of {', '.join(_EPS)}")
    if lr < 0 or eps <= 0 or not all(0 <= beta < 1 for beta in betas):
        raise UsageError(
            f"an optimiser with a learning rate of {lr}, betas {betas} and eps {eps}",
            "give a learning rate of 0 or more, betas from 0 to below 1 and an eps above 0",
        )
    if weight_decay < 0 or (weight_decay > 0 and name != "adamw"):
        raise UsageError(f"a weight decay of {weight_decay} with {name}", "give 0, or above 0 with adamw")
    optimiser: Optimizer
    if name == "adabelief":
        optimiser = AdaBelief(learnt, lr, betas, eps)
    elif name == "rmsprop":
        optimiser = RMSprop(learnt, lr, alpha=0.9, eps=eps)
    else:
        fused = all(parameter.device.type in {"cpu", "cuda"} for parameter in learnt)
        kind = AdamW if name == "adamw" else Adam
        optimiser = kind(learnt, lr, betas, eps, weight_decay, fused=fused)
        optimiser.register_step_pre_hook(lay_alike)
    drop_learning_rates(optimiser, keep, seed)
    return optimiser
