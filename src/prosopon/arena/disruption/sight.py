"""A net as an attack on the picture of a head sees it: the picture is brought to the net's size, with gradients."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from prosopon.arena.disruption.subjects import Subject
from prosopon.arena.victims.victim import Victim
from prosopon.core.faces import Box
from prosopon.disrupt.heads.view import HeadView, Region
from prosopon.disrupt.pgd.references import Reference, flat, labels_of, untouched
from prosopon.models.tensors import to_tensor


class Sight:
    """One net that looks at one head.

    Programs do not ask at what size a picture is protected: they bring what they get to the size of their net. So the
    attack changes the head's own pixels, whatever net it is made against, and each is met through its own resizing.

    Args:
        victim: the net.
        subject: whose head.
        device: where the net is.

    Attributes:
        victim, subject, device: see above.
        net: the victim, told where the face is.
        view: pictures in [0, 1] -> what the net sees of them, in [0, 1].
        images: the untouched picture, `(1, 3, S, S)` in [-1, 1].
        classes: labels `(J, C)`, or None.
    """

    def __init__(self, victim: Victim, subject: Subject, device: torch.device) -> None:
        self.victim, self.subject, self.device = victim, subject, device
        side = subject.side_px
        self.net = victim.at_face(subject.landmarks_at(victim.side_px))
        self.view = HeadView(Box(0, 0, side, side), Region(0, side, 0, side), (side, side), victim.side_px, device)
        self.images = to_tensor(subject.picture, device) * 2 - 1
        self.classes = None if victim.classes is None else victim.classes.to(device)

    def __call__(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """The net's answer to pictures `(B, 3, S, S)` in [-1, 1]."""
        crops = self.crops(images)
        return self.net(crops) if labels is None else self.net(crops, labels)

    def crops(self, images: Tensor) -> Tensor:
        """What it sees of pictures in [-1, 1], `(B, 3, side, side)` likewise."""
        return self.view((images + 1) / 2) * 2 - 1

    @cached_property
    def answer(self) -> Tensor:
        """To the untouched picture; with classes that of the first."""
        with torch.no_grad():
            labels = () if self.classes is None else (labels_of(self.classes, 0, 1),)
            return self(self.images, *labels).detach()

    @cached_property
    def references(self) -> Reference:
        """The answers to the untouched picture, one for each class where there are classes."""
        return self.answer if self.classes is None else untouched(self, self.images, self.classes)

    @property
    def draws(self) -> bool:
        """Whether its answers are pictures."""
        return self.answer.ndim == 4 and self.answer.shape[1] == 3

    @property
    def redraws(self) -> bool:
        """Whether they are of the size of what it looks at, so that it could answer with that itself."""
        return self.draws and self.answer.shape[-1] == self.view_px

    @property
    def view_px(self) -> int:
        """Side of what it looks at."""
        return self.net.side_px

    def seen(self) -> Tensor:
        """What it looks at, untouched, `(1, 3, side, side)` in [-1, 1]."""
        return self.crops(self.images)

    def wanted(self, value: float) -> Tensor:
        """An answer that is one value everywhere: -1 is black, 1 white."""
        return flat(self.answer, value)
