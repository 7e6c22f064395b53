"""One person's faces to learn from: what `prosopon faces` left in a folder, as arrays that training reads quickly.

A store (`train.store`) has the columns `pictures` `uint8 (N, S, S, 3)`, the faces as they were cut out; `masks`
`uint8 (N, S, S, 3)`: what is face, eyes, mouth; `landmarks` `float32 (N, 68, 2)` in pixels of the picture, the first
pixel's centre being (0.5, 0.5); and `yaws` `float32 (N,)` in degrees, NaN where nobody knows. Each track of each file
is a shot. The crops that training sees are cut out of these pictures, so that a folder serves every plan and face type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import MediaError, MissingError, ProsoponError, UsageError
from prosopon.core.faces import Face
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.maps import apply
from prosopon.faces.alignment import Aligned, Alignment, read_alignment
from prosopon.train.store import ArrayStore, Column, Rows, Shot, kept, write_store

ALIGNMENT = "alignment.jsonl"
MASK_KINDS = ("extended", "eyes", "mouth")
"""What the channels of a mask are: the face, where the folder has no masks of its own; eyes; mouth."""
_FEWEST = 8
"""Faces of a person below which nothing can be learnt."""
_VERSION = 1
"""Of the columns: another one makes stores anew."""


class FaceStore(ArrayStore):
    """One person's faces, a shot for each track of each file."""

    columns: ClassVar = {"landmarks": Column("<f4", (68, 2)), "yaws": Column("<f4", ())}

    @property
    def pictures(self) -> NDArray[np.uint8]:
        """Faces, `(N, S, S, 3)`."""
        return self.arrays["pictures"]

    @property
    def masks(self) -> NDArray[np.uint8]:
        """What is face, eyes and mouth, `(N, S, S, 3)`, 0 to 255."""
        return self.arrays["masks"]

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """In pixels of the pictures, `(N, 68, 2)`."""
        return self.arrays["landmarks"]

    def face(self, row: int) -> Face:
        """Where the face is in a picture."""
        return Face.around(np.asarray(self.landmarks[row]))

    @property
    def yaws(self) -> NDArray[np.float32]:
        """In degrees, `(N,)`; NaN where nobody knows."""
        return self.arrays["yaws"]

    @property
    def side_px(self) -> int:
        """Side of the pictures."""
        return int(self.pictures.shape[1])


@dataclass(frozen=True)
class Found:
    """A face of a folder that can be learnt from."""

    aligned: Aligned
    picture: Path
    points: NDArray[np.float64]


def face_store(folder: Path, *, mask: str | None = None, progress: Progress = SILENT) -> FaceStore:
    """The faces of a folder that `prosopon faces` made; read once, and kept.

    Args:
        folder: with `alignment.jsonl` and the pictures that it names.
        mask: kind of the folder's own masks that say what is face (`extended`, `parsed`, ...); None: the hull of the
            landmarks, brows raised.
        progress: hears of every picture that is read.

    Raises:
        MissingError: there is no such folder, or no such masks in it.
        MediaError: the alignment file is damaged, or of a version that did not say where the pictures lie. A picture
            that cannot be read is noted and left out.
        ProsoponError: there are too few faces to learn from.
    """
    if not (folder / ALIGNMENT).is_file():
        raise MissingError(f"{folder} has no {ALIGNMENT}", f"make it with: prosopon faces FILE -o {folder}")
    alignment = read_alignment(folder / ALIGNMENT)
    faces = _found(folder, alignment)
    if len(faces) < _FEWEST:
        raise ProsoponError(
            f"{folder} has {len(faces)} faces with pictures and landmarks", f"give {_FEWEST} or more, best hundreds"
        )
    if mask is not None and any(mask not in one.aligned.masks for one in faces):
        raise MissingError(
            f"{folder} has no masks of the kind {mask!r}", f"make them with: prosopon faces ... --masks {mask}"
        )
    stamps = sorted((one.picture.name, one.picture.stat().st_size) for one in faces)
    origin = ["faces", _VERSION, sha256_of(folder / ALIGNMENT), mask, stamps]

    def fill(made: Path) -> None:
        progress.start(f"reading the faces of {folder.name}", len(faces))
        shots = _shots(folder, alignment, faces, mask, progress)
        first = next(shots, None)
        if first is None:
            raise ProsoponError(f"no picture of {folder} can be read", "make it again with prosopon faces")
        side = first[1]["pictures"].shape[1]
        square = Column("|u1", (side, side, 3))
        write_store(made, {"pictures": square, "masks": square, **FaceStore.columns}, _chained(first, shots))
        progress.finish()

    return FaceStore.open(kept(origin, fill))


def check_one_person(folder: Path) -> None:
    """Refuse a folder that shows two people at once; one person in many files is one, however many tracks that makes.

    Raises:
        UsageError: two faces whose pictures are there are of one frame.
    """
    alignment = read_alignment(folder / ALIGNMENT)
    seen: dict[tuple[int, int], str] = {}
    for one in _found(folder, alignment):
        place = (one.aligned.source, one.aligned.frame)
        if place in seen:
            raise UsageError(
                f"{folder} shows more than one person: {seen[place]} and {one.aligned.crop} are of one frame",
                "make it again with prosopon faces --like PORTRAIT or --most 1, or delete the pictures of the others",
            )
        seen[place] = str(one.aligned.crop)


def _found(folder: Path, alignment: Alignment) -> list[Found]:
    found = []
    base = folder.resolve()
    for one in alignment.faces:
        if one.crop is None or one.face.landmarks is None:
            continue
        if one.matrix is None:
            raise MediaError(
                f"{folder / ALIGNMENT} does not say how its pictures were cut out", "make it again with prosopon faces"
            )
        path = (folder / one.crop).resolve()
        if not path.is_relative_to(base):
            raise MediaError(f"{folder / ALIGNMENT} names a picture outside its folder: {one.crop}", "do not use it")
        if path.is_file():  # looked through by hand, bad faces are deleted
            found.append(Found(one, path, apply(one.matrix, one.face.landmarks)))
    return found


def _shots(
    folder: Path, alignment: Alignment, faces: Sequence[Found], mask: str | None, progress: Progress
) -> Iterator[tuple[Shot, Rows]]:
    """The faces, track by track in order of time."""
    tracks: dict[tuple[int, int], list[Found]] = {}
    for one in faces:
        tracks.setdefault((one.aligned.source, one.aligned.track), []).append(one)
    side: int | None = None
    for (source, track), found in sorted(tracks.items()):
        rows: dict[str, list[NDArray[np.generic]]] = {"pictures": [], "masks": [], "landmarks": [], "yaws": []}
        for one in sorted(found, key=lambda face: face.aligned.frame):
            progress.advance()
            try:
                picture = _read(one.picture)
            except MediaError as error:
                progress.note(f"{error.what}: left out")
                continue
            side = side or picture.shape[1]
            scale = side / picture.shape[1]
            points = one.points * scale
            if picture.shape[:2] != (side, side):
                picture = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS))
            drawn = [landmark_mask(points, side, kind) for kind in MASK_KINDS]  # type: ignore[arg-type]
            if mask is not None:
                own = Image.fromarray(_read(folder / one.aligned.masks[mask], "L"))
                drawn[0] = np.asarray(own.resize((side, side), Image.Resampling.BILINEAR), np.float32) / np.float32(255)
            pose = one.aligned.face.pose
            rows["pictures"].append(picture)
            rows["masks"].append(np.round(np.stack(drawn, -1) * 255).astype(np.uint8))
            rows["landmarks"].append(points.astype(np.float32))
            rows["yaws"].append(np.asarray(np.nan if pose is None else pose.yaw, np.float32))
        if not rows["pictures"]:
            continue
        name = f"{alignment.sources[source].file} {track}" if alignment.sources else f"{folder.name} {track}"
        kind = "still" if len(found) == 1 else "footage"
        yield Shot(name, folder.name, kind), {key: np.stack(values) for key, values in rows.items()}


def _chained(first: tuple[Shot, Rows], others: Iterator[tuple[Shot, Rows]]) -> Iterator[tuple[Shot, Rows]]:
    yield first
    yield from others


def _read(path: Path, mode: str = "RGB") -> NDArray[np.uint8]:
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert(mode))
    except (OSError, SyntaxError, ValueError) as error:
        raise MediaError(f"{path} cannot be read: {error}", "delete it, or run prosopon faces again") from error
