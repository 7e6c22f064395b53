"""Our own arenas, as `prosopon arena make` leaves them: originals and fakes of people of whom each is in one split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prosopon.arena.detection.videos import FAKE, REAL, DataSet, Reader, Shown, Video, Wanted
from prosopon.datasets.arena.arena import ABOUT, CLIPS, Arena, ArenaClip

NAME = "arena"


@dataclass(frozen=True)
class ArenaSource:
    """A clip of an arena, with its face."""

    arena: Arena
    clip: ArenaClip
    sha256: str

    @property
    def id(self) -> str:
        """The arena's content, and the clip's name."""
        return f"{self.sha256}/{self.clip.name}"

    def open(self, frames: int) -> Shown:
        """All of its few frames, with the person in them."""
        clip, tracks = self.arena.faces(self.clip)
        return Shown(clip, tracks)


def recognises(path: Path) -> bool:
    """Whether its two lists are there."""
    return (path / ABOUT).is_file() and (path / CLIPS).is_file()


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All clips of all splits; fakes of footage are compared with footage, and those of rendered people with such.

    Raises:
        MissingError: it is of another version, or damaged.
    """
    arena = Arena.open(path)
    digest = arena.sha256()
    videos = tuple(
        Video(
            f"{path.name}/{clip.name}", FAKE if clip.is_fake else REAL, ArenaSource(arena, clip, digest), clip.people,
            clip.generator, clip.split, clip.material,
        )
        for clip in arena.clips
    )  # fmt: skip
    return DataSet(NAME, path.name, videos)


READER = Reader(NAME, recognises, read_videos)
