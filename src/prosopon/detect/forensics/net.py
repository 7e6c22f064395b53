"""The net: a discriminator as DCGAN has it, at 128 pixels.

Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
arXiv 1511.06434: strided convolutions, batch norm but for the first, leaky ReLU. The paper says of its net that it
resembles DCGAN's; its widths are not known, ours are those that learn on a CPU. DCGAN ends in a convolution as large as
what is left, which has to learn everything anew for each place; here each of 8 x 8 places says the same of what it
sees, and the answer is their mean: what each place adds to it is known exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from torch import Tensor, nn

from prosopon.core.errors import CheckpointError
from prosopon.detect.learning.view import View

SIZE_PX = 128
VIEW = View(SIZE_PX, 1.05)
"""From brow to chin, so that most faces keep the pixels that they have: what nets leave behind is as fine."""
_KERNEL = 4
_SLOPE = 0.2


class DiscriminatorNet(nn.Module):
    """Four convolutions that halve the size each, one that does not, and the mean of what each place says.

    Args:
        width: channels of the first; each further one that halves the size has twice as many.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for level in range(4):
            outputs = width << level
            layers.append(nn.Conv2d(inputs, outputs, _KERNEL, 2, 1, bias=level == 0))
            if level:
                layers.append(nn.BatchNorm2d(outputs))
            layers.append(nn.LeakyReLU(_SLOPE))
            inputs = outputs
        layers += [nn.Conv2d(inputs, inputs, 3, 1, 1, bias=False), nn.BatchNorm2d(inputs), nn.LeakyReLU(_SLOPE)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Conv2d(inputs, 1, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """`(B, 3, 128, 128)` in [0, 1] -> logits `(B,)`, positive for a fake."""
        return self.by_place(pictures).float().mean((1, 2))

    def by_place(self, pictures: Tensor) -> Tensor:
        """What each place says, `(B, 8, 8)`; the logits are its mean."""
        said: Tensor = self.head(self.features(pictures * 2 - 1))[:, 0]
        return said


@dataclass(frozen=True)
class NetConfig:
    """How wide the net is, and whether its training pictures go through the published preprocessing."""

    width: int
    hardened: bool


CONFIGS: Mapping[str, NetConfig] = MappingProxyType(
    {
        "studio": NetConfig(32, hardened=True),
        "unhardened": NetConfig(32, hardened=False),
        "tiny": NetConfig(4, hardened=True),
    }
)
"""`unhardened` is what hardening is measured beside, `tiny` is for tests."""


def build(card: Mapping[str, Any]) -> DiscriminatorNet:
    """The net of a card's configuration, with random weights.

    Raises:
        CheckpointError: there is no such configuration.
    """
    config = str(card.get("config"))
    if config not in CONFIGS:
        raise CheckpointError(f"there is no net {config!r} of forensics", f"it is one of {', '.join(CONFIGS)}")
    return DiscriminatorNet(CONFIGS[config].width)
