"""Faces cut out of pictures and footage once, with the teacher's landmarks, for the built-in nets to learn from.

A store is a folder: `pictures.bin` `uint8 (N, 320, 320, 3)`, squares around faces that show their surroundings too;
`landmarks.npy` `float32 (N, 68, 2)` in pixels of the square, NaN where there is no face; `inside.npy` `float32 (N, 4)`,
the part (left, top, right, bottom) of the square that the picture really covers; `index.json` says what each row is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError, MissingError, ProsoponError
from prosopon.core.faces import Box, Face
from prosopon.core.home import home
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.crop import cut
from prosopon.faces.finder import FaceFinder
from prosopon.faces.stance import Stance
from prosopon.media.read import read
from prosopon.media.sniff import looks_like_media
from prosopon.models.files import sha256_of

PICTURE_PX = 320
SIDE = 2.4
"""Side of a stored square in units of the face's size."""
_SMALLEST_FACE_PX = 48


@dataclass(frozen=True)
class Cutting:
    """One row of a store."""

    picture: Frame
    landmarks: NDArray[np.float32] | None
    inside: tuple[float, float, float, float]


@dataclass(frozen=True)
class Shot:
    """Neighbouring rows of a store that show one person, or nobody.

    Attributes:
        name: file or clip.
        person: who.
        kind: `footage`, `still`, `rendered` or `nobody`.
        start, stop: rows.
    """

    name: str
    person: str
    kind: str
    start: int = 0
    stop: int = 0


@dataclass(frozen=True)
class FaceStore:
    """A read-only store; the pictures stay on disk."""

    folder: Path
    shots: tuple[Shot, ...]
    pictures: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    inside: NDArray[np.float32]

    @classmethod
    def open(cls, folder: Path) -> FaceStore:
        """Open a store.

        Raises:
            MissingError: the folder holds none.
        """
        try:
            table = json.loads((folder / "index.json").read_text(encoding="utf-8"))
            shape = (table["rows"], PICTURE_PX, PICTURE_PX, 3)
            return cls(
                folder,
                tuple(Shot(**shot) for shot in table["shots"]),
                np.memmap(folder / "pictures.bin", np.uint8, "r", shape=shape),
                np.load(folder / "landmarks.npy"),
                np.load(folder / "inside.npy"),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MissingError(f"{folder} holds no prepared faces ({error})", "prepare them again") from error

    def __reduce__(self) -> tuple[Callable[[Path], FaceStore], tuple[Path]]:
        """Worker processes open it again rather than being sent the pictures."""
        return FaceStore.open, (self.folder,)

    def sha256(self) -> str:
        """Content id of everything that training reads of it."""
        names = ("pictures.bin", "landmarks.npy", "inside.npy", "index.json")
        return hashlib.sha256("".join(sha256_of(self.folder / name) for name in names).encode()).hexdigest()


def cut_face(frame: Frame, landmarks: NDArray[np.float32]) -> Cutting:
    """A face with its surroundings, as a store keeps it.

    Args:
        frame: `uint8 (H, W, 3)`.
        landmarks: `(68, 2)` in its pixels.
    """
    stance = Stance.of(landmarks)
    half = stance.size * SIDE / 2
    box = Box(stance.x - half, stance.y - half, stance.x + half, stance.y + half)
    return _cutting(frame, box, landmarks)


def cut_nobody(frame: Frame) -> Cutting:
    """The largest square in the middle of a picture without faces."""
    height, width = frame.shape[:2]
    half = min(height, width) / 2
    return _cutting(frame, Box(width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half), None)


def _cutting(frame: Frame, box: Box, landmarks: NDArray[np.float32] | None) -> Cutting:
    scale = PICTURE_PX / box.width
    height, width = frame.shape[:2]
    left, top = max(0.0, -box.left * scale), max(0.0, -box.top * scale)
    right, bottom = (min(float(PICTURE_PX), side * scale) for side in (width - box.left, height - box.top))
    points = None if landmarks is None else ((landmarks - (box.left, box.top)) * scale).astype(np.float32)
    return Cutting(cut(frame, box, PICTURE_PX), points, (left, top, right, bottom))


def write_store(folder: Path, shots: Iterable[tuple[Shot, Sequence[Cutting]]]) -> None:
    """Fill an empty folder with a store.

    Raises:
        ProsoponError: there is not one row.
    """
    table: list[Shot] = []
    landmarks: list[NDArray[np.float32]] = []
    inside: list[tuple[float, float, float, float]] = []
    nowhere = np.full((68, 2), np.nan, np.float32)
    with (folder / "pictures.bin").open("wb") as file:
        for shot, cuttings in shots:
            for cutting in cuttings:
                file.write(np.ascontiguousarray(cutting.picture).tobytes())
                landmarks.append(nowhere if cutting.landmarks is None else cutting.landmarks)
                inside.append(cutting.inside)
            stop = len(inside)
            table.append(Shot(shot.name, shot.person, shot.kind, stop - len(cuttings), stop))
    if not inside:
        raise ProsoponError("no faces were found to learn from", f"give faces of {_SMALLEST_FACE_PX} pixels or more")
    np.save(folder / "landmarks.npy", np.stack(landmarks))
    np.save(folder / "inside.npy", np.array(inside, np.float32))
    # The index last: a folder without it is no store, so a broken preparation is never mistaken for a whole one.
    index = {"rows": len(inside), "shots": [asdict(shot) for shot in table]}
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def kept(origin: Any, shots: Callable[[], Iterable[tuple[Shot, Sequence[Cutting]]]]) -> FaceStore:
    """The store that follows from `origin`: the one that was written before, else the one that `shots` fills now.

    Args:
        origin: all that decides the content, JSON-able.
        shots: makes the rows; called only where they are not there.
    """
    facts = ["faces", PICTURE_PX, SIDE, origin]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]
    folder = home() / "prepared" / digest
    if not (folder / "index.json").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{digest}.", dir=folder.parent))
        try:
            write_store(temporary, shots())
            if not folder.exists():  # another process may have been quicker; the content is the same
                temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return FaceStore.open(folder)


def media_files(folders: Sequence[Path]) -> list[tuple[Path, str]]:
    """Pictures and videos in folders and below, each with the name of its person: the sub-folder, else the file.

    Raises:
        MissingError: a folder is not there.
    """
    files = []
    for folder in folders:
        if not folder.is_dir():
            raise MissingError(f"there is no folder {folder}", "give a folder with pictures or videos")
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not any(part.startswith(".") for part in inside.parts) and looks_like_media(path):
                files.append((path, inside.parts[0] if len(inside.parts) > 1 else path.name))
    return files


def prepare(
    folders: Sequence[Path], teacher: Callable[[], FaceFinder] | None, *, every: int, progress: Progress = SILENT
) -> FaceStore:
    """Cut the faces out of all that lies in `folders`, or take what was cut of the same files before.

    Args:
        folders: each with files, or with a sub-folder for each person.
        teacher: opens the finder whose landmarks are learnt; None: the pictures show nobody.
        every: keep every n-th frame of videos.
        progress: hears of every file.

    Raises:
        MissingError: a folder is not there, or the teacher is not installed.
        ProsoponError: there is nothing in any of it.
    """
    files = media_files(folders)
    seen = [(path.name, person, path.stat().st_size, path.stat().st_mtime_ns) for path, person in files]
    return kept([every, teacher is None, seen], lambda: _shots(files, teacher, every, progress))


def _shots(
    files: Sequence[tuple[Path, str]], teacher: Callable[[], FaceFinder] | None, every: int, progress: Progress
) -> Iterator[tuple[Shot, list[Cutting]]]:
    finder = None if teacher is None else teacher()
    progress.start("cutting faces out", len(files))
    for path, person in files:
        progress.advance()
        try:
            clip = read(path)
        except MediaError as error:
            progress.note(f"{path.name} is left out: {error.what}")
            continue
        if not len(clip):
            continue
        kind = "nobody" if finder is None else "still" if clip.is_still else "footage"
        cuttings = [*_cuttings(clip, finder, every)]
        if cuttings:
            yield Shot(path.name, person, kind), cuttings
        else:
            progress.note(f"{path.name}: no clear face, left out")
    progress.finish()


def _cuttings(clip: Clip, finder: FaceFinder | None, every: int) -> Iterator[Cutting]:
    for index, frame in enumerate(clip.frames()):
        if index % every:
            continue
        if finder is None:
            yield cut_nobody(frame)
            continue
        yield from teachable(frame, finder.find(frame))


def teachable(frame: Frame, faces: Sequence[Face]) -> Iterator[Cutting]:
    """Faces that are large enough and alone in their surroundings: what a square shows beside is taken for no face."""
    for face in faces:
        if face.landmarks is None or Stance.of(face.landmarks).size < _SMALLEST_FACE_PX:
            continue
        x, y = face.box.centre
        reach = max(face.box.width, face.box.height) * SIDE
        others = [other.box.centre for other in faces if other is not face]
        if all(max(abs(x - other_x), abs(y - other_y)) > reach for other_x, other_y in others):
            yield cut_face(frame, face.landmarks)
