"""The plug-in: photos protected by one pass of a net."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import torch
from torch import nn

from prosopon.disrupt.learnt.changes import LearntChange
from prosopon.disrupt.protector.net import NetConfig, ProtectorNet
from prosopon.train.rebuild import from_table

__all__ = ["Protector"]


class Protector(LearntChange):
    """A net that looks at a head and says how to change it, in one pass (TAFIM, arXiv 2112.09151).

    It holds against the nets that it was taught with, and neither for long nor against everyone: see the card's known
    failures.
    """

    technique = "protector"
    op = "disrupt.protector.protect"

    @classmethod
    def build(cls, card: dict[str, Any], name: str) -> nn.Module:
        """The net that a card describes, with random weights."""
        return ProtectorNet(from_table(NetConfig, card.get("model", {}), name))

    @classmethod
    def tiny(cls) -> Protector:
        """One of a few random weights, always the same ones: for tests, never for results."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls(ProtectorNet(NetConfig(width=4, max_width=8, halvings=1, n_blocks=1)), 12 / 255)


def model_card(config: NetConfig) -> dict[str, Any]:
    """What a weights card says so that the net can be built again."""
    return {"technique": Protector.technique, "config": "studio", "model": asdict(config)}
