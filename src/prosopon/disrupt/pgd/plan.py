"""What each step of an attack adds up: the net as it is seen with a class and through a blur, and what to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import get_args

from torch import Tensor

from prosopon.core.errors import UsageError
from prosopon.disrupt.pgd.blurs import Blur, BlurMode, Schedule, blurs_at
from prosopon.disrupt.pgd.eight_bit import rounded
from prosopon.disrupt.pgd.objective import Term
from prosopon.disrupt.pgd.references import Reference, labels_of, reference_of
from prosopon.disrupt.pgd.transfer import Transfer, classes_at

Victim = Callable[..., Tensor]
"""A net, or any part of one: `victim(images)`, or `victim(images, labels (B, C))` where there are classes."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Which terms an attack has; fields as the arguments of `attack`.

    Raises:
        UsageError: a name is not known, or classes, references and pictures do not go together.
    """

    victim: Victim
    reference: Reference
    n_pictures: int
    """Pictures in the batch B."""
    classes: Tensor | None = None
    transfer: Transfer | None = None
    blur: BlurMode | None = None
    schedule: Schedule = "as_released"
    eight_bit: bool = False

    def __post_init__(self) -> None:
        _check_choice("transfer", self.transfer, (None, *get_args(Transfer)))
        _check_choice("blur", self.blur, (None, *get_args(BlurMode)))
        _check_choice("schedule", self.schedule, get_args(Schedule))
        if self.classes is None and self.transfer is not None:
            raise UsageError(f"{self.transfer} transfer needs classes to transfer to", "hand over classes (J, C)")
        if self.classes is not None and not self._fit(self.classes):
            raise UsageError(
                f"classes must be (J, C) or (J, {self.n_pictures}, C), not {tuple(self.classes.shape)}",
                "give at least one class",
            )
        n_classes = 1 if self.classes is None else len(self.classes)
        if not isinstance(self.reference, Tensor) and len(self.reference) != n_classes:
            raise UsageError(
                f"there are {len(self.reference)} references and {n_classes} classes",
                "give one for all, or a list of one for each class",
            )

    def terms(self, iteration: int) -> Iterator[Term]:
        """Those of step `iteration` (from 0): each of its blurs with each of its classes."""
        indices = range(1) if self.classes is None else classes_at(iteration, len(self.classes), self.transfer)
        for blur in blurs_at(iteration, self.blur, self.schedule):
            for j in indices:
                labels = () if self.classes is None else (labels_of(self.classes, j, self.n_pictures),)
                yield partial(self._answer, blur, labels), reference_of(self.reference, j)

    def _answer(self, blur: Blur | None, labels: tuple[Tensor, ...], images: Tensor) -> Tensor:
        # A file is written before anybody can blur what it shows.
        shown = rounded(images) if self.eight_bit else images
        return self.victim(shown if blur is None else blur(shown), *labels)

    def _fit(self, classes: Tensor) -> bool:
        alike = classes.ndim == 2
        each_its_own = classes.ndim == 3 and classes.shape[1] == self.n_pictures
        return len(classes) > 0 and (alike or each_its_own)


def _check_choice(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known:
        raise UsageError(f"there is no {name} {value!r}", f"use one of {', '.join(map(str, known))}")
