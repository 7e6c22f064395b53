"""Video reconstruction, the published test of image animation: rebuild a video from its first frame.

Siarohin et al., First Order Motion Model for Image Animation, NeurIPS 2019, section 4: the first frame is the source,
all frames are driving, motion is absolute. Everything happens inside one crop that does not move. Every number stands
beside that of copying the source, without which it says little: a person who sits still is easy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.metrics import KEYPOINT_PICTURE_PX, keypoint_distance, l1, psnr, ssim
from prosopon.arena.tally import Tally, joined
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError, MissingError
from prosopon.core.faces import Box, Face
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.crop import cut, square
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import head_box
from prosopon.faces.identity import Embedder
from prosopon.faces.openings import eye_opening, mouth_opening
from prosopon.faces.track import track
from prosopon.media.read import read
from prosopon.media.sniff import looks_like_media

Reconstruct = Callable[[Frame, Iterator[Frame]], Iterator[Frame]]
"""Source `uint8 (S, S, 3)` and driving frames of that size -> as many results of that size, streamed."""

_MIN_FACES = 0.5
"""Clips in which fewer of the frames show a face are skipped."""
_EMBED_EVERY = 5
"""Who is seen is asked in every fifth of the frames that are looked at: it takes long, and changes slowly."""


@dataclass(frozen=True)
class Reconstruction:
    """What a data set gave.

    Attributes:
        clips: tally by `person/file`.
        skipped: why a clip was left out, by the same name.
        back_end: the face finder's name, None without one.
        size_px, every: as asked for.
    """

    clips: Mapping[str, Tally]
    skipped: Mapping[str, str]
    back_end: str | None
    size_px: int
    every: int

    @property
    def total(self) -> Tally:
        """Over all frames of all clips."""
        return joined(self.clips.values())

    @property
    def people(self) -> dict[str, Tally]:
        """Tally by person."""
        names = dict.fromkeys(name.partition("/")[0] for name in self.clips)
        return {who: joined(t for name, t in self.clips.items() if name.partition("/")[0] == who) for who in names}

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON-able data."""
        return {
            "size_px": self.size_px,
            "every": self.every,
            "faces": self.back_end,
            "total": self.total.as_json(),
            "people": {name: tally.as_json() for name, tally in self.people.items()},
            "clips": {name: tally.as_json() for name, tally in self.clips.items()},
            "skipped": dict(self.skipped),
        }


def find_clips(folder: Path) -> dict[str, Path]:
    """The videos of a data set by name, `person/file`: of its folder `test`, as published sets have one, else of it.

    Each sub-folder is a person. Of videos that lie flat, the part of the name before `#`, else the whole name, is the
    person. A folder of PNG pictures is a video. Texts and tables beside the footage are passed over; what else is no
    video is found out when it is read.

    Raises:
        MissingError: there is no such folder, or there are no files in it.
    """
    if not folder.is_dir():
        raise MissingError(f"there is no folder {folder}", "give a folder of videos, a sub-folder for each person")
    folder = folder / "test" if (folder / "test").is_dir() else folder
    found: dict[str, Path] = {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_file() and not looks_like_media(entry):
            continue
        if entry.is_dir() and not _is_frames(entry):
            found |= {f"{entry.name}/{path.relative_to(entry).as_posix()}": path for path in _within(entry)}
        else:
            found[f"{entry.stem.partition('#')[0]}/{entry.name}"] = entry
    if not found:
        raise MissingError(f"there are no videos in {folder}", "give a folder of videos, a sub-folder for each person")
    return found


def _is_frames(folder: Path) -> bool:
    suffixes = {path.suffix.lower() for path in folder.iterdir() if path.is_file()}
    return ".png" in suffixes and suffixes <= {".png", ".txt"}


def _within(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not _is_frames(path):
            yield from _within(path)
        elif path.is_dir() or looks_like_media(path):
            yield path


def measure(
    files: Mapping[str, Path],
    reconstruct: Reconstruct,
    finder: FaceFinder | None,
    *,
    embedder: Embedder | None = None,
    size_px: int = KEYPOINT_PICTURE_PX,
    every: int = 1,
    max_clips: int | None = None,
    progress: Progress = SILENT,
) -> Reconstruction:
    """Reconstruct videos and compare them with themselves.

    Args:
        files: by name, as `find_clips` gives them.
        reconstruct: what is measured.
        finder: finds the crop and the keypoints; without one the middle square of the picture is taken, and the
            keypoint metrics are left out.
        embedder: tells whether it still looks like the person; without one that metric is left out.
        size_px: side of the pictures that are compared.
        every: look at every n-th frame.
        max_clips: stop after so many measured clips.
        progress: hears of every frame, and of every clip that is skipped.

    Raises:
        MissingError: not one of the files is a video that can be measured.
    """
    clips: dict[str, Tally] = {}
    skipped: dict[str, str] = {}
    for name, path in files.items():
        if max_clips is not None and len(clips) >= max_clips:
            break
        try:
            clip = read(path)
            found = measure_clip(
                clip, reconstruct, finder, embedder=embedder, size_px=size_px, every=every, progress=progress
            )
        except MediaError as error:
            found = error.what
        if isinstance(found, Tally):
            clips[name] = found
        else:
            skipped[name] = found
            progress.note(f"{name} is skipped: {found}")
    if not clips:
        reason = next(iter(skipped.values()), "there are no files")
        raise MissingError(
            f"not one of {len(skipped)} files can be measured (the first: {reason})",
            "give a folder of videos, each of one face that can be seen",
        )
    return Reconstruction(clips, skipped, None if finder is None else finder.name, size_px, every)


def measure_clip(
    clip: Clip,
    reconstruct: Reconstruct,
    finder: FaceFinder | None,
    *,
    embedder: Embedder | None = None,
    size_px: int = KEYPOINT_PICTURE_PX,
    every: int = 1,
    progress: Progress = SILENT,
) -> Tally | str:
    """One clip's tally, or why it is skipped."""
    if len(clip) < 2:
        return "it is not a video"
    box = _whole(clip) if finder is None else _face_box(clip, finder, every, progress)
    if box is None:
        return "no face is clearly seen in it"

    progress.start(f"reconstructing {clip.name}", -(-len(clip) // every))
    source = cut(clip.first(), box, size_px)
    wanted, driving = tee(crops(clip, box, size_px, every))
    tally = compare(source, wanted, reconstruct(source, driving), finder, embedder=embedder, progress=progress)
    progress.finish()
    return tally


def crops(clip: Clip, box: Box, size_px: int, every: int) -> Iterator[Frame]:
    """Every n-th frame of a clip, cut along a box that does not move, `uint8 (size_px, size_px, 3)`."""
    return (cut(frame, box, size_px) for index, frame in enumerate(clip.frames()) if index % every == 0)


def compare(
    source: Frame,
    wanted: Iterable[Frame],
    made: Iterable[Frame],
    finder: FaceFinder | None,
    *,
    embedder: Embedder | None = None,
    progress: Progress = SILENT,
) -> Tally:
    """One clip's tally: what was made, and the source unmoved, against what should have been.

    Args:
        source: `uint8 (S, S, 3)`.
        wanted, made: frames of the same size, as many of one as of the other.
        finder: finds the keypoints; without one their metrics are left out.
        embedder: tells whether it still looks like the person; without one, or without a finder, that is left out.
        progress: hears of every frame.

    Raises:
        ValueError: there are more of one than of the other.
    """
    size_px = len(source)
    source_face = None if finder is None else _largest(finder, source)
    tally = Tally(n_clips=1)
    openings: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    passed = _Passed()
    for truth, result in zip(wanted, made, strict=True):
        of_made, of_copy = _pixels(result, truth), _pixels(source, truth)
        if np.isinf([of_made["psnr"], of_copy["psnr"]]).any():
            # An exact frame, such as the first one copied, would make the mean infinite; it is left out of both.
            del of_made["psnr"], of_copy["psnr"]
        truth_face = None if finder is None else _largest(finder, truth)
        if finder is not None and truth_face is not None:
            tally.n_wanted_faces += 1
            made_face = _largest(finder, result)
            of_made |= _keypoints(made_face, truth_face, size_px)
            of_copy |= _keypoints(source_face, truth_face, size_px)
            if made_face is not None:
                openings.append((_openings(made_face), _openings(truth_face)))
            passed.add(made_face, truth_face)
            if embedder is not None and source_face is not None and tally.n_frames % _EMBED_EVERY == 0:
                wanted_one = embedder.embed(truth, truth_face)
                of_copy["identity"] = float(embedder.embed(source, source_face) @ wanted_one)
                if made_face is not None:
                    of_made["identity"] = float(embedder.embed(result, made_face) @ wanted_one)
        else:
            passed.forget()
        if (jitter := passed.jitter(size_px)) is not None:
            of_made["jitter"], of_copy["jitter"] = jitter
        tally.add(of_made, of_copy)
        tally.n_frames += 1
        progress.advance()
    if openings:
        tally.add_slopes(*(np.stack(series) for series in zip(*openings, strict=True)))
    return tally


class _Passed:
    """Landmarks of the last three frames, made and true."""

    def __init__(self) -> None:
        self._held: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []

    def forget(self) -> None:
        self._held.clear()

    def add(self, made: Face | None, truth: Face) -> None:
        if made is None or made.landmarks is None or truth.landmarks is None:
            return self.forget()
        self._held = [*self._held[-2:], (made.landmarks.astype(np.float64), truth.landmarks.astype(np.float64))]
        return None

    def jitter(self, size_px: int) -> tuple[float, float] | None:
        """Mean difference of the accelerations, and that of a picture that stands still; None before three frames."""
        if len(self._held) < 3:
            return None
        (a, x), (b, y), (c, z) = self._held
        wanted = x - 2 * y + z
        scale = KEYPOINT_PICTURE_PX / size_px
        return float(np.abs(a - 2 * b + c - wanted).mean() * scale), float(np.abs(wanted).mean() * scale)


def _whole(clip: Clip) -> Box:
    side = min(clip.width, clip.height)
    left, top = (clip.width - side) / 2, (clip.height - side) / 2
    return square(Box(left, top, left + side, top + side))


def _face_box(clip: Clip, finder: FaceFinder, every: int, progress: Progress) -> Box | None:
    tracks = track(clip, finder, every=every, progress=progress)
    person = tracks.main
    if person is None or len(person) < _MIN_FACES * tracks.n_frames:
        return None
    points = [face.landmarks for face in person.faces.values() if face.landmarks is not None]
    return head_box(points) if points else None


def _largest(finder: FaceFinder, picture: Frame) -> Face | None:
    return next((face for face in finder.find(picture) if face.landmarks is not None), None)


def _pixels(picture: Frame, wanted: Frame) -> dict[str, float]:
    return {"l1": l1(picture, wanted), "psnr": psnr(picture, wanted), "ssim": ssim(picture, wanted)}


def _openings(face: Face) -> NDArray[np.float64]:
    """Opening of eyes and of mouth, `(2,)`, of a face with landmarks."""
    assert face.landmarks is not None  # noqa: S101 - `_largest` gives no others
    points = face.landmarks.astype(np.float64)
    return np.array([eye_opening(points), mouth_opening(points)])


def _keypoints(face: Face | None, wanted: Face, size_px: int) -> dict[str, float]:
    """Distances where both have a face; whether one is missing always."""
    if face is None or face.landmarks is None or wanted.landmarks is None:
        return {"mkr": 1.0}
    apart = keypoint_distance(face.landmarks, wanted.landmarks, size_px)
    return {"akd": apart.whole, "akd_eyes": apart.eyes, "akd_mouth": apart.mouth, "mkr": 0.0}
