"""Who is who where face swaps are measured: the target's clips, and embeddings of both people.

Nobody is compared with the pictures that say who they are: the source's are told apart by file, the target's clips by
each other. Neighbouring frames of one film are much more alike than two films of one person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.swap_figures import Figure, Figures
from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError, ProsoponError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.face_set import FaceStore
from prosopon.faces.finder import FaceFinder
from prosopon.faces.identity import Embedder, unit_mean
from prosopon.faces.likeness import joined_across_cuts
from prosopon.faces.track import track
from prosopon.media.read import read

Embedding = NDArray[np.float32]

_KNOWN = 24
"""Faces that say who somebody is, at most."""


@dataclass(frozen=True)
class Footage:
    """A clip of the target.

    Attributes:
        name: what it is called.
        clip: the clip.
        tracks: its people, the one whose face is swapped first.
        person: that one.
    """

    name: str
    clip: Clip
    tracks: Tracks
    person: Track


@dataclass(frozen=True)
class Known:
    """Two people, and who tells them apart.

    Attributes:
        embedder: made the embeddings.
        source: mean embedding of the one whose face is wanted.
        target: of the one whose face it was.
    """

    embedder: Embedder
    source: Embedding
    target: Embedding

    def place(self, embedding: Embedding) -> float:
        """Where an embedding is on the way from the target, 0, to the source, 1; NaN where they are the same."""
        way = (self.source - self.target).astype(np.float64)
        length = float(way @ way)
        return float((embedding - self.target) @ way) / length if length > 0 else float("nan")


def footage(path: Path, finder: FaceFinder, *, progress: Progress = SILENT) -> Footage:
    """Read a clip and follow its people.

    Raises:
        MediaError: it cannot be read.
        MissingError: no face is seen in two of its frames.
    """
    clip = read(path, progress=progress)
    tracks = joined_across_cuts(track(clip, finder, progress=progress))
    person = tracks.main
    if person is None or sum(face.landmarks is not None for face in person.faces.values()) < 2:
        raise MissingError(f"no face is clearly seen in {path}", "give a video that shows the target's face")
    return Footage(path.name, clip, tracks, person)


def halves(store: FaceStore) -> tuple[list[int], list[int]]:
    """Faces of the source that say who it is, and others that are held back: of every other shot, or of a single shot
    the second half.

    Raises:
        ProsoponError: there are fewer than two faces.
    """
    shots = [range(shot.start, shot.stop) for shot in store.shots]
    told, held = [row for shot in shots[::2] for row in shot], [row for shot in shots[1::2] for row in shot]
    if not held:
        told, held = told[: len(told) // 2], told[len(told) // 2 :]
    if not told or not held:
        raise ProsoponError("one face of the source says too little", "give a folder with more of its faces")
    return _spread(told), _spread(held)


def stored(store: FaceStore, rows: Sequence[int], embedder: Embedder) -> list[Embedding]:
    """Embeddings of some faces of a store."""
    return [
        embedder.embed(np.asarray(store.pictures[row]), Face.around(np.asarray(store.landmarks[row]))) for row in rows
    ]


def target_people(clips: Sequence[Footage], embedder: Embedder) -> list[Embedding]:
    """Who the target is, for each clip told by the other clips; by itself where there is no other."""
    means = []
    for one in clips:
        wanted = set(_spread([index for index, face in one.person.faces.items() if face.landmarks is not None]))
        vectors = [
            embedder.embed(frame, one.person.faces[index])
            for index, frame in enumerate(one.clip.frames())
            if index in wanted
        ]
        means.append(unit_mean(vectors))
    if len(means) == 1:
        return means
    return [unit_mean(means[:place] + means[place + 1 :]) for place in range(len(means))]


def identity_figures(face: Sequence[Embedding], head: Sequence[Embedding], known: Known, whole: Known) -> Figures:
    """Whose face some pictures show; nothing where there are none.

    Args:
        face: embeddings of the faces alone.
        head: of the whole heads, as many.
        known, whole: tell the two people apart by the one and by the other.
    """
    if not face:
        return {}
    values = {
        "identity": np.mean([known.place(one) for one in face]),
        "identity_source": np.mean([one @ known.source for one in face]),
        "identity_target": np.mean([one @ known.target for one in face]),
        "nearer_source": np.mean([one @ known.source > one @ known.target for one in face]),
        "head_source": np.mean([one @ whole.source for one in head]),
        "head_target": np.mean([one @ whole.target for one in head]),
    }
    return {name: Figure(float(value)) for name, value in values.items() if np.isfinite(value)}


def _spread(rows: Sequence[int]) -> list[int]:
    """Some of them, evenly."""
    return [rows[place] for place in np.linspace(0, len(rows) - 1, min(_KNOWN, len(rows))).astype(int)]
