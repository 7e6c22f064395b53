"""How good edits are, on people whom nobody has learnt from and of whom the exact answer is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from prosopon.create.stargan.preview import Edit
from prosopon.models.tensors import to_tensor

Group = Mapping[str, NDArray[Any]]
"""`picture uint8 (K, S, S, 3)` and `labels float32 (K, N)` of one person, seen from one view."""


@torch.no_grad()
def measured(edit: Edit, reader: nn.Module, groups: Sequence[Group], device: torch.device) -> dict[str, float]:
    """The first picture of each group is given the attributes of every other one.

    Args:
        edit: pictures in [0, 1] and labels -> pictures in [0, 1].
        reader: pictures in [-1, 1] -> (anything, logits of the attributes); it must not have taught the generator.
        groups: people; those with a single picture are passed over.
        device: where to compute.

    Returns:
        `edit_l1`: mean absolute difference, in [0, 1], from the exact answer, and `edit_l1_copy`, that of changing
        nothing. `rebuilt_l1`: of there and back from the picture. `accuracy`: share of the attributes of edited
        pictures that the reader finds to be what was asked for; `accuracy_real`: of real ones, the most that can be
        expected; `accuracy_copy`: of changing nothing. Nothing where no group has two pictures.
    """
    sums: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        sums.setdefault(name, []).append(value)

    for group in groups:
        if len(group["picture"]) < 2:
            continue
        pictures, labels = to_tensor(group["picture"], device), torch.as_tensor(group["labels"], device=device)
        answer, wanted = pictures[1:], labels[1:]
        given = pictures[:1].expand(len(answer), -1, -1, -1)
        made = edit(given, wanted)
        back = edit(made, labels[:1].expand(len(answer), -1))
        note("edit_l1", float((made - answer).abs().mean()))
        note("edit_l1_copy", float((given - answer).abs().mean()))
        note("rebuilt_l1", float((back - given).abs().mean()))
        for name, shown in (("accuracy", made), ("accuracy_real", answer), ("accuracy_copy", given)):
            found = reader(shown * 2 - 1)[1].float() > 0
            note(name, float((found == (wanted > 0.5)).float().mean()))
    return {name: float(np.mean(values)) for name, values in sums.items()}
