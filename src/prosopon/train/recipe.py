"""`Recipe`: what a technique hands to the training loop: nets, losses, data, and a picture of how it goes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

Batch = dict[str, Tensor]
"""Tensors by name on the training device, the first axis counts the items of one micro-batch.

Arrays `uint8 (..., H, W, 3)` of the items are pictures and arrive as float `(B, ..., 3, H, W)` in [0, 1]; everything
else keeps its shape and type. Each phase sees the same object, so that an earlier phase may leave something
*detached* for a later one: `batch["generated"] = generated.detach()`.
"""

Losses = Mapping[str, Tensor]
"""The terms of a loss by name, each a scalar; for the log and the curves only."""


class Dataset(Protocol):
    """Items to learn from, any of them at any time; read in worker processes, so it must be picklable."""

    def __len__(self) -> int:
        """Number of items in an epoch."""
        ...

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any] | Tensor]:
        """Item `index`, every random choice drawn from `rng` and nowhere else, so that a run can be repeated."""
        ...


@dataclass(frozen=True)
class Phase:
    """One optimiser and the loss that it lowers. Phases run in order on the same batch, as in a GAN.

    While a phase runs, only the parameters of the modules it trains take gradients.

    Attributes:
        name: shown in log and curves: `generator`.
        trains: names of the modules of the recipe that it trains.
        optimiser: makes the optimiser for those modules' parameters.
        loss: micro-batch -> (scalar mean over the items, its terms by name).
        schedule: makes the learning rate's schedule, stepped once a training step; None: `Settings.milestones`.
    """

    name: str
    trains: tuple[str, ...]
    optimiser: Callable[[list[nn.Parameter]], Optimizer]
    loss: Callable[[Batch], tuple[Tensor, Losses]]
    schedule: Callable[[Optimizer], LRScheduler] | None = None


class Recipe(ABC):
    """Everything that a training run needs to know of a technique.

    Call `randomness.seed_all(seed)` before building the nets: a run is repeatable from its first weights on.

    Attributes:
        name: what the weights are called, `fomm.mini`; file names follow from it.
        modules: the nets by role, on any device; those that no phase trains are moved along but left as they are.
        phases: what is done with each batch, in order.
        dataset: where batches come from.
        config: all that the result depends on beside the loop's settings, TOML-able; goes into `run.toml`, and a run
            folder is resumed only with the same one.
        card: goes beside the weights, JSON-able: `technique`, `config` (its name), `licence`, `origin`, and what the
            technique needs to build its nets again.
        exported: names of the modules that the weights file holds, as `<module>.<key>`.
        inputs: content ids (sha256) by name of what it learns from, where there are files.
    """

    name: str
    modules: Mapping[str, nn.Module]
    phases: Sequence[Phase]
    dataset: Dataset
    config: Mapping[str, Any]
    card: Mapping[str, Any]
    exported: tuple[str, ...]
    inputs: Mapping[str, str] = {}

    @abstractmethod
    def preview(self, batch: Batch, device: torch.device) -> NDArray[np.uint8]:
        """A picture `uint8 (H, W, 3)` of how it goes, made from a batch that stays the same over the run.

        The modules are in evaluation mode, gradients are off, and random numbers drawn here change nothing.
        """

    def measure(self, device: torch.device) -> Mapping[str, float]:
        """Scores on held-out data, called as `preview` is, every `Settings.measure_every` steps. None by default."""
        return {}

    def stored(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """What of the exported tensors the weights file holds: all, unless some have learnt nothing."""
        return state

    def on_epoch_end(self, epoch: int) -> None:  # noqa: B027
        """Called after the step in which the last item of `epoch` (0-based) was used. Does nothing by default.

        What it changes must follow from `epoch` alone: a resumed run calls it again for the epochs that were finished.
        """
