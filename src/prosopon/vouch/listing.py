"""What a folder is bound by: a listing of the digests of its files, the same on every machine."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

from prosopon.core.errors import MediaError


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content in hex, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_listing(folder: Path) -> bytes:
    """One JSON line `["name/in/folder", "sha256"]` per file, ordered by name; all files in all sub-folders.

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
