"""Who is who: embeddings for the people of a clip, and keeping those that are like somebody.

One person is one track, so a track has one embedding: the mean over a few of its frames, which is steadier than any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.finder import FaceFinder
from prosopon.media.read import read

LOOKS = 8
"""Frames of a track that are looked at."""


class Embedder(Protocol):
    """Turns faces into vectors whose cosines say how alike they are.

    Attributes:
        same_person: cosine from which two faces are taken for one person's.
    """

    same_person: float

    def embed(self, frame: Frame, face: Face) -> NDArray[np.float32]:
        """A vector of length 1 for a face with landmarks."""
        ...


def embedded(tracks: Tracks, clip: Clip, embedder: Embedder, *, progress: Progress = SILENT) -> Tracks:
    """The tracks with an embedding at every face, the same in all of a track.

    Args:
        tracks: the people of the clip; a track none of whose faces has landmarks stays without.
        clip: the clip.
        embedder: makes the embeddings.
        progress: hears of every frame.
    """
    wanted: dict[int, list[int]] = {}
    for number, one in enumerate(tracks.tracks):
        with_landmarks = [index for index, face in one.faces.items() if face.landmarks is not None]
        for place in np.linspace(0, len(with_landmarks) - 1, min(LOOKS, len(with_landmarks))).astype(int):
            wanted.setdefault(with_landmarks[place], []).append(number)
    seen: dict[int, list[NDArray[np.float32]]] = {}
    last = max(wanted, default=-1)
    progress.start("looking who is who", last + 1)
    for index, frame in enumerate(clip.frames()):
        if index > last:
            break
        for number in wanted.get(index, ()):
            seen.setdefault(number, []).append(embedder.embed(frame, tracks.tracks[number].faces[index]))
        progress.advance()
    progress.finish()
    return replace(
        tracks,
        tracks=tuple(
            _with(one, unit_mean(seen[number])) if number in seen else one for number, one in enumerate(tracks.tracks)
        ),
    )


def _with(one: Track, embedding: NDArray[np.float32]) -> Track:
    return Track({index: replace(face, embedding=embedding) for index, face in one.faces.items()})


def unit_mean(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Mean of some vectors, of length 1."""
    mean = np.mean(vectors, axis=0)
    unit: NDArray[np.float32] = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
    return unit


def portrait(path: Path, finder: FaceFinder, embedder: Embedder) -> NDArray[np.float32]:
    """The embedding of whoever a picture shows, or the first frame of a video that shows somebody; the largest face.

    Raises:
        MissingError: nobody is seen.
        MediaError: the file cannot be read.
    """
    clip = read(path)
    for frame in clip.frames():
        for face in finder.find(frame):
            if face.landmarks is not None:
                return embedder.embed(frame, face)
    raise MissingError(f"no face was found in {path}", "give a picture that shows the person clearly")


def likeness(one: Track, portraits: Sequence[NDArray[np.float32]]) -> float:
    """Largest cosine of a track's embedding with those of some portraits; -1 where it has none."""
    embedding = next((face.embedding for face in one.faces.values() if face.embedding is not None), None)
    if embedding is None or not portraits:
        return -1.0
    return float(max(embedding @ other for other in portraits))


def only(
    tracks: Tracks,
    *,
    like: Sequence[NDArray[np.float32]] = (),
    unlike: Sequence[NDArray[np.float32]] = (),
    same_person: float,
) -> Tracks:
    """The tracks that are like some of the portraits, and like none of others.

    Args:
        tracks: with embeddings.
        like: keep who is like any of these; everybody where there are none.
        unlike: leave out who is like any of these.
        same_person: cosine from which two are alike.
    """
    kept = [
        one
        for one in tracks.tracks
        if (not like or likeness(one, like) >= same_person) and likeness(one, unlike) < same_person
    ]
    return replace(tracks, tracks=tuple(kept))


def told_apart(
    tracks: Tracks, portraits: Sequence[NDArray[np.float32]], *, same_person: float
) -> tuple[tuple[Track, ...], ...]:
    """The tracks of whom each portrait shows.

    A track is the portrait's that it is most like. Nobody is twice in one frame: of tracks that overlap, the one that
    is most like the portrait is taken.

    Args:
        tracks: with embeddings.
        portraits: their embeddings.
        same_person: cosine below which nobody is taken for anybody.

    Returns:
        The tracks by portrait, in the portraits' order; empty where nobody is like one.
    """
    chosen: list[list[Track]] = [[] for _ in portraits]
    alike = [
        (likeness(one, [portrait]), place, one) for one in tracks.tracks for place, portrait in enumerate(portraits)
    ]
    taken: set[int] = set()
    for cosine, place, one in sorted(alike, key=lambda found: -found[0]):
        seen_already = any(not one.faces.keys().isdisjoint(other.faces) for other in chosen[place])
        if cosine >= same_person and id(one) not in taken and not seen_already:
            chosen[place].append(one)
            taken.add(id(one))
    return tuple(tuple(found) for found in chosen)
