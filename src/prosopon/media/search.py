"""`find_media`: the media files of a user's folders, and what their places say about whom they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prosopon.core.errors import MissingError
from prosopon.media.sniff import looks_like_media


@dataclass(frozen=True)
class Found:
    """A media file of a user's folders.

    Attributes:
        path: where it is.
        folder: the sub-folder that it lies in, which names the person; None where it lies flat.
        label: its place in the folders given, the same on every machine.
    """

    path: Path
    folder: str | None
    label: str


def find_media(folders: Sequence[Path]) -> list[Found]:
    """Pictures, videos and sounds in folders and below, in order; hidden files are passed over.

    Args:
        folders: each with files, or with a sub-folder for each person.

    Raises:
        MissingError: a folder is not there.
    """
    files = []
    for number, folder in enumerate(folders):
        if not folder.is_dir():
            raise MissingError(f"there is no folder {folder}", "give a folder with pictures or videos")
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            hidden = any(part.startswith(".") for part in inside.parts)
            if path.is_file() and not hidden and looks_like_media(path):
                sub_folder = inside.parts[0] if len(inside.parts) > 1 else None
                files.append(Found(path, sub_folder, f"{number}/{inside.as_posix()}"))
    return files
