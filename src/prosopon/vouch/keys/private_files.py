"""Files that only their user can read, put in place whole or not at all: for keys, where any gap would leak or lose."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder that only the user can look into; one that is there is closed to others."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    folder.chmod(0o700)


def install(path: Path, content: bytes, *, replace: bool) -> None:
    """Put the whole file there at once, mode 0600. Without `replace`, whoever comes first wins."""
    with _temporary_beside(path, content) as temporary:
        if replace:
            temporary.replace(path)
        else:
            try:
                path.hardlink_to(temporary)
            except FileExistsError:
                return
            except OSError:  # a file system without hard links: the last one wins, and is the one that is read
                temporary.replace(path)


def read_private(path: Path) -> bytes:
    """Content of a file, whose permissions are tightened first if someone loosened them."""
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return path.read_bytes()


@contextlib.contextmanager
def exclusively(folder: Path) -> Iterator[None]:
    """While it lasts, no other process that asks for the same changes what is in the folder."""
    with (folder / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _temporary_beside(path: Path, content: bytes) -> Iterator[Path]:
    """A file with this content, only readable by the user from its first byte on; gone afterwards."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
