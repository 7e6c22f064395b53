"""`FaceMasks`: all that is known of where a face is in a crop, and what of it a mask mode takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MissingError
from prosopon.create.swap.merge.settings import MaskMode

Mask = NDArray[np.float32]

_PRODUCTS: Mapping[MaskMode, tuple[str, ...]] = {
    "full": (),
    "landmarks": ("landmarks",),
    "predicted": ("predicted",),
    "target-predicted": ("target",),
    "both": ("predicted", "target"),
    "parsed-predicted": ("parsed_predicted",),
    "parsed": ("parsed",),
    "parsed-both": ("parsed_predicted", "parsed"),
    "all": ("predicted", "target", "parsed_predicted", "parsed"),
    "both-parsed": ("predicted", "target", "parsed"),
    "landmarks-parsed": ("landmarks", "parsed"),
}
_HOW = {
    "landmarks": "the hull of the landmarks",
    "predicted": "a model that predicts masks",
    "target": "a model that predicts masks",
    "parsed": "a face parser",
    "parsed_predicted": "a face parser that is shown the predicted face",
}
_NOISE = 1 / 255
"""What is less than one grey level is nothing: nets leave traces everywhere."""


def needs(mode: MaskMode) -> tuple[str, ...]:
    """Which masks of `FaceMasks` a mode asks for."""
    return ("predicted", "target") if mode == "either" else _PRODUCTS[mode]


@dataclass(frozen=True)
class FaceMasks:
    """Masks of one face, `float32 (S, S)` in [0, 1] over the model's crop; None where there is none.

    Attributes:
        predicted: where the model sees the predicted face.
        target: where the model sees the face in the frame.
        landmarks: the hull of the landmarks in the frame.
        parsed: where a parser sees the face in the frame.
        parsed_predicted: where a parser sees the predicted face.
    """

    predicted: Mask | None = None
    target: Mask | None = None
    landmarks: Mask | None = None
    parsed: Mask | None = None
    parsed_predicted: Mask | None = None

    def taken(self, mode: MaskMode, size_px: int) -> Mask:
        """The mask of a mode, `float32 (size_px, size_px)` in [0, 1].

        Raises:
            MissingError: the mode needs a mask that is not there.
            ValueError: a mask is of another size.
        """
        if mode == "either":
            return _quiet(np.maximum(self._named("predicted", mode, size_px), self._named("target", mode, size_px)))
        mask = np.ones((size_px, size_px), np.float32)
        for name in _PRODUCTS[mode]:
            mask = mask * self._named(name, mode, size_px)
        return _quiet(mask)

    def _named(self, name: str, mode: MaskMode, size_px: int) -> Mask:
        mask: Mask | None = getattr(self, name)
        if mask is None:
            raise MissingError(f"the mask {mode} needs {_HOW[name]}, and there is none", "choose another mask")
        if mask.shape != (size_px, size_px):
            raise ValueError(f"the mask {name} is {mask.shape}, the crop {size_px} pixels a side")
        return np.clip(np.nan_to_num(mask), 0, 1)


def _quiet(mask: Mask) -> Mask:
    return np.where(mask < _NOISE, np.float32(0), mask).astype(np.float32)
