"""Safe outputs: asked about before the work begins, and complete or absent afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prosopon.core.errors import FileExistsAlready, UsageError
from prosopon.media.failures import explained_writing
from prosopon.media.folder import is_picture_folder

MEDIA_SUFFIXES = (".mp4", ".mov", ".webm", ".gif", ".png", ".jpg", ".jpeg", ".webp", "")
"""What can be written; no suffix means a folder of PNG pictures."""


def check_output(
    path: Path, *, force: bool, inputs: Iterable[Path | None], suffixes: Collection[str] = MEDIA_SUFFIXES
) -> None:
    """Refuse an output that could not or should not be written, before any work is done.

    Args:
        path: where the result shall go.
        force: whether something that is there already may be replaced.
        inputs: files that the work reads; none of them may be overwritten, whatever links lead there.
        suffixes: lower-case suffixes that can be written.

    Raises:
        FileExistsAlready: it exists, and `force` is off.
        UsageError: it is an input, its suffix is unknown, its folder cannot be made or written to, or it is a folder
            that holds other things than a written clip.
    """
    if path.suffix.lower() not in suffixes:
        known = ", ".join(suffix or "no suffix (a folder of pictures)" for suffix in suffixes)
        raise UsageError(f"{path} has a suffix that cannot be written", f"use one of {known}")
    with explained_writing(path):
        for source in inputs:
            if source is not None and _overwrites(path, source):
                raise UsageError(f"the output {path} would overwrite the input {source}", "choose another output")
        if path.is_dir() and not path.is_symlink():
            _check_folder(path, force=force)
        elif (path.exists() or path.is_symlink()) and not force:
            raise _exists(path)
        _check_parent(path)


def _exists(path: Path) -> FileExistsAlready:
    return FileExistsAlready(f"{path} exists already", "choose another name, or overwrite it with --force")


def _check_folder(path: Path, *, force: bool) -> None:
    """Only a folder that a clip was written to may be replaced, never one with a user's own files."""
    if path.suffix:
        raise UsageError(f"{path} is a folder", "choose another name for the file")
    if not is_picture_folder(path):
        raise UsageError(f"the folder {path} holds other files", "choose a new folder for the pictures")
    if any(path.iterdir()) and not force:
        raise _exists(path)


def _overwrites(output: Path, source: Path) -> bool:
    """Whether writing `output` would destroy `source`: the same file by any way, or inside the replaced folder."""
    try:
        if output.exists() and source.exists() and output.samefile(source):
            return True
        resolved = output.resolve()
        return resolved == source.resolve() or resolved in source.resolve().parents
    except (OSError, RuntimeError) as error:  # a loop of links
        raise UsageError(f"{output} or {source} cannot be followed to a file: {error}", "remove the loop") from error


def _check_parent(path: Path) -> None:
    parent = path.absolute().parent
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    if not parent.is_dir():
        raise UsageError(f"{path} cannot be written: {parent} is not a folder", "choose another output")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"{path} cannot be written: the folder {parent} is write-protected", "choose another output")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, with its suffix, that takes the place of `path` if all goes well.

    The caller writes a file or makes a folder there. At the end it is flushed to the disk and renamed, so that `path`
    is at every moment absent, the old one, or the complete new one. After any exception, `KeyboardInterrupt`
    included, nothing of it is left. Missing parent folders are made (and removed again on failure).

    Raises:
        MediaError: the disk is full, writing is not allowed, or the caller wrote nothing.
    """
    path = path.absolute()
    made = _make_parents(path)
    temporary = path.with_name(f".{secrets.token_hex(6)}-part{path.suffix}")
    try:
        with explained_writing(path):
            yield temporary
            _flush(temporary)
            _swap(temporary, path)
    except BaseException:
        _remove(temporary)
        for folder in reversed(made):
            with suppress(OSError):  # someone else put something there meanwhile
                folder.rmdir()
        raise


def _make_parents(path: Path) -> list[Path]:
    """Make the missing folders above `path`; returns those that were made, the outermost first."""
    missing = [folder for folder in path.parents if not folder.exists()][::-1]
    with explained_writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    return missing


def _flush(path: Path) -> None:
    """Force a file, or all files of a folder, to the disk: a rename alone can survive a power cut without content.

    Raises:
        FileNotFoundError: nothing was written there.
    """
    for file in [*path.iterdir(), path] if path.is_dir() else [path]:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _swap(new: Path, path: Path) -> None:
    """Put `new` where `path` is. A folder cannot be renamed over: the old one steps aside until the new one stands."""
    if not (path.is_dir() and not path.is_symlink()) and not new.is_dir():
        new.replace(path)
        return
    aside = path.with_name(f".{secrets.token_hex(6)}-old")
    if path.exists() or path.is_symlink():
        path.rename(aside)
    try:
        new.rename(path)
    except BaseException:
        if aside.exists() or aside.is_symlink():
            aside.rename(path)
        raise
    _remove(aside)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
