"""Faces cut out of footage once, so that training reads small pictures and not whole videos.

A store (`train.store`) has the columns `frames` `uint8 (N, S, S, 3)` and `landmarks` `float32 (N, 68, 2)` in pixels of
the crop (the centre of the first pixel is (0.5, 0.5); NaN where no face was found); each clip is a shot. Every clip is
cut with one box that does not move, so that the head moves in it as it did before the camera.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box, Track
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.held_out import Passage, spread
from prosopon.faces.crop import cut
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import still_box
from prosopon.faces.track import track
from prosopon.train.store import ArrayStore, Column, Rows, Shot, kept, write_store

FRAME_PX = 176
"""Side of a stored crop."""
CROP_SIDE = 2.2
"""Side of a stored crop in units of the face's size (the longer side of its 68 landmarks' box)."""
_MEASURED_SHARE = 0.78
"""Side of what is measured on as a share of the stored crop: the middle of what training sees."""
_MIN_FACES = 0.5
"""Footage in which fewer of the frames show the person is left out."""


class Store(ArrayStore):
    """Faces cut out of clips, a shot each."""

    columns: ClassVar[Mapping[str, Column]] = {
        "frames": Column("|u1", (FRAME_PX, FRAME_PX, 3)),
        "landmarks": Column("<f4", (68, 2)),
    }

    @property
    def frames(self) -> NDArray[np.uint8]:
        """Crops, `(N, S, S, 3)`."""
        return self.arrays["frames"]

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """Their landmarks in pixels, `(N, 68, 2)`; NaN where no face was found."""
        return self.arrays["landmarks"]

    def passages(self, size_px: int) -> Iterator[Passage]:
        """A passage of each shot that has several frames, of the middle of its crops, in pictures of `size_px`."""
        side = FRAME_PX * _MEASURED_SHARE
        start = (FRAME_PX - side) / 2
        box = Box(start, start, start + side, start + side)
        for shot in self.shots:
            if shot.stop - shot.start > 1:
                indices = spread(shot.start, shot.stop)
                shares = (np.asarray(self.landmarks[indices]) - start) / side
                # To the lattice of the nets, whose +-1 are pixel centres.
                points = ((shares * 2 - 1) * (size_px / (size_px - 1))).astype(np.float32)
                yield Passage(np.stack([cut(self.frames[index], box, size_px) for index in indices]), points)


@dataclass(frozen=True)
class Cutting:
    """Frames of one clip as they go into a store."""

    frames: list[Frame]
    landmarks: list[NDArray[np.float32]]

    def rows(self) -> Rows:
        """All that a store keeps of them."""
        return {"frames": np.stack(self.frames), "landmarks": np.stack(self.landmarks)}


def cut_clip(clip: Clip, finder: FaceFinder, every: int, progress: Progress) -> Cutting | None:
    """The main person of a clip, cut out of every n-th frame; None where it is not clearly there."""
    tracks = track(clip, finder, every=every, progress=progress)
    person: Track | None = tracks.main
    if person is None or len(person) < _MIN_FACES * tracks.n_frames:
        return None
    points = {index: face.landmarks for index, face in person.faces.items() if face.landmarks is not None}
    if not points:
        return None
    box = still_box(points.values(), CROP_SIDE)
    scale = FRAME_PX / box.width
    out = Cutting([], [])
    for index, frame in enumerate(clip.frames()):
        if index % every:
            continue
        out.frames.append(cut(frame, box, FRAME_PX))
        found = points.get(index)
        moved = np.full((68, 2), np.nan) if found is None else (found - (box.left, box.top)) * scale
        out.landmarks.append(moved.astype(np.float32))
    return out


def write_cuttings(folder: Path, cuttings: Iterable[tuple[Shot, Cutting]]) -> Store:
    """Write cuttings as a store, each as it comes.

    Raises:
        ProsoponError: there is nothing to write.
    """
    rows = ((shot, cutting.rows()) for shot, cutting in cuttings)
    write_store(folder, Store.columns, rows, advice="give footage that shows one face, 40 pixels or more")
    return Store.open(folder)


def kept_cuttings(origin: Any, cuttings: Callable[[], Iterable[tuple[Shot, Cutting]]]) -> Store:
    """The store that follows from `origin`: the one that was written before, else of the `cuttings` made now.

    Args:
        origin: all that decides the content, JSON-able.
        cuttings: called only where they are not there.
    """
    facts = ["fomm", FRAME_PX, CROP_SIDE, origin]
    return Store.open(kept(facts, lambda folder: write_cuttings(folder, cuttings())))


def footage_cuttings(
    clips: Iterable[tuple[Clip, str]], finder: FaceFinder, *, every: int = 1, progress: Progress = SILENT
) -> Iterator[tuple[Shot, Cutting]]:
    """Cut clips, each given with the name of its person; those without a clear face are noted and left out."""
    for clip, person in clips:
        cutting = cut_clip(clip, finder, every, progress)
        if cutting is None:
            progress.note(f"{clip.name}: no clear face, left out")
            continue
        kind = "still" if clip.is_still else "footage"
        yield Shot(clip.name, person, kind, sha256=clip.sha256), cutting
