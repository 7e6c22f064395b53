"""What is marked and measured: rendered people, or pictures and videos of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from prosopon.arena.disruption.subjects import rendered_people
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError, MissingError
from prosopon.core.progress import SILENT, Progress
from prosopon.media.read import read
from prosopon.media.search import find_media
from prosopon.studio.takes import NO_VOICE, Script

PICTURE_PX = 512
"""Side of rendered pictures, about."""
_CLIP_PX = 384
_SEED = 2_000_003
"""Trainings draw from other seeds."""
MOST_SECONDS = 4.0
"""Of a video no more is measured: reading looks for the mark in all of it."""
_LEAST_FRAMES = 8


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture.

    Attributes:
        name: for tables.
        frame: `uint8 (H, W, 3)`.
    """

    name: str
    frame: Frame


@dataclass(frozen=True, eq=False)
class Subjects:
    """All of them.

    Attributes:
        pictures: stills.
        clips: videos, their pictures in memory.
    """

    pictures: tuple[Picture, ...]
    clips: tuple[Clip, ...]


def rendered(
    pictures: int, clips: int, *, seconds: float = MOST_SECONDS, progress: Progress = SILENT
) -> Subjects:  # fmt: skip
    """People of the studio, always the same ones.

    Args:
        pictures, clips: how many.
        seconds: length of each clip.
        progress: hears of each.
    """
    people = rendered_people(pictures, round(PICTURE_PX / 1.4), progress=progress)
    script = Script(seed=_SEED, seconds=seconds, size_px=_CLIP_PX, voice=NO_VOICE)
    progress.start("rendering clips", clips)
    films = []
    for number in range(clips):
        films.append(held(script.take(number).clip(), seconds))
        progress.advance()
    progress.finish()
    return Subjects(tuple(Picture(one.name, one.clip.first()) for one in people), tuple(films))


def given(
    places: Sequence[Path], *, limit: int | None = None, seconds: float = MOST_SECONDS, progress: Progress = SILENT
) -> Subjects:
    """Pictures and videos of the user's; what cannot be read in a folder is left out, and said.

    Args:
        places: files and folders.
        limit: stop after so many files.
        seconds: so much of each video.
        progress: hears of every file, and of those that are left out.

    Raises:
        MissingError: one of the places is not there, or none shows anything.
        MediaError: a file that was named cannot be read.
    """
    pictures: list[Picture] = []
    clips: list[Clip] = []
    files = _files(places)
    progress.start("reading", len(files) if limit is None else min(limit, len(files)))
    for path, is_named in files:
        if limit is not None and len(pictures) + len(clips) >= limit:
            break
        try:
            clip = read(path)
            if len(clip) == 1:
                pictures.append(Picture(clip.name, clip.first()))
            elif len(clip) >= _LEAST_FRAMES:
                clips.append(held(clip, seconds))
            else:
                progress.note(f"{path.name} is left out: it has {len(clip)} pictures")
        except MediaError as error:
            if is_named:
                raise
            progress.note(f"{path.name} is left out: {error.what}")
        progress.advance()
    progress.finish()
    if not pictures and not clips:
        raise MissingError("there is nothing to mark", "give pictures, videos, or folders of them")
    return Subjects(tuple(pictures), tuple(clips))


def held(clip: Clip, seconds: float) -> Clip:
    """The start of a clip with its pictures in memory, without its sound: it is looked through dozens of times."""
    count = sum(time_s - clip.times[0] < seconds - 1e-6 for time_s in clip.times)
    frames = list(islice(clip.frames(), max(1, count)))
    return replace(clip, times=clip.times[: len(frames)], open_frames=lambda: iter(frames), audio=None)


def _files(places: Sequence[Path]) -> list[tuple[Path, bool]]:
    """Files, and whether each was named itself."""
    found: list[tuple[Path, bool]] = []
    for place in places:
        if not place.exists():
            raise MissingError(f"there is no {place}", "give pictures, videos, or folders of them")
        if place.is_dir():
            found += [(file.path, False) for file in find_media([place])]
        else:
            found.append((place, True))
    return found
