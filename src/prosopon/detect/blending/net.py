"""The net that looks for seams, by configuration, and how faces are cut for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from prosopon.core.errors import CheckpointError
from prosopon.detect.learning.trunk import PlainNet
from prosopon.detect.learning.view import View

SIZE_PX = 160
VIEW = View(SIZE_PX, 1.5)
"""The whole face with its outline: that is where seams are. Published: the face with 12.5 % around it at 380 pixels."""


@dataclass(frozen=True)
class NetConfig:
    """A net's size: channels after the first convolution and of each stage, and blocks of each stage."""

    widths: tuple[int, ...]
    depths: tuple[int, ...]


CONFIGS: Mapping[str, NetConfig] = MappingProxyType(
    {
        "studio": NetConfig((16, 32, 64, 128, 192), (2, 2, 2, 1)),
        "tiny": NetConfig((8, 8, 16, 16, 16), (1, 1, 1, 1)),
    }
)
"""`tiny` is for tests."""


def build(card: Mapping[str, Any]) -> PlainNet:
    """The net of a card's configuration, with random weights.

    Raises:
        CheckpointError: there is no such configuration.
    """
    config = str(card.get("config"))
    if config not in CONFIGS:
        raise CheckpointError(f"there is no net {config!r} for seams", f"it is one of {', '.join(CONFIGS)}")
    return PlainNet(CONFIGS[config].widths, CONFIGS[config].depths)
