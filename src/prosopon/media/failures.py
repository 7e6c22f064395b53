"""Turns what Pillow, PyAV and the operating system raise into one clear line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from prosopon.core.errors import MediaError, ProsoponError

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_disk_full(error: BaseException) -> bool:
    """Whether this error (PyAV's included) says that there is no room left to write."""
    return isinstance(error, OSError | av.FFmpegError) and error.errno in _DISK_FULL


@contextmanager
def explained_reading(path: Path) -> Iterator[None]:
    """Inside, any failure to open or decode `path` becomes a `MediaError` that names it.

    Decoders of untrusted files raise nearly every exception type on damaged input, so all of them are translated
    here; the original stays attached as the cause.
    """
    try:
        yield
    except ProsoponError:
        raise
    except FileNotFoundError as error:
        raise MediaError(f"there is no file {path}", "check the name") from error
    except PermissionError as error:
        raise MediaError(f"{path} may not be read", "check its permissions") from error
    except MemoryError as error:
        raise MediaError(f"{path} needs more memory than there is", "use a smaller version of it") from error
    except Exception as error:
        raise MediaError(f"{path} cannot be read: {_reason(error)}", "it is damaged or incomplete") from error


class WriteError(MediaError):
    """The system or a library could not write a file; `error` is what it raised."""

    def __init__(self, path: Path, error: OSError | av.FFmpegError) -> None:
        self.error = error
        if is_disk_full(error):
            super().__init__(f"no room left on the disk for {path}", "free some space or write elsewhere")
        elif isinstance(error, PermissionError):
            super().__init__(f"{path} may not be written", "check the permissions of its folder")
        else:
            super().__init__(f"{path} cannot be written: {_reason(error)}", "try another folder or format")


@contextmanager
def explained_writing(path: Path) -> Iterator[None]:
    """Inside, a failure to write (disk full, no permission, codec missing) becomes a `WriteError` about `path`.

    The outermost of nested ones decides on the name: who writes a temporary file wants to hear of the real one.
    """
    try:
        yield
    except WriteError as inner:
        raise WriteError(path, inner.error) from inner.error
    except (OSError, av.FFmpegError) as error:
        raise WriteError(path, error) from error


def _reason(error: Exception) -> str:
    """The error's own words without paths and addresses of its internals."""
    if isinstance(error, OSError | av.FFmpegError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
