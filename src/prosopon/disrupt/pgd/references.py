"""What an attack moves the net's answer away from, or towards.

The usual choices: away from the untouched answer (the strongest of those published), towards the picture itself (the
edit does nothing), towards black, white or grey.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Reference = Tensor | Sequence[Tensor]
"""One for every class, or one for each: what the published StarGAN attack lacks, which compares all with the first."""


def untouched(victim: Callable[..., Tensor], images: Tensor, classes: Tensor) -> list[Tensor]:
    """The net's answers to untouched pictures, one for each class: references of their own for class transfer.

    Args:
        victim: called as `victim(images, labels (B, C))`.
        images: `(B, 3, H, W)` in [-1, 1].
        classes: `(J, C)`, or `(J, B, C)` for labels that differ by picture.
    """
    with torch.no_grad():
        return [victim(images, labels_of(classes, j, len(images))) for j in range(len(classes))]


def flat(images: Tensor, value: float) -> Tensor:
    """Pictures of one value everywhere: -1 is black, 0 grey, 1 white."""
    return torch.full_like(images, value)


def labels_of(classes: Tensor, j: int, n_pictures: int) -> Tensor:
    """The labels `(B, C)` of class `j`, the same for every picture or each its own."""
    return classes[j] if classes.ndim == 3 else classes[j : j + 1].expand(n_pictures, -1)


def reference_of(reference: Reference, j: int) -> Tensor:
    """The reference of class `j`."""
    return reference if isinstance(reference, Tensor) else reference[j]
