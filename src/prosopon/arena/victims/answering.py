"""What all victims that are made of weights have in common."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.models.device import computing_in


class Answering:
    """A victim's name, and how it computes while it is attacked; see `victim.Victim`.

    Args:
        name: how it is asked for.
        device: where it computes.
        precision: of the convolutions while it is attacked; effects are measured in float32.
    """

    classes: Tensor | None = None

    def __init__(self, name: str, device: torch.device, precision: torch.dtype) -> None:
        self.name = name
        self._device, self._precision = device, precision

    def at_face(self, landmarks: NDArray[np.floating]) -> Self:
        """Itself: the net looks at whole heads."""
        return self

    def _attacked(self) -> torch.autocast:
        """A context in which answers to an attack are computed."""
        return computing_in(self._precision, self._device)
