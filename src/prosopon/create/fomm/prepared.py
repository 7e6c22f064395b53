"""Faces cut out of footage once, so that training reads small pictures and not whole videos.

A store is a folder: `frames.npy` `uint8 (N, S, S, 3)`, `landmarks.npy` `float32 (N, 68, 2)` in pixels of the crop (NaN
where no face was found), and `index.json` with the clips. Every clip is cut with one box that does not move, so that
the head moves in it as it did before the camera.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, ProsoponError
from prosopon.core.faces import Box, Track
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.crop import cut
from prosopon.faces.finder import FaceFinder
from prosopon.faces.track import track
from prosopon.models.files import sha256_of

FRAME_PX = 176
"""Side of a stored crop."""
CROP_SIDE = 2.2
"""Side of a stored crop in units of the face's size (the longer side of its 68 landmarks' box)."""
_MIN_FACES = 0.5
"""Footage in which fewer of the frames show the person is left out."""


@dataclass(frozen=True)
class StoredClip:
    """Where one clip lies in a store."""

    name: str
    person: str
    kind: str
    """`footage`, `still` or `rendered`."""
    start: int
    stop: int
    sha256: str | None = None


@dataclass(frozen=True)
class Store:
    """A read-only store; the arrays stay on disk."""

    folder: Path
    clips: tuple[StoredClip, ...]
    frames: NDArray[np.uint8]
    landmarks: NDArray[np.float32]

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Open a store.

        Raises:
            MissingError: the folder holds none.
        """
        try:
            table = json.loads((folder / "index.json").read_text(encoding="utf-8"))
            return cls(
                folder,
                tuple(StoredClip(**clip) for clip in table["clips"]),
                np.load(folder / "frames.npy", mmap_mode="r"),
                np.load(folder / "landmarks.npy", mmap_mode="r"),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MissingError(f"{folder} holds no prepared faces ({error})", "prepare them again") from error

    def __reduce__(self) -> tuple[Callable[[Path], Store], tuple[Path]]:
        """Worker processes open it again rather than being sent the pictures."""
        return Store.open, (self.folder,)

    def sha256(self) -> str:
        """Content id of everything that training reads of it."""
        names = ("frames.npy", "landmarks.npy", "index.json")
        return hashlib.sha256("".join(sha256_of(self.folder / name) for name in names).encode()).hexdigest()


@dataclass(frozen=True)
class Cutting:
    """Frames of one clip as they go into a store."""

    frames: list[Frame]
    landmarks: list[NDArray[np.float32]]


def face_size(landmarks: NDArray[np.float32]) -> float:
    """Longer side of the landmarks' box in pixels, `(68, 2)` -> a number."""
    span = landmarks.max(0) - landmarks.min(0)
    return float(span.max())


def still_box(landmarks: Iterable[NDArray[np.float32]], side: float) -> Box:
    """One square that holds a face over a whole clip: centred on where it is, `side` median face sizes wide.

    It grows where the head moves so far that the face would leave it.
    """
    points = np.stack(list(landmarks))
    low, high = points.min((0, 1)), points.max((0, 1))
    x, y = ((low + high) / 2).tolist()
    size = float(np.median([face_size(face) for face in points]))
    half = max(side * size, float((high - low).max()) * 1.15) / 2
    return Box(x - half, y - half, x + half, y + half)


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


def write_store(folder: Path, cuttings: Iterable[tuple[StoredClip, Cutting]]) -> Store:
    """Write cuttings as a store; start and stop of each clip are filled in here.

    Raises:
        ProsoponError: there is nothing to write.
    """
    clips: list[dict[str, Any]] = []
    frames: list[Frame] = []
    landmarks: list[NDArray[np.float32]] = []
    for clip, cutting in cuttings:
        start = len(frames)
        frames += cutting.frames
        landmarks += cutting.landmarks
        clips.append({**asdict(clip), "start": start, "stop": len(frames)})
    if not frames:
        raise ProsoponError("no faces were found to learn from", "give footage that shows one face, 40 pixels or more")
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "frames.npy", np.stack(frames))
    np.save(folder / "landmarks.npy", np.stack(landmarks))
    # The index last: a folder without it is no store, so a broken preparation is never mistaken for a whole one.
    (folder / "index.json").write_text(json.dumps({"frame_px": FRAME_PX, "clips": clips}), encoding="utf-8")
    return Store.open(folder)


def footage_cuttings(
    clips: Iterable[tuple[Clip, str]], finder: FaceFinder, *, every: int = 1, progress: Progress = SILENT
) -> Iterator[tuple[StoredClip, Cutting]]:
    """Cut clips, each given with the name of its person; those without a clear face are noted and left out."""
    for clip, person in clips:
        cutting = cut_clip(clip, finder, every, progress)
        if cutting is None:
            progress.note(f"{clip.name}: no clear face, left out")
            continue
        kind = "still" if clip.is_still else "footage"
        yield StoredClip(clip.name, person, kind, 0, 0, clip.sha256), cutting
