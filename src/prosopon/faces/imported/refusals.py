"""What is said about a file of another program that is not read: refused as a danger, or damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prosopon.core.errors import MediaError, ProsoponError


class Refused(ValueError):  # noqa: N818 - named for what is the case
    """The bytes ask for something that no face data need: code, an object, more memory than the file justifies."""


@contextmanager
def explained(path: Path | str) -> Iterator[None]:
    """Inside, whatever is wrong with what `path` holds becomes a `MediaError` of one line that names it.

    Readers of untrusted bytes may fail in ways that nobody thought of; all of them end here, the cause attached.
    """
    try:
        yield
    except ProsoponError:
        raise
    except Refused as error:
        raise MediaError(f"{path} was refused: {error}", "do not trust this file") from error
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror or error}", "check its name and rights") from error
    except MemoryError as error:
        raise MediaError(f"{path} needs more memory than there is", "do not trust this file") from error
    except ValueError as error:
        raise MediaError(f"{path} is damaged: {error}", "make it again with its own program") from error
    except Exception as error:
        what = f"{type(error).__name__} {error}".strip()
        raise MediaError(f"{path} is damaged: {what}", "make it again with its own program") from error
