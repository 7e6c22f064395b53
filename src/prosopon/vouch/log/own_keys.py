"""Which key signs which of the user's own logs: each has its own, since a key with two logs signs two histories."""

from __future__ import annotations

import secrets
from pathlib import Path

from prosopon.core.errors import MissingError, ProsoponError
from prosopon.core.home import home
from prosopon.vouch.home import config_folder
from prosopon.vouch.keys.log_key import existing_log_signer, log_signer
from prosopon.vouch.log.checkpoint import Checkpoint
from prosopon.vouch.log.files import LocalFiles
from prosopon.vouch.log.note import LARGEST, Note, Signer
from prosopon.vouch.log.reading import CHECKPOINT

_OTHERS = "log-keys"
"""Name of the folder, in the user's settings, with the keys of logs in other places than the usual one."""


def log_folder() -> Path:
    """Where the user's own log is, unless they say otherwise."""
    return home() / "log"


def signer_of(folder: Path) -> Signer:
    """The key of the log in a folder; a new one where there is no log yet.

    Raises:
        MissingError: the log's key is not here.
        ProsoponError: a key cannot be read or kept.
    """
    if _is_usual(folder):
        return log_signer()
    origin = _origin(folder)
    if origin is None:
        return _new()
    found = existing_signer_of(folder)
    if found is None:
        raise MissingError(
            f"the key of the log {folder} ({origin}) is not on this machine",
            "append where it is, or choose another folder for a log of your own",
        )
    return found


def existing_signer_of(folder: Path) -> Signer | None:
    """The key of a log that is there; None where it is somebody else's, or there is no log."""
    if _is_usual(folder):
        return existing_log_signer()
    origin = _origin(folder)
    if origin is None:
        return None
    usual = existing_log_signer()
    if usual is not None and usual.name == origin:
        return usual  # a copy of the usual log
    kept = config_folder() / _OTHERS / origin.rpartition("/")[2]
    found = existing_log_signer(kept) if kept.name.isalnum() else None
    return found if found is not None and found.name == origin else None


def _is_usual(folder: Path) -> bool:
    return folder.absolute() == log_folder().absolute()


def _origin(folder: Path) -> str | None:
    """What the log in a folder calls itself; nothing of it is checked yet."""
    raw = LocalFiles(folder).read(CHECKPOINT, LARGEST)
    return None if raw is None else Checkpoint.parse(Note.parse(raw).text).origin


def _new() -> Signer:
    others = config_folder() / _OTHERS
    made = others / f".new-{secrets.token_hex(8)}"
    signer = log_signer(made)
    try:
        made.rename(others / signer.name.rpartition("/")[2])
    except OSError as error:
        raise ProsoponError(f"the key of the log cannot be kept in {others}: {error.strerror or error}") from None
    return signer
