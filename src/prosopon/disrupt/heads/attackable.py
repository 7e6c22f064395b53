"""The nets that changes of heads are made against: square crops in, whatever is compared out."""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


class Attackable(Protocol):
    """A net, or a part of one, that looks at square crops of heads.

    Attributes:
        name: what it is called.
        side_px: side of the crops.
        classes: labels `(J, C)` where it does several things, else None.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see above

    @property
    def side_px(self) -> int: ...  # noqa: D102

    @property
    def classes(self) -> Tensor | None: ...  # noqa: D102

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        """Crops `(B, 3, side, side)` in [-1, 1] -> what is compared, with gradients."""
        ...

    def at_face(self, landmarks: NDArray[np.floating]) -> Self:
        """The same net, told where the 68 landmarks `(68, 2)` are in its crops, in their pixels."""
        ...
