"""A net behind what happens to photos, another each time: expectation over transformation (arXiv 1707.07397)."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from prosopon.arena.disruption.sight import Sight
from prosopon.disrupt.ensemble.options import THROUGH
from prosopon.models.laundering.expectation import Expectation
from prosopon.models.laundering.laundering import symmetric
from prosopon.models.laundering.named import named

WAYS = (*THROUGH, "crop")
"""What lies before the net, each as likely as any other: what `prosopon protect` looks through, and a crop."""


class Laundered:
    """How far a net's answer is from that to the untouched picture, both having gone the same way.

    A picture that was blurred or cut is answered otherwise whoever protected it: that difference must not count, or
    an attack would follow it.

    Args:
        sight: the net.
        generator: draws the way of each call.
        ways: launderings by name, which keep the picture's size.
    """

    def __init__(self, sight: Sight, generator: Generator, ways: tuple[str, ...] = WAYS) -> None:
        self._sight, self._generator = sight, generator
        self._expectation = Expectation(tuple(named(way) for way in ways))

    def __call__(self, images: Tensor, *labels: Tensor) -> Tensor:
        """The difference, with gradients; 0 for the untouched picture."""
        way = symmetric(self._expectation.draw(self._generator))
        with torch.no_grad():
            untouched = self._sight(way(self._sight.images), *labels)
        return self._sight(way(images), *labels) - untouched
