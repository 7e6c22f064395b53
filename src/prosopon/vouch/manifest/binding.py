"""What a credential is bound to and where it is kept: inside the file, or in a sidecar beside it."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import MediaError

EMBEDDED = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    # Never written here, but own captures come in them and can be signed as they are.
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".dng": "image/x-adobe-dng",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".avif": "image/avif",
    ".jxl": "image/jxl",
    ".svg": "image/svg+xml",
    ".avi": "video/avi",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".flac": "audio/flac",
}
"""Suffix -> media type of the formats that hold their credential themselves."""

SIDECAR_SUFFIX = ".c2pa"

BARE = "application/octet-stream"
"""Media type under which content is bound as the bytes that it is, without looking inside."""

_BESIDE = {".webm": "video/webm"}


def media_type(path: Path) -> str:
    """Media type that the suffix stands for."""
    suffix = path.suffix.lower()
    return EMBEDDED.get(suffix) or _BESIDE.get(suffix, BARE)


def sidecar_of(path: Path) -> Path | None:
    """Where the credential of something we write goes: None for inside the file, else the sidecar's path."""
    return None if path.suffix.lower() in EMBEDDED else path.with_name(path.name + SIDECAR_SUFFIX)


def find_sidecar(path: Path) -> Path | None:
    """The sidecar that lies beside a file or folder: `clip.webm.c2pa` as we name it, `clip.c2pa` as others do.

    The second name is only taken where nothing else in the folder could be meant by it.
    """
    path = path.absolute()
    own, short = path.with_name(path.name + SIDECAR_SUFFIX), path.with_name(path.stem + SIDECAR_SUFFIX)
    if own.is_file():
        return own
    if not short.is_file():
        return None
    meant = [other for other in path.parent.iterdir() if other != short and path.stem in (other.stem, other.name)]
    return short if meant == [path] else None


@contextmanager
def bound_bytes(path: Path) -> Iterator[BinaryIO]:
    """The bytes that a credential is bound to: the file's own, or the listing of a folder's files."""
    if path.is_dir():
        yield io.BytesIO(folder_listing(path))
    else:
        with path.open("rb") as file:
            yield file


def folder_listing(folder: Path) -> bytes:
    """One JSON line `["name/in/folder", "sha256"]` per file, ordered by name; all files in all sub-folders.

    The same on every machine, and it changes with any file's content, name, arrival or loss.

    Raises:
        MediaError: the folder holds a link or something else that is no plain file: its content is not its own.
    """
    lines: list[tuple[str, str]] = []
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(root, name)
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                lines.append((path.relative_to(folder).as_posix(), sha256_of(path)))
            elif not stat.S_ISDIR(mode):
                raise MediaError(f"{path} is not a plain file", "replace it by a copy of what it stands for")
    return "".join(json.dumps(line) + "\n" for line in sorted(lines)).encode()
