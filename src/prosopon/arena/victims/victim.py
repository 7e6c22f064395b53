"""`Victim`: a net as those see it who protect a photo from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.clip import Frame


class Victim(Protocol):
    """A frozen net that is attacked through square crops of heads, hair included, as `faces.head_box` cuts them.

    Attributes:
        name: weights and, after a slash, what of them is attacked: `fomm.face/keypoints`.
        about: one sentence: what it does with a photo, and what is attacked.
        side_px: side of the crops that it looks at.
        classes: labels `(J, C)` where it makes several edits; else None.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see above

    @property
    def about(self) -> str: ...  # noqa: D102

    @property
    def side_px(self) -> int: ...  # noqa: D102

    @property
    def classes(self) -> Tensor | None: ...  # noqa: D102

    def __call__(self, crops: Tensor, labels: Tensor | None = None, /) -> Tensor:
        """What an attack compares; gradients reach the crops and no weights.

        Args:
            crops: `(B, 3, S, S)` in [-1, 1], S is `side_px`.
            labels: `(B, C)`, only where there are `classes`; None: the first of them.

        Returns:
            `float32 (B, ...)`: pictures in [-1, 1], keypoints, a code.
        """
        ...

    def at_face(self, landmarks: NDArray[np.floating]) -> Self:
        """The same victim, told where the face is, for nets that see it aligned; the others return themselves.

        Untold, they take it to be where a frontal face is in a crop by `faces.head_box`.

        Args:
            landmarks: `(68, 2)` in pixels of a crop of `side_px`.
        """
        ...

    def makes(self, crop: Frame) -> list[tuple[str, Frame]]:
        """What somebody would get who uses the net on this photo, with captions.

        Args:
            crop: `uint8 (S, S, 3)`.

        Returns:
            `uint8 (S, S, 3)` each; none where the net makes no pictures.
        """
        ...

    def effect(self, untouched: Frame, changed: Frame) -> Mapping[str, float]:
        """How far the net's answers to two versions of a photo `uint8 (S, S, 3)` are from each other.

        Returns:
            Some of: `l1`, `l2`, `disrupted`, `masked_l2` of the pictures it makes (see `disrupt.pgd.effect`; the last
            one is left out where nothing was edited); `keypoints`, mean displacement as a share of the side;
            `segments`, share of the head's pixels that became another part; `cosine` of codes or embeddings;
            `recognised`, 1 where both are taken for one person's.
        """
        ...
