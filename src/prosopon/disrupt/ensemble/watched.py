"""A net that is attacked, as the attack sees it: how far it is off at a picture, and which way is farther."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from prosopon.disrupt.heads.attackable import Attackable
from prosopon.disrupt.pgd.objective import slope
from prosopon.disrupt.pgd.references import labels_of

View = Callable[[Tensor], Tensor]
"""A part of a picture in [0, 1] -> the crop of it that is handed to a net, in [0, 1]."""


class Watched:
    """A net that looks at one crop of one head, with its answers to the untouched one, computed when first needed.

    Args:
        net: the net, told where the face is.
        view: the crop.
        untouched: the part of the picture that it is cut from, `(1, 3, h, w)` in [0, 1].
        first_class: which of its classes is attacked first; the others follow in turn.
    """

    def __init__(self, net: Attackable, view: View, untouched: Tensor, *, first_class: int = 0) -> None:
        self.name = net.name
        self._net, self._view, self._untouched = net, view, untouched
        self._n_classes = 1 if net.classes is None else len(net.classes)
        self._next_class = first_class % self._n_classes
        self._references: dict[int, Tensor] = {}

    def error(self, part: Tensor) -> float:
        """Mean squared difference of its answers to a picture from those to the untouched one; mean over classes."""
        with torch.no_grad():
            apart = [
                (self._answer(part, j).float() - self._reference(j).float()).square() for j in range(self._n_classes)
            ]
        return float(torch.stack([one.mean() for one in apart]).mean())

    def uphill(self, part: Tensor) -> Tensor:
        """The gradient at a picture of the error of the class whose turn it is, made of mean size 1.

        Nets whose answers are in other units count alike that way.

        Raises:
            UsageError: the net has no gradient.
        """
        j, self._next_class = self._next_class, (self._next_class + 1) % self._n_classes
        gradient, _ = slope(part, [(lambda at: self._answer(at, j), self._reference(j))])
        return gradient / gradient.abs().mean().clamp_min(torch.finfo(gradient.dtype).tiny)

    def _reference(self, j: int) -> Tensor:
        if j not in self._references:
            with torch.no_grad():
                self._references[j] = self._answer(self._untouched, j).detach()
        return self._references[j]

    def _answer(self, part: Tensor, j: int) -> Tensor:
        crop = self._view(part) * 2 - 1
        if self._net.classes is None:
            return self._net(crop)
        return self._net(crop, labels_of(self._net.classes, j, len(crop)).to(crop.device))
