"""DeeperForensics-1.0 (Jiang et al. 2020): `manipulated_videos/<variant>/<target>_<source>.mp4`, lists of splits.

Its real part is not in it: the fakes were made of FaceForensics++'s originals. `source_videos` are recordings of actors
in a studio, whom everybody can tell from films of the web; whoever takes them for the real part, as the public
benchmark does, measures where a video was made and not whether it is a fake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from prosopon.arena.detection.readers import faceforensics
from prosopon.arena.detection.readers.lists import missing_note, read_lines
from prosopon.arena.detection.readers.places import clips_in, is_video, pictures_in
from prosopon.arena.detection.videos import FAKE, ORIGINAL, REAL, DataSet, FileSource, Reader, Source, Video, Wanted

NAME = "DeeperForensics-1.0"
_PLAIN = "end_to_end"
_SPLITS = ("train", "val", "test")
_ORIGINALS = ("original_sequences/youtube/c23", "target_videos")
_FAKE_NAME = re.compile(r"(\d{3})_([MW]\d{3})")


def recognises(path: Path) -> bool:
    """Whether the two folders are there."""
    return (path / "manipulated_videos").is_dir() and (path / "source_videos").is_dir()


def read_videos(path: Path, wanted: Wanted) -> DataSet:
    """All fakes, variant by variant, with FaceForensics++'s originals where they lie inside or beside.

    Raises:
        MediaError: a list is damaged.
    """
    split_of = {
        Path(line).stem: split
        for split in _SPLITS
        for line in _lines(path / "lists" / "splits" / f"{split}.txt")
    }  # fmt: skip
    fakes = []
    for folder in sorted((path / "manipulated_videos").iterdir()):
        for name, source in clips_in(folder):
            found = _FAKE_NAME.fullmatch(name)
            who = (f"youtube {found[1]}", found[2]) if found else ()
            key, generator = f"{NAME}/{folder.name}/{name}", _generator(folder.name)
            fakes.append(Video(key, FAKE, source, who, generator, split_of.get(name, "")))
    real, note = _real(path, {name[:3]: split for name, split in split_of.items()})
    there = {video.key.rpartition("/")[2] for video in fakes}
    missing = missing_note(sum(name not in there for name in split_of), len(split_of))
    return DataSet(NAME, path.name, (*real, *fakes), (*missing, *note))


def _real(path: Path, split_of: dict[str, str]) -> tuple[list[Video], tuple[str, ...]]:
    for above in (path, path.parent / faceforensics.NAME):
        for place in _ORIGINALS:
            found = [
                Video(f"{NAME}/{place}/{name}", REAL, source, (f"youtube {name}",), ORIGINAL, split_of.get(name, ""))
                for name, source in clips_in(above / place)
            ]
            if found:
                return found, ()
    actors = [
        Video(f"{NAME}/{who}/{name}", REAL, source, (who,), ORIGINAL, "test")
        for who, name, source in _studio(path / "source_videos")
    ]
    return actors, (
        "the originals that the fakes were made of are not here (FaceForensics++ c23, beside this folder): recordings "
        "of the studio stand for real ones, and what is measured may be the studio",
    )


def _studio(folder: Path) -> Iterator[tuple[str, str, Source]]:
    for actor in sorted(one for one in folder.iterdir() if one.is_dir()):
        files = sorted(path for path in actor.rglob("*") if is_video(path))
        yield from ((actor.name, path.stem, FileSource(path)) for path in files)
        bundles = sorted(one for one in actor.glob("frames/*") if one.is_dir())
        for bundle in bundles if not files else ():
            source = pictures_in(bundle)
            if source is not None:
                yield actor.name, bundle.name, source


def _generator(variant: str) -> str:
    return "DF-VAE" if variant == _PLAIN else f"DF-VAE {variant.removeprefix(_PLAIN).strip('_').replace('_', ' ')}"


def _lines(path: Path) -> list[str]:
    return read_lines(path) if path.is_file() else []


READER = Reader(NAME, recognises, read_videos)
