"""What nets make of a batch of head crops that came to them by some way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.core.faces import Box
from prosopon.disrupt.heads.attackable import Attackable
from prosopon.disrupt.heads.view import HeadView, Region
from prosopon.disrupt.pgd.references import labels_of
from prosopon.models.laundering.expectation import Expectation
from prosopon.models.laundering.laundering import Laundering
from prosopon.models.laundering.named import named
from prosopon.models.laundering.rounding import Rounding

THROUGH = ("png", "jpeg75", "png", "half", "png", "screenshot")
"""Launderings by name that are between a photo and the nets while a change is learnt; twice is twice as often."""
_SAVED = Rounding()
_FRAMING = 0.03
"""How far a program's crop of a head lies beside ours at most, as a share of its side."""
_TINY = 1e-12
"""Added to errors before their logarithm: a net that does not care at all does not rule out the rest."""


@dataclass(frozen=True)
class Way:
    """How a protected crop comes to a net.

    Attributes:
        laundering: what happens to it in between.
        framing: what is cut out of it then: left, top, right and bottom beyond it, as shares of its side.
        label: number of the net's class; taken modulo how many it has.
    """

    laundering: Laundering = _SAVED
    framing: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    label: int = 0

    def box(self, side_px: int) -> Box:
        """What is cut out of a crop of that side, in its pixels."""
        left, top, right, bottom = (share * side_px for share in self.framing)
        return Box(left, top, side_px + right, side_px + bottom)


class Draws:
    """Ways, and which nets are asked, drawn anew for each step.

    Args:
        n_nets: how many there are.
        asked: how many of them are asked in one step.
        through: launderings by name.

    Raises:
        UsageError: there is no net, or no laundering of a name.
    """

    def __init__(self, n_nets: int, asked: int, through: Sequence[str] = THROUGH) -> None:
        if not n_nets or asked < 1:
            raise UsageError(f"{n_nets} networks, {asked} of them asked in a step", "give 1 or more")
        self._n_nets, self._asked = n_nets, min(asked, n_nets)
        self._launderings = Expectation(tuple(named(name) for name in through))

    def draw(self, seed: int) -> list[tuple[int, Way]]:
        """Numbers of the nets that are asked, each with a way; the same ones for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        laundering = self._launderings.draw(generator)
        order = torch.randperm(self._n_nets, generator=generator)[: self._asked].tolist()
        drawn = []
        for number in order:
            x, y, grown = ((2 * torch.rand(3, generator=generator) - 1) * _FRAMING).tolist()
            label = int(torch.randint(2**31, (), generator=generator))
            drawn.append((number, Way(laundering, (x - grown, y - grown, x + grown, y + grown), label)))
        return drawn


def answers(net: Attackable, pictures: Tensor, landmarks: Tensor, way: Way) -> Tensor:
    """What a net makes of head crops, cut as the way says; nothing is laundered here.

    Args:
        net: which.
        pictures: `(B, 3, S, S)` in [0, 1].
        landmarks: `(B, 68, 2)` in their pixels.
        way: framing and class.
    """
    side = pictures.shape[-1]
    box = way.box(side)
    seen = HeadView(box, Region(0, side, 0, side), (side, side), net.side_px, pictures.device)(pictures) * 2 - 1
    labels = None
    if net.classes is not None:
        labels = labels_of(net.classes, way.label % len(net.classes), 1).to(seen.device)
    corner, scale = (box.left, box.top), net.side_px / box.width
    told = [net.at_face((points - corner) * scale) for points in landmarks.double().cpu().numpy()]
    if all(one is net for one in told):
        return _asked(net, seen, labels)
    # Nets that align faces look at each by its own landmarks.
    return torch.cat([_asked(one, crop, labels) for one, crop in zip(told, seen.unsqueeze(1), strict=True)])


def log_errors(
    net: Attackable, untouched: Tensor, changed: Tensor, landmarks: Tensor, way: Way
) -> Tensor:  # fmt: skip
    """How far a net is off at changed pictures, `(B,)`: logarithm of the mean squared difference of its answers.

    Compared with its answer to the untouched picture that nothing has happened to. The mean of logarithms is that of
    the geometric mean: nets whose answers have other units count alike.

    Args:
        net: which.
        untouched, changed: `(B, 3, S, S)` in [0, 1]; gradients reach the second.
        landmarks: `(B, 68, 2)` in their pixels.
        way: how the changed ones come to it.
    """
    with torch.no_grad():
        reference = answers(net, untouched, landmarks, way)
    made = answers(net, way.laundering(_SAVED(changed)), landmarks, way)
    return ((made.float() - reference.float()).square().flatten(1).mean(1) + _TINY).log()


def _asked(net: Attackable, crops: Tensor, labels: Tensor | None) -> Tensor:
    return net(crops) if labels is None else net(crops, labels.expand(len(crops), -1))
