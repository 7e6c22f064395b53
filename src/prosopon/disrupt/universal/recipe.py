"""How one change for all photos is learnt: by sign steps of its own, or as published, out of changes for single photos.

Published (CMUA-Watermark, arXiv 2105.10872, and its program): for each net in turn, photos with the change so far are
attacked by ten steps of PGD; the mean over the batch of what they differ from the untouched ones by then, times the
net's step factor and confined to epsilon, is fused into the change with a momentum of a half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from prosopon.core.errors import UsageError
from prosopon.datasets.head_crops import HeadCrops
from prosopon.disrupt.heads.attackable import Attackable
from prosopon.disrupt.learnt.recipe import ChangeRecipe
from prosopon.disrupt.learnt.seeing import THROUGH, Way, answers
from prosopon.disrupt.pgd.attacking import attack
from prosopon.disrupt.universal.change import UniversalChange
from prosopon.disrupt.universal.sign_steps import SignSteps
from prosopon.train.recipe import Batch, Losses

Config = Literal["studio", "published"]
"""Ours, or as published."""


@dataclass(frozen=True)
class UniversalOptions:
    """How it learns."""

    config: Config = "studio"
    """`studio`: sign steps along gathered gradients; `published`: fused out of single photos' changes."""
    step: float = 0.05
    """Length of a sign step, as a share of epsilon (`studio`)."""
    shrink_after: int = 100
    """After so many steps their length falls with one over their number, until values stop going to and fro
    (`studio`)."""
    keep: float = 0.9
    """How much of past gradients a sign step keeps (`studio`)."""
    inner_steps: int = 10
    """Of PGD (`published`)."""
    inner_step: float = 0.2
    """Length of each, as a share of epsilon: 0.01 of 0.05 (`published`)."""
    momentum: float = 0.5
    """Share of the change that is kept when another is fused into it (`published`)."""
    factors: Mapping[str, float] = field(default_factory=dict)
    """What single photos' changes are multiplied by, by name of the net; 1 for others. The published ones were found
    by search, 0 to 10 (`published`)."""

    def __post_init__(self) -> None:
        if min(self.inner_steps, self.shrink_after) < 1 or not (
            self.step > 0 and self.inner_step > 0 and 0 <= self.momentum < 1
        ):
            raise UsageError(
                f"{self.inner_steps} inner steps of {self.inner_step}, momentum {self.momentum}, steps of {self.step}",
                "give 1 inner step or more, steps before they shrink, lengths above 0 and a momentum from 0 to below 1",
            )


class UniversalRecipe(ChangeRecipe):
    """Teaches a `UniversalChange`."""

    def __init__(
        self,
        name: str,
        module: UniversalChange,
        dataset: HeadCrops,
        nets: Mapping[str, Attackable],
        *,
        options: UniversalOptions | None = None,
        epsilon: float,
        asked: int = 1,
        through: Sequence[str] = THROUGH,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        held_out: HeadCrops | None = None,
    ) -> None:
        """Arguments as of `ChangeRecipe`; `options`: how it learns."""
        self.options = options = options or UniversalOptions()
        super().__init__(
            name, module, dataset, nets, epsilon=epsilon, optimiser=_optimiser(options),
            schedule=_schedule(options), asked=asked, through=through, card={**card, "config": options.config},
            data=data, inputs=inputs, held_out=held_out,
        )  # fmt: skip
        self.config = {**self.config, "universal": asdict(options)}

    def _loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        if self.options.config == "studio":
            return super()._loss(batch)
        change = self.module.change
        assert isinstance(change, Tensor)  # noqa: S101 - it is a `UniversalChange`
        wanted = [self._wanted(batch, change.detach(), net, way) for net, way in self.asked(batch)]
        # A step of 1 - momentum down this slope is the published fusion: momentum * change + (1 - momentum) * wanted.
        total = torch.stack([(change - one).square().sum() / 2 for one in wanted]).mean()
        return total, {"apart": total.detach() / change.numel()}

    def _wanted(self, batch: Batch, change: Tensor, net: Attackable, way: Way) -> Tensor:
        """The mean over a batch of what one net's attack makes of each photo, `(3, S, S)` as shares of epsilon."""
        pictures, landmarks = batch["picture"], batch["landmarks"]
        images = pictures * 2 - 1
        with torch.no_grad():
            reference = answers(net, pictures, landmarks, way)

        def victim(at: Tensor) -> Tensor:
            return answers(net, way.laundering((at + 1) / 2), landmarks, way)

        disruption = attack(
            images,
            victim,
            reference,
            epsilon=self.epsilon,
            step=self.options.inner_step * self.epsilon,
            iterations=self.options.inner_steps,
            start=(images + self.epsilon * change).clamp(-1, 1),
            keep_iterates=False,
        )
        factor = next(self.options.factors.get(name, 1.0) for name, one in self.nets.items() if one is net)
        return ((disruption.adversarial - images) * (factor / self.epsilon)).clamp(-1, 1).mean(0)


def _schedule(options: UniversalOptions) -> Callable[[Optimizer], LRScheduler] | None:
    if options.config == "published":
        return None
    return lambda optimiser: LambdaLR(optimiser, lambda step: min(1.0, options.shrink_after / max(step, 1)))


def _optimiser(options: UniversalOptions) -> Callable[[list[nn.Parameter]], Optimizer]:
    if options.config == "published":
        return lambda parameters: SGD(parameters, lr=1 - options.momentum)
    return lambda parameters: SignSteps(parameters, options.step, options.keep)
