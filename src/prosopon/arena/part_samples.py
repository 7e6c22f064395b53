"""Clips that parts are measured on: rendered people, of whom everything is known, and footage of real ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.part_segmentation import SIZE_PX, Sample
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.core.faces import Box
from prosopon.core.parts import Part
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.crop import cut
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import head_box
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.track import track
from prosopon.media.read import read
from prosopon.studio.truth import read_truth

_NOBODY = (Part.BACKGROUND,)
_NO_HEAD = (Part.BACKGROUND, Part.NECK, Part.CLOTHES)
_MIN_FACES = 0.5
"""Footage in which fewer of the frames show the person is left out."""


def rendered_samples(folder: Path, *, every: int = 1, progress: Progress = SILENT) -> Iterator[Sample]:
    """What `prosopon studio render` wrote: exact landmarks and masks.

    Raises:
        MissingError: there is none.
        MediaError: it is damaged.
    """
    people = read_truth(folder).people
    progress.start("measuring rendered people", len(people))
    for person in people:
        box = head_box([*person.landmarks])
        frames, masks, heads, indices = [], [], [], []
        for index, frame in enumerate(read(person.clip).frames()):
            if index % every:
                continue
            indices.append(index)
            frames.append(cut(frame, box, SIZE_PX))
            parts = person.mask(index)
            masks.append(_shown(parts, _NOBODY, box))
            heads.append(_shown(parts, _NO_HEAD, box))
        points = (person.landmarks[indices] - (box.left, box.top)) * (SIZE_PX / box.width)
        yield Sample(person.folder.name, np.stack(frames), points.astype(np.float64), np.stack(masks), np.stack(heads))
        progress.advance()
    progress.finish()


def _shown(parts: NDArray[np.uint8], without: Collection[Part], box: Box) -> NDArray[np.bool_]:
    """What is none of some parts, within a box; beyond the picture's edge what is at the edge."""
    shown = np.where(np.isin(parts, [int(part) for part in without]), np.uint8(0), np.uint8(255))
    seen = cut(np.repeat(shown[..., None], 3, axis=2), box, SIZE_PX)
    return np.asarray(seen[..., 0] > 127)


def footage_samples(
    files: Mapping[str, Path],
    finder: FaceFinder,
    *,
    parser: FaceParser | None = None,
    every: int = 1,
    progress: Progress = SILENT,
) -> Iterator[Sample]:
    """Footage by name; landmarks are the finder's, and masks, where there is a parser, the parser's.

    What cannot be read, or shows no clear face, is noted and left out.
    """
    progress.start("measuring clips", len(files))
    for name, path in files.items():
        progress.advance()
        try:
            sample = _footage(name, read(path), finder, parser, every)
        except MediaError as error:
            progress.note(f"{name} is left out: {error.what}")
            continue
        if sample is None:
            progress.note(f"{name} is left out: no face is clearly seen in it")
        else:
            yield sample


def _footage(
    name: str, clip: Clip, finder: FaceFinder, parser: FaceParser | None, every: int
) -> Sample | None:  # fmt: skip
    tracks = track(clip, finder, every=every)
    person = tracks.main
    if person is None or len(person) < _MIN_FACES * tracks.n_frames:
        return None
    faces = {index: face for index, face in person.faces.items() if face.landmarks is not None}
    if not faces:
        return None
    box = head_box([face.landmarks for face in faces.values() if face.landmarks is not None])
    frames: list[Frame] = []
    points, masks, heads = [], [], []
    for index, frame in enumerate(clip.frames()):
        face = faces.get(index)
        if index % every or face is None or face.landmarks is None:
            continue
        frames.append(cut(frame, box, SIZE_PX))
        points.append((face.landmarks - (box.left, box.top)) * (SIZE_PX / box.width))
        if parser is not None:
            parts = parser.parse(frame, face).in_frame(*frame.shape[:2])
            masks.append(_shown(parts, _NOBODY, box))
            heads.append(_shown(parts, _NO_HEAD, box))
    return Sample(
        name,
        np.stack(frames),
        np.stack(points).astype(np.float64),
        np.stack(masks) if masks else None,
        np.stack(heads) if heads else None,
    )
