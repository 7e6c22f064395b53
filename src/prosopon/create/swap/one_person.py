"""Whether a folder of faces shows one person: films whose faces are hardly alike are told before hours go into them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prosopon.datasets.face_set import FaceStore
from prosopon.faces.identity import Embedder, unit_mean

LEAST_LIKE = 0.75
"""Cosine of inner faces, mean of a few of each film, below which two films hardly show one person. Of six people's own
films the least alike pair scored 0.93; films of different people mostly score 0.7 and less."""
_SHOTS, _FACES = 16, 3
"""Films that are compared, and faces of each."""


class Strangers(NamedTuple):
    """Two films that hardly show one person.

    Attributes:
        one, other: what they are called.
        cosine: how much alike their faces are, -1 to 1.
    """

    one: str
    other: str
    cosine: float


def strangers(store: FaceStore, embedder: Embedder, *, least: float = LEAST_LIKE) -> Strangers | None:
    """The two least alike of a folder's films, where they are so little alike that they show two people.

    Args:
        store: with `pictures` and `landmarks`.
        embedder: of inner faces.
        least: cosine from which two films may show one person.
    """
    places = np.unique(np.linspace(0, len(store.shots) - 1, min(_SHOTS, len(store.shots))).astype(int))
    shots = [store.shots[place] for place in places]
    known = []
    for shot in shots:
        rows = np.unique(np.linspace(shot.start, shot.stop - 1, _FACES).astype(int))
        known.append(unit_mean([embedder.embed(np.asarray(store.pictures[row]), store.face(row)) for row in rows]))
    alike = np.stack(known) @ np.stack(known).T
    first, second = np.unravel_index(int(alike.argmin()), alike.shape)
    cosine = float(alike[first, second])
    return Strangers(shots[first].name, shots[second].name, cosine) if cosine < least else None
