"""`build`: a plan's name to its net; `cost`: what that net costs."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from prosopon.create.swap.plans.net import SwapNet
from prosopon.create.swap.plans.plan import Plan, get_plan


class Cost(NamedTuple):
    """What a net costs: `parameters` in all, and `flops` of one picture, the mean of both people's."""

    parameters: int
    flops: int


def build(variant: str | Plan, *, rank: int | None = None) -> SwapNet:
    """The net of a plan, with random weights.

    Args:
        variant: a plan or its name, see `plan.get_plan`: `original`, `dfaker`, `dfl_sae_df_small`, `df-ud_128`.
        rank: dense layers have at most this rank; None: as the plan says.

    Raises:
        UsageError: there is no such plan.
    """
    return SwapNet(get_plan(variant) if isinstance(variant, str) else variant, rank=rank)


def cost(plan: Plan, *, rank: int | None = None) -> Cost:
    """Parameters of both people's nets, and floating-point operations (2 for a multiplication and addition)."""
    with torch.device("meta"), torch.no_grad():
        net = SwapNet(plan, rank=rank)
        counter = FlopCounterMode(display=False)
        with counter:
            net(*torch.zeros(2, 1, 3, plan.input_px, plan.input_px))
    return Cost(sum(p.numel() for p in net.parameters()), counter.get_total_flops() // 2)
