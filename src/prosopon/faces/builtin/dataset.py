"""`FaceItems`: what the built-in nets learn from, drawn out of stores: a scene and a few crops an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.faces.builtin.crops import draw_crop, draw_nobody
from prosopon.faces.builtin.landmarks import POINTS
from prosopon.faces.builtin.prepared import FaceStore
from prosopon.faces.builtin.scenes import Row, draw_scene
from prosopon.train.store import Shot


@dataclass(frozen=True)
class Mixture:
    """How often what is drawn. Shares of kinds that there are not fall to the others."""

    footage: float = 0.3
    still: float = 0.35
    rendered: float = 0.35
    bent: float = 0.35
    """Share of the crops that are bent."""
    nobody: float = 0.2
    """Share of the crops that show no face."""
    crops: int = 2
    """Crops in an item, beside one scene."""
    epoch_items: int = 10_000
    """Items in an epoch: a number, for they are drawn and not listed."""


class FaceItems:
    """Items out of one or more stores.

    Args:
        stores: at least one with faces, and one without.
        mixture: how often what is drawn.

    Raises:
        UsageError: there are no faces, or no pictures without any.
    """

    def __init__(self, stores: Sequence[FaceStore], mixture: Mixture | None = None) -> None:
        self.stores = tuple(stores)
        self.mixture = mixture or Mixture()
        people: dict[str, dict[str, list[tuple[int, Shot]]]] = {}
        for number, store in enumerate(self.stores):
            for shot in store.shots:
                people.setdefault(shot.kind, {}).setdefault(f"{number}/{shot.person}", []).append((number, shot))
        self._people = {kind: [held[name] for name in sorted(held)] for kind, held in sorted(people.items())}
        self._kinds = [kind for kind in ("footage", "still", "rendered") if kind in self._people]
        if not self._kinds:
            raise UsageError("there are no faces to learn from", "give --data with pictures or videos of faces")
        if "nobody" not in self._people:
            raise UsageError("there are no pictures without faces to learn from", "give some with --without-faces")
        shares = np.array([getattr(self.mixture, kind) for kind in self._kinds])
        self._odds = shares / shares.sum()

    def __len__(self) -> int:
        """Items in an epoch."""
        return self.mixture.epoch_items

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """An item.

        Returns:
            `scene` `uint8 (256, 256, 3)` with `stances` `(4, 4)` and `known` `(4,)` (see `scenes`), and K crops:
            `crops` `uint8 (K, 128, 128, 3)`, `points` `float32 (K, 68, 2)` in crop widths, `is_face` `(K,)`.
        """
        scene, stances, known = draw_scene(self.face, self.nobody, rng)
        crops, points, is_face = zip(*(self._crop(rng) for _ in range(self.mixture.crops)), strict=True)
        return {
            "scene": np.array(scene),  # torch has no read-only tensors and warns of pictures that Pillow lends out
            "stances": stances,
            "known": known,
            "crops": np.stack(crops),
            "points": np.stack(points),
            "is_face": np.array(is_face, np.float32),
        }

    def _crop(self, rng: np.random.Generator) -> tuple[Frame, NDArray[np.float32], float]:
        if rng.random() < self.mixture.nobody:
            row = self.nobody(rng) if rng.random() < 0.5 else self.face(rng)
            crop = draw_nobody(row.picture, row.inside, row.landmarks, rng)
            if crop is not None:
                return crop, np.zeros((POINTS, 2), np.float32), 0.0
        row = self.face(rng)
        assert row.landmarks is not None  # noqa: S101 - the kinds drawn from have faces
        crop, points = draw_crop(row.picture, row.landmarks, rng, bends=bool(rng.random() < self.mixture.bent))
        return crop, points, 1.0

    def face(self, rng: np.random.Generator) -> Row:
        """A stored face."""
        return self._row(str(rng.choice(self._kinds, p=self._odds)), rng)

    def nobody(self, rng: np.random.Generator) -> Row:
        """A stored picture without faces."""
        return self._row("nobody", rng)

    def _row(self, kind: str, rng: np.random.Generator) -> Row:
        """A person, then a shot of theirs, then a row of it: who was filmed for long is not drawn more often."""
        shots = self._people[kind][int(rng.integers(len(self._people[kind])))]
        number, shot = shots[int(rng.integers(len(shots)))]
        row = int(rng.integers(shot.start, shot.stop))
        store = self.stores[number]
        landmarks = store.landmarks[row]
        return Row(store.pictures[row], landmarks if np.isfinite(landmarks).all() else None, store.inside[row])
