"""`Settings`: how the training loop runs, the same for every technique. The docstring of a field is its help text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from prosopon.core.errors import UsageError
from prosopon.models.device import Precision


@dataclass(frozen=True)
class Options:
    """How to train: what has a default that fits every technique."""

    accumulate: int = 1
    """Micro-batches that a step is cut into where memory is short; does not change what is learnt, but for batch
    statistics."""
    seed: int = 0
    """Everything random follows from it."""
    gamma: float = 0.1
    """What the learning rates are multiplied by at a milestone."""
    clip_norm: float | None = None
    """Clip the gradient's norm of each phase to this; off when not given."""
    ema_decay: float | None = None
    """Keep an exponential moving average of the weights with this decay (0.999) and export it; off when not given."""
    precision: Precision | Literal["fp16"] = "auto"
    """Arithmetic of the nets: auto takes bf16 where the hardware has it; fp16 scales the loss and needs CUDA."""
    channels_last: bool = False
    """Keep pictures in memory channel by channel within a pixel: often faster for convolutions."""
    measure_every: int | None = None
    """Measure on held-out data every so many steps; off when not given."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda, cuda:1, mps."""
    workers: int | None = None
    """Processes that prepare data while the nets compute (0: none); one less than the cores when not given."""
    checkpoint_every_s: float = 300.0
    """Save everything every so many seconds; the most that a power cut can cost."""
    preview_every_s: float = 60.0
    """Renew preview.png and index.html every so many seconds."""
    timelapse_every_s: float = 300.0
    """Keep a copy of the preview in timelapse/ every so many seconds, to see afterwards how it learnt."""
    backup_every_s: float = 3600.0
    """Put a copy of the weights aside in backups/ every so many seconds."""
    backups: int = 3
    """How many of these copies are kept, the newest ones."""
    tensorboard: bool = False
    """Write TensorBoard's event files into the run folder too; needs `pip install tensorboard`."""


@dataclass(frozen=True)
class Settings(Options):
    """How to train: until when, in what steps, on what, and what to keep on the way."""

    steps: int | None = None
    """Stop after so many steps in all, resumed ones included."""
    minutes: float | None = None
    """Stop after so many minutes of training in all, resumed ones included."""
    batch_size: int = 8
    """Items in one step, over all processes and accumulated micro-batches together."""
    milestones: tuple[int, ...] = ()
    """Steps after which the learning rates are multiplied by `gamma`."""

    def __post_init__(self) -> None:
        if self.steps is None and self.minutes is None:
            raise UsageError("training was not told when to stop", "give --steps or --minutes")
        positive = ("steps", "minutes", "batch_size", "accumulate", "clip_norm", "measure_every", "backups")
        for name in positive:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise UsageError(f"{name} is {value}", "give a number above 0")
        if self.ema_decay is not None and not 0 < self.ema_decay < 1:
            raise UsageError(f"ema_decay is {self.ema_decay}", "give a number between 0 and 1, such as 0.999")
        if self.workers is not None and self.workers < 0:
            raise UsageError(f"workers is {self.workers}", "give 0 or more")

    @property
    def n_workers(self) -> int:
        """Processes that prepare data, for each training process."""
        if self.workers is not None:
            return self.workers
        return min(8, max(1, (os.cpu_count() or 1) - 1))


CHANGEABLE = frozenset(
    {
        "steps",
        "minutes",
        "device",
        "workers",
        "checkpoint_every_s",
        "preview_every_s",
        "timelapse_every_s",
        "backup_every_s",
        "backups",
        "tensorboard",
    }
)
"""Settings that may differ when a run is resumed: when to stop, where to compute, how to report.

The seed of every item follows from its place in the run, so that none of them changes what is learnt.
"""
