"""Footage with the faces of every frame: followed once and kept, for whatever learns from movement."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError
from prosopon.core.faces import Face, Tracks
from prosopon.core.home import home
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.people import owned_media
from prosopon.faces.alignment import face_as_json, face_from_json
from prosopon.faces.finder import FaceFinder, open_finder
from prosopon.faces.track import track
from prosopon.media.read import read
from prosopon.models.files import write_atomically

_VERSION = 1
"""Raised where finders see other things in the same frames."""


@dataclass(frozen=True)
class Followed:
    """A video with its people.

    Attributes:
        clip: the video.
        tracks: who is where in each of its frames.
        person: whom it shows, see `datasets.people`.
    """

    clip: Clip
    tracks: Tracks
    person: str


def followed(
    paths: Sequence[Path], *, finder: FaceFinder | None = None, progress: Progress = SILENT
) -> Iterator[Followed]:
    """All videos of some files and folders, one at a time; what was followed before is not followed again.

    Stills, sounds and what cannot be read are passed over.

    Args:
        paths: see `datasets.people.owned_media`.
        finder: looks for faces; the best one that there is when not given.
        progress: hears of every video.

    Raises:
        MissingError: a path is not there.
    """
    files = owned_media(paths)
    looks = finder or open_finder()
    progress.start("following faces", len(files))
    for file in files:
        progress.advance()
        try:
            clip = read(file.path)
        except MediaError as error:
            progress.note(f"{file.path.name} is left out: {error.what}")
            continue
        if len(clip) > 1:
            yield Followed(clip, tracks_of(clip, looks), file.person)


def tracks_of(clip: Clip, finder: FaceFinder) -> Tracks:
    """Who is where in every frame of a clip, looked for once for each file and finder."""
    if clip.sha256 is None:
        return track(clip, finder)
    path = home() / "prepared" / "followed" / f"{clip.sha256[:32]}-{finder.name}-{_VERSION}.jsonl"
    memory = _Frames(_read(path))
    tracks = track(clip, finder, memory=memory)
    if memory.is_new:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, memory.write)
    return tracks


class _Frames:
    """The faces of each frame, as `faces.track` asks for them."""

    def __init__(self, known: dict[int, list[Face]]) -> None:
        self._known = known
        self.is_new = False

    def recall(self, index: int) -> list[Face] | None:
        """The faces of a frame that was looked at before, None for another."""
        return self._known.get(index)

    def keep(self, index: int, faces: Sequence[Face]) -> None:
        """Remember a frame's faces."""
        self._known[index] = list(faces)
        self.is_new = True

    def write(self, path: Path) -> None:
        """One line for each frame: its index and its faces."""
        with path.open("w", encoding="utf-8") as file:
            for index, faces in self._known.items():
                file.write(json.dumps([index, [face_as_json(face, digits=None) for face in faces]]) + "\n")


def _read(path: Path) -> dict[int, list[Face]]:
    """What was kept; nothing where that is damaged."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return {int(index): [face_from_json(one) for one in faces] for index, faces in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
