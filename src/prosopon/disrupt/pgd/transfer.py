"""Which classes a step of the attack looks at, so that the protection holds whichever edit is asked for.

Ruiz et al. (arXiv 2003.01279): a picture disturbed for one class is hardly disturbed for the others.
"""

from __future__ import annotations

from typing import Literal

Transfer = Literal["iterative", "joint"]
"""One class a step, in turn; or every class in every step, errors added."""


def classes_at(iteration: int, n_classes: int, transfer: Transfer | None) -> range:
    """Indices of the classes in step `iteration` (from 0); None: always the first."""
    if transfer is None:
        return range(1)
    if transfer == "iterative":
        return range(iteration % n_classes, iteration % n_classes + 1)
    return range(n_classes)
