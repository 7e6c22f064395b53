"""Who can be seen in a clip: one pass over its frames, no more of them than are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.finder import FaceFinder
from prosopon.faces.track import track

LOOKS_PER_SECOND = 10.0
"""So many frames of a second are searched for faces where nobody needs all of them."""


@dataclass(frozen=True)
class Looked:
    """What was found.

    Attributes:
        tracks: all people, the most prominent first.
        every: every how manieth frame was searched.
        n_frames: frames of the clip, all of which were read.
    """

    tracks: Tracks
    every: int
    n_frames: int

    @property
    def n_looked(self) -> int:
        """Frames that were searched."""
        return self.tracks.n_frames

    @property
    def n_with_faces(self) -> int:
        """Frames in which somebody was found."""
        return len({index for person in self.tracks.tracks for index in person.faces})


def look(clip: Clip, finder: FaceFinder, *, all_frames: bool, progress: Progress = SILENT) -> Looked:
    """Find and follow the faces of a clip that has frames.

    Args:
        clip: a still or a video.
        finder: looks at single frames.
        all_frames: search every frame; else about ten of each second.
        progress: hears of every frame.
    """
    every = 1
    if not all_frames and clip.fps is not None:
        every = max(1, round(float(clip.fps) / LOOKS_PER_SECOND))
    return Looked(track(clip, finder, every=every, progress=progress), every, len(clip))


def bridged(person: Track, every: int) -> Track:
    """Somebody of whom every n-th frame is known, with the frames between: landmarks go straight from one to the next.

    Gaps in which the person was looked for and not found stay as they are.
    """
    if every == 1:
        return person
    faces: dict[int, Face] = {}
    known = sorted(person.faces)
    for first, second in pairwise(known):
        faces[first] = person.faces[first]
        if second - first <= every:
            faces |= _between(person.faces, first, second)
    return Track(faces | {known[-1]: person.faces[known[-1]]})


def _between(faces: Mapping[int, Face], first: int, second: int) -> dict[int, Face]:
    start, stop = faces[first].landmarks, faces[second].landmarks
    if start is None or stop is None:
        return {}
    found = {}
    for index in range(first + 1, second):
        share = (index - first) / (second - first)
        points: NDArray[np.float32] = ((1 - share) * start + share * stop).astype(np.float32)
        found[index] = Face.around(points)
    return found
