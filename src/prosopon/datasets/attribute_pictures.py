"""Pictures of people with their attributes, as a net that edits attributes learns from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.datasets.attributes import AttributeSet
from prosopon.train.store import ArrayStore


class AttributePictures:
    """Items of `picture uint8 (S, S, 3)` and `labels float32 (N,)`, half of them mirrored.

    Of rendered people, who are shown several times from one view, items also have `other` and `other_labels`: the same
    person from the same view with other attributes, or now and then the same picture.

    Args:
        stores: with the columns `picture` and `labels`; a shot is a person, seen from one view.
        attributes: what the labels mean.
        paired: whether the pictures of a shot differ in nothing but attributes.
    """

    def __init__(self, stores: Sequence[ArrayStore], attributes: AttributeSet, *, paired: bool) -> None:
        self.stores = tuple(stores)
        self.attributes = attributes
        self.paired = paired
        self._places = [
            (store, shot.start, shot.stop, row)
            for store in self.stores
            for shot in store.shots
            for row in range(shot.start, shot.stop)
        ]

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self._places)

    @property
    def size_px(self) -> int:
        """Side of the pictures."""
        return int(self.stores[0].arrays["picture"].shape[1])

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """Picture `index`, mirrored or not, and of rendered people one of the other pictures of the same shot."""
        store, start, stop, row = self._places[index]
        mirrored = bool(rng.random() < 0.5)
        found = _row(store, row, mirrored)
        if not self.paired:
            return found
        other = _row(store, int(rng.integers(start, stop)), mirrored)
        return {**found, "other": other["picture"], "other_labels": other["labels"]}

    def groups(self) -> list[Mapping[str, NDArray[Any]]]:
        """Each shot as `picture (K, S, S, 3)` and `labels (K, N)`, not mirrored: to measure on."""
        return [
            {name: np.array(store.arrays[name][shot.start : shot.stop]) for name in ("picture", "labels")}
            for store in self.stores
            for shot in store.shots
        ]


def _row(store: ArrayStore, row: int, mirrored: bool) -> dict[str, NDArray[Any]]:
    picture = store.arrays["picture"][row]
    return {
        "picture": np.array(picture[:, ::-1] if mirrored else picture, order="C"),
        "labels": np.array(store.arrays["labels"][row], np.float32),
    }
