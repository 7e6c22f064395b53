"""One head under attack: the pixels that it is made of, how far they may go, and one step of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Generator, Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import ProsoponError
from prosopon.core.faces import Box
from prosopon.disrupt.ensemble.limits import budget_of, uphill_in
from prosopon.disrupt.ensemble.options import EnsembleOptions
from prosopon.disrupt.ensemble.watched import Watched
from prosopon.disrupt.heads.allowed import allowed_levels
from prosopon.disrupt.heads.attackable import Attackable
from prosopon.disrupt.heads.head import Head
from prosopon.disrupt.heads.view import HeadView, around, seen_region
from prosopon.disrupt.pgd.starts import uniform_start
from prosopon.disrupt.pgd.steps import gathered
from prosopon.models.laundering.laundering import Laundering
from prosopon.models.tensors import to_tensor


class HeadAttack:
    """What is attacked of one head.

    Args:
        picture: the whole, `uint8 (H, W, 3)`.
        head: where it is.
        nets: those that are attacked.
        options: how.
        device: where it is computed.
        generator: draws the framings.

    Attributes:
        region: the part of the picture that is looked at.
        untouched: its pixels, `(1, 3, h, w)` in [0, 1].
        levels: by how many grey levels each pixel may change, `(1, 1, h, w)`.
    """

    def __init__(
        self,
        picture: Frame,
        head: Head,
        nets: Sequence[Attackable],
        options: EnsembleOptions,
        *,
        device: torch.device | None,
        generator: Generator,
    ) -> None:
        height, width = picture.shape[:2]
        sides = sorted({net.side_px for net in nets})
        boxes = [head.box, *_moved(head.box, options, generator)]
        self.region = around([seen_region(box, width, height, sides) for box in boxes])
        self.untouched = to_tensor(np.ascontiguousarray(picture[self.region.slices]), device)
        self.levels = allowed_levels(
            self.untouched, self.region, head.box, head.landmarks, levels=options.levels, mask=options.mask
        )  # fmt: skip
        self._budget = budget_of(self.levels, options.space, options.least_ssim)
        self._watched = [
            [
                Watched(
                    net if (points := head.landmarks_in(box, net.side_px)) is None else net.at_face(points),
                    HeadView(box, self.region, (width, height), net.side_px, device),
                    self.untouched,
                    first_class=framing,
                )
                for net in nets
            ]
            for framing, box in enumerate(boxes)
        ]
        self._velocity: Tensor | None = None
        self._options = options

    def start(self, at: Tensor, generator: Generator) -> Tensor:
        """Pixels to start from, `(1, 3, h, w)`: noise as large as allowed, or one level of it, on those of `at`.

        At the picture itself a net's error has no gradient, and less than a level is rounded away.
        """
        radius = self._options.levels if self._options.method == "pgd" else 1
        return self._budget.project(self.untouched, uniform_start(at, radius / 255, generator))

    def step(self, at: Tensor, turn: int, laundering: Laundering, saved_as: Laundering, length: float) -> Tensor:
        """The pixels one step further.

        Args:
            at: where they are, `(1, 3, h, w)` in [0, 1].
            turn: number of the step, from 0; says which framing and nets it is about.
            laundering: what is between the picture and the nets.
            saved_as: how the picture is written before that.
            length: of the step, for values in [0, 1].

        Raises:
            UsageError: a net has no gradient.
            ProsoponError: a gradient is not finite.
        """
        here = at.detach().requires_grad_()
        with torch.enable_grad():
            seen = laundering(saved_as(here))
        wanted = torch.zeros_like(seen)
        for net in self._asked(turn):
            wanted += net.uphill(seen.detach())
        (gradient,) = torch.autograd.grad(seen, here, wanted)
        if not gradient.isfinite().all():
            raise ProsoponError("the nets' gradient is not finite", "try --precision fp32, or leave a net out")
        self._velocity = gathered(self._velocity, gradient, self._options.momentum)
        uphill = uphill_in(self._options.space, self._velocity)
        return self._budget.project(self.untouched, at + length * uphill.sign())

    def errors(self, at: Tensor, saved_as: Laundering) -> Iterator[tuple[str, float]]:
        """Each net's name, and how far it is off at the picture as it will be saved; mean over its classes."""
        with torch.no_grad():
            seen = saved_as(at)
            for net in self._watched[0]:
                yield net.name, net.error(seen)

    def _asked(self, turn: int) -> list[Watched]:
        nets = self._watched[turn % len(self._watched)]
        if self._options.order == "together":
            return nets
        return [nets[turn // len(self._watched) % len(nets)]]


def _moved(box: Box, options: EnsembleOptions, generator: Generator) -> list[Box]:
    """Other crops of the same head: a little elsewhere, a little larger or smaller."""
    boxes = []
    for _ in range(options.framings - 1):
        x, y, grown = ((2 * torch.rand(3, generator=generator) - 1) * options.framing_share * box.width).tolist()
        boxes.append(Box(box.left + x - grown, box.top + y - grown, box.right + x + grown, box.bottom + y + grown))
    return boxes
