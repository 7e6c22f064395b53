"""Schedules in epochs, as published ones are, and the same in steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Epochs:
    """How long to train."""

    num_epochs: int = 100
    num_repeats: int = 75
    """Times that an epoch goes through the items of a data set."""
    milestones: tuple[int, ...] = ()
    """Epochs after which the learning rates drop to a tenth."""
    batch_size: int = 40
    checkpoint_every_epochs: int = 50


@dataclass(frozen=True)
class Plan:
    """A published schedule in steps."""

    steps: int
    milestones: tuple[int, ...]


def plan(schedule: Epochs, n_items: int, batch_size: int) -> Plan:
    """Epochs -> steps, for a data set of `n_items` an epoch, repeats included; what is left of a batch is dropped."""
    per_epoch = max(1, n_items // batch_size)
    return Plan(schedule.num_epochs * per_epoch, tuple(epoch * per_epoch for epoch in schedule.milestones))
