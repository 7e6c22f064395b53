"""How a change is learnt that needs no net's gradient any more when a photo is protected: loss and phase."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from prosopon.core.errors import UsageError
from prosopon.datasets.head_crops import HeadCrops
from prosopon.disrupt.heads.attackable import Attackable
from prosopon.disrupt.learnt.measures import measured
from prosopon.disrupt.learnt.seeing import THROUGH, Draws, Way, log_errors
from prosopon.models.tensors import to_frames
from prosopon.train.recipe import Batch, Losses, Phase, Recipe

_HELD_OUT = 16
"""Photos that are measured on at most: each is put before every net three times."""
_SHOWN_TIMES = 12
"""What changes are multiplied by in previews."""


class ChangeRecipe(Recipe):
    """Teaches a module changes after which nets give something else than they would have.

    Each step asks a few of the nets, drawn anew, about crops that came to them by a way drawn anew. Maximised is the
    mean of the logarithms of their errors: the geometric mean over nets, whatever their units.
    """

    def __init__(
        self,
        name: str,
        module: nn.Module,
        dataset: HeadCrops,
        nets: Mapping[str, Attackable],
        *,
        epsilon: float,
        optimiser: Callable[[list[nn.Parameter]], Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        asked: int = 2,
        through: Sequence[str] = THROUGH,
        card: Mapping[str, Any],
        data: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        held_out: HeadCrops | None = None,
    ) -> None:
        """Build nothing: seed before making the module.

        Args:
            name: what the weights are called.
            module: crops `(B, 3, 256, 256)` in [-1, 1] -> changes as shares of epsilon, in [-1, 1].
            dataset: photos of heads.
            nets: those that it is learnt against, by the names that card and log call them by.
            epsilon: largest change of a value, for values in [-1, 1].
            optimiser: of the module's parameters.
            schedule: of its learning rate; None: that of the training loop's settings.
            asked: nets in each step.
            through: launderings by name that steps look through.
            card: what goes beside the weights.
            data: all else that the result depends on, for the record of the run.
            inputs: sha256 by name of the files that it learns from.
            held_out: photos to measure on.

        Raises:
            UsageError: there is no net, or epsilon is none.
        """
        if not 0 < epsilon <= 1:
            raise UsageError(f"epsilon is {epsilon}", "give a change above 0 and up to 1")
        self.name = name
        self.modules: dict[str, nn.Module] = {"change": module}
        self.dataset = dataset
        self.nets = dict(nets)
        self.epsilon = epsilon
        self.held_out = held_out
        self.draws = Draws(len(self.nets), asked, through)
        self.phases = (Phase("change", ("change",), optimiser, self._loss, schedule),)
        self.config = {
            "change": {"epsilon": epsilon, "asked": asked, "through": list(through)},
            "nets": [*self.nets],
            "data": dict(data),
        }
        self.card = {**card, "epsilon": epsilon, "against": [*self.nets]}
        self.inputs = dict(inputs or {})
        self.exported = ("change",)

    @property
    def module(self) -> nn.Module:
        """What learns."""
        return self.modules["change"]

    def changed(self, pictures: Tensor) -> Tensor:
        """Protected crops `(B, 3, S, S)` in [0, 1] of crops in [0, 1]."""
        share: Tensor = self.module(pictures * 2 - 1)
        return (pictures + share.float() * (self.epsilon / 2)).clamp(0, 1)

    def asked(self, batch: Batch) -> list[tuple[Attackable, Way]]:
        """The nets that a step asks, and how its crops come to them."""
        nets = [*self.nets.values()]
        return [(nets[number], way) for number, way in self.draws.draw(int(batch["draw"][0]))]

    def _loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        untouched, landmarks = batch["picture"], batch["landmarks"]
        changed = self.changed(untouched)
        terms = [-log_errors(net, untouched, changed, landmarks, way).mean() for net, way in self.asked(batch)]
        # By net would be no use: those that were not asked have no error, and the log wants the same names every step.
        total = torch.stack(terms).mean()
        return total, {"log_error": -total.detach()}

    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """Rows of people: as they are, protected, and the change alone, many times larger."""
        before = batch["picture"][:4]
        after = self.changed(before)
        change = ((after - before) * _SHOWN_TIMES + 0.5).clamp(0, 1)
        rows = torch.cat([torch.cat(list(column), dim=-2) for column in (before, after, change)], dim=-1)
        picture: NDArray[np.uint8] = to_frames(rows)[0]
        return picture

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """Of held-out people; see `measures.measured`."""
        if self.held_out is None:
            return {}
        return measured(self.changed, self.nets, self.held_out, device, most=_HELD_OUT)
