"""Adversarial training: pictures are attacked before the nets learn from them (Ruiz et al. 2020, section 3.4)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from prosopon.models.instance_norm import own_statistics

Victim = Callable[[Tensor, Tensor], Tensor]
"""Pictures `(B, 3, S, S)` in [-1, 1] and labels `(B, N)` -> edited pictures in [-1, 1], with gradients."""
Adversary = Callable[[Victim, Tensor, Tensor], Tensor]
"""Victim, pictures and labels -> the pictures, changed a little so that the victim fails on them; in [-1, 1]."""


class Attacked:
    """Pictures as an adversary leaves them who knows the generator as it is now.

    Args:
        adversary: changes pictures.
        generator: its victim; its weights take no gradients from being attacked.
        running_statistics: attack the net as it is in eval mode, which is another function than the one that is
            trained and used; the published program does.
    """

    def __init__(self, adversary: Adversary, generator: nn.Module, *, running_statistics: bool = False) -> None:
        self._adversary = adversary
        self._generator = generator
        self._running_statistics = running_statistics

    def __call__(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """Attacked pictures `(B, 3, S, S)` in [-1, 1]; gradients pass as if nothing had been added.

        Args:
            pictures: in [-1, 1].
            labels: of the edit that the adversary spoils, `(B, N)`.
        """
        still = pictures.detach()
        with torch.enable_grad():
            changed = self._adversary(self._victim, still, labels.detach()).detach()
        return pictures + (changed - still)

    def _victim(self, pictures: Tensor, labels: Tensor) -> Tensor:
        weights = {name: parameter.detach() for name, parameter in self._generator.named_parameters()}
        if not self._running_statistics:
            with own_statistics(self._generator):
                return self._run(weights, pictures, labels)
        training = self._generator.training
        try:
            self._generator.eval()
            return self._run(weights, pictures, labels)
        finally:
            self._generator.train(training)

    def _run(self, weights: dict[str, Tensor], pictures: Tensor, labels: Tensor) -> Tensor:
        made: Tensor = torch.func.functional_call(self._generator, weights, (pictures, labels))
        return made
