"""A picture of what a StarGAN does: people in rows, an edit in each column."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.datasets.attributes import AttributeSet, Labels
from prosopon.models.tensors import to_frames, to_tensor

Edit = Callable[[Tensor, Tensor], Tensor]
"""Pictures `(B, 3, S, S)` in [0, 1] and labels `(B, N)` -> edited pictures in [0, 1]."""


@torch.no_grad()
def edits_of(
    edit: Edit, pictures: NDArray[np.uint8], labels: Labels, attributes: AttributeSet, device: torch.device
) -> NDArray[np.uint8]:
    """Rows of people: as they are, rebuilt with their own labels, then with each attribute changed in turn.

    Args:
        edit: pictures in [0, 1] and labels -> pictures in [0, 1].
        pictures: `(B, S, S, 3)`.
        labels: `(B, N)`, what they have.
        attributes: what the labels mean.
        device: where to compute.

    Returns:
        `uint8 (B * S, (2 + N) * S, 3)`.
    """
    real = to_tensor(pictures, device)
    wanted = [labels, *(attributes.switched(labels, name) for name in attributes.names)]
    columns = [real, *(edit(real, torch.as_tensor(one, device=device)) for one in wanted)]
    rows = torch.cat([torch.cat(list(column), dim=-2) for column in columns], dim=-1)
    picture: NDArray[np.uint8] = to_frames(rows)[0]
    return picture
