"""Where the clips of data sets lie: as files, in `videos` beside them, or as folders of pictures in `frames`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prosopon.arena.detection.videos import FileSource, PicturesSource, Source

VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


def clips_in(folder: Path) -> Iterator[tuple[str, Source]]:
    """The clips of a folder with their names without a suffix, in order.

    Videos in it, else in `videos`, else folders of pictures in `frames`, else in itself.
    """
    for place in (folder, folder / "videos"):
        found = [(path.stem, FileSource(path)) for path in _listed(place) if is_video(path)]
        if found:
            yield from found
            return
    for place in (folder / "frames", folder):
        bundles = [(path.name, pictures_in(path)) for path in _listed(place) if path.is_dir()]
        there = [(name, source) for name, source in bundles if source is not None]
        if there:
            yield from there
            return


def clip_at(folder: Path, name: str) -> Source | None:
    """The clip that a list calls `name`: the file, also in `videos`, or its pictures in `frames`; None if not there."""
    inside = Path(name.replace("\\", "/"))
    inside = inside.relative_to(inside.anchor)
    above, file = folder / inside.parent, inside.name
    for path in (above / file, above / "videos" / file, folder / "videos" / file):
        if path.is_file():
            return FileSource(path)
    for path in (above / "frames" / inside.stem, folder / "frames" / inside.stem, above / inside.stem):
        bundle = pictures_in(path) if path.is_dir() else None
        if bundle is not None:
            return bundle
    return None


def pictures_in(folder: Path) -> PicturesSource | None:
    """The pictures of a folder as those of one video; None where there are none."""
    files = [path for path in _listed(folder) if is_picture(path)]
    return PicturesSource.of(files) if files else None


def is_video(path: Path) -> bool:
    """Whether its name is that of a video; published lists are long, and every file is looked into when it is read."""
    return path.suffix.lower() in VIDEOS and not path.name.startswith(".")


def is_picture(path: Path) -> bool:
    """Likewise of a picture."""
    return path.suffix.lower() in PICTURES and not path.name.startswith(".")


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
