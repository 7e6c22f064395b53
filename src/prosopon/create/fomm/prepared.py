"""Faces cut out of footage once, so that training reads small pictures and not whole videos.

A store is a folder: `frames.npy` `uint8 (N, S, S, 3)`, `landmarks.npy` `float32 (N, 68, 2)` in pixels of the crop (the
centre of the first pixel is (0.5, 0.5); NaN where no face was found), and `index.json` with the clips. Every clip is
cut with one box that does not move, so that the head moves in it as it did before the camera.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, ProsoponError
from prosopon.core.faces import Box, Track
from prosopon.core.progress import SILENT, Progress
from prosopon.create.fomm.held_out import Passage, spread
from prosopon.faces.crop import cut
from prosopon.faces.finder import FaceFinder
from prosopon.faces.track import track
from prosopon.models.files import sha256_of

FRAME_PX = 176
"""Side of a stored crop."""
CROP_SIDE = 2.2
"""Side of a stored crop in units of the face's size (the longer side of its 68 landmarks' box)."""
_MEASURED_SHARE = 0.78
"""Side of what is measured on as a share of the stored crop: the middle of what training sees."""
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

    def passages(self, size_px: int) -> Iterator[Passage]:
        """A passage of each clip that has several frames, of the middle of its crops, in pictures of `size_px`."""
        side = FRAME_PX * _MEASURED_SHARE
        start = (FRAME_PX - side) / 2
        box = Box(start, start, start + side, start + side)
        for clip in self.clips:
            if clip.stop - clip.start > 1:
                indices = spread(clip.start, clip.stop)
                shares = (np.asarray(self.landmarks[indices]) - start) / side
                # To the lattice of the nets, whose +-1 are pixel centres.
                points = ((shares * 2 - 1) * (size_px / (size_px - 1))).astype(np.float32)
                yield Passage(np.stack([cut(self.frames[index], box, size_px) for index in indices]), points)

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
    """Write cuttings as a store, each as it comes; start and stop of each clip are filled in here.

    Raises:
        ProsoponError: there is nothing to write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clips: list[dict[str, Any]] = []
    written = 0
    with (
        (folder / "frames.npy").open("wb") as frames_file,
        (folder / "landmarks.npy").open("wb") as landmarks_file,
    ):
        frames = _GrowingArray(frames_file, "|u1", (FRAME_PX, FRAME_PX, 3))
        landmarks = _GrowingArray(landmarks_file, "<f4", (68, 2))
        for clip, cutting in cuttings:
            start, written = written, written + len(cutting.frames)
            frames.append(np.stack(cutting.frames))
            landmarks.append(np.stack(cutting.landmarks))
            clips.append({**asdict(clip), "start": start, "stop": written})
        if not written:
            raise ProsoponError(
                "no faces were found to learn from", "give footage that shows one face, 40 pixels or more"
            )
        frames.finish()
        landmarks.finish()
    # The index last: a folder without it is no store, so a broken preparation is never mistaken for a whole one.
    (folder / "index.json").write_text(json.dumps({"frame_px": FRAME_PX, "clips": clips}), encoding="utf-8")
    return Store.open(folder)


class _GrowingArray:
    """An `.npy` file that grows along its first axis, so that no more than one clip is in memory.

    NumPy pads its headers so that the first axis may become longer without moving the data.
    """

    def __init__(self, file: BinaryIO, descr: str, shape: tuple[int, ...]) -> None:
        self._file, self._descr, self._shape = file, descr, shape
        self._n = 0
        self._write_header()
        self._data_at = file.tell()

    def append(self, rows: NDArray[Any]) -> None:
        """Add `rows (n, *shape)`."""
        self._file.write(np.ascontiguousarray(rows, dtype=self._descr).tobytes())
        self._n += len(rows)

    def finish(self) -> None:
        """Say in the header how many rows there are."""
        self._file.seek(0)
        self._write_header()
        if self._file.tell() != self._data_at:
            raise ProsoponError("NumPy wrote headers of different lengths", "use NumPy 2 or newer")

    def _write_header(self) -> None:
        header = {"descr": self._descr, "fortran_order": False, "shape": (self._n, *self._shape)}
        np.lib.format.write_array_header_1_0(self._file, header)


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
