"""Several nets that are one model: where they are, and their weights in one table."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn

from prosopon.models.checkpoint import load_strict, part, with_counts
from prosopon.models.frozen import freeze


class NamedNets:
    """The nets of one model, on one device, ready to be used.

    Attributes:
        modules: the nets by name; published checkpoints and ours know them by these.
    """

    def __init__(self, modules: Mapping[str, nn.Module]) -> None:
        self.modules = modules
        for module in modules.values():
            module.eval()

    @property
    def device(self) -> torch.device:
        """Where the nets are."""
        return next(next(iter(self.modules.values())).parameters()).device

    def to(self, device: torch.device) -> Self:
        """Move the nets."""
        for module in self.modules.values():
            module.to(device)
        return self

    def frozen(self) -> Self:
        """A copy that an attack on pictures goes through; see `models.frozen`."""
        out = copy.deepcopy(self)
        for module in out.modules.values():
            freeze(module)
        return out

    def load(self, states: Mapping[str, Mapping[str, Tensor]], where: str) -> Self:
        """Load weights by net, strictly.

        Raises:
            CheckpointError: names or shapes do not fit; the message lists them.
        """
        for name, module in self.modules.items():
            load_strict(module, with_counts(states[name], module), f"{where} ({name})")
        return self

    def state(self) -> dict[str, Tensor]:
        """All weights in one table, `net.leaf` -> tensor."""
        return {f"{name}.{key}": value for name, net in self.modules.items() for key, value in net.state_dict().items()}

    def load_state(self, state: Mapping[str, Tensor], where: str) -> Self:
        """The inverse of `state`."""
        return self.load({name: part(state, name) for name in self.modules}, where)
