"""Which log a verb speaks of, and the key that it must be signed with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prosopon.core.errors import MissingError, UsageError
from prosopon.vouch.log.anchors import known_witnesses
from prosopon.vouch.log.files import Files, LocalFiles, files_at
from prosopon.vouch.log.note import Verifier
from prosopon.vouch.log.own_keys import existing_signer_of, log_folder
from prosopon.vouch.log.reading import CHECKPOINT

MEANING = (
    "A log proves that its key signed for this no later than that state of it, and that nothing was taken out or "
    "changed since. It does not prove that anything is true, or that this was first; and without a witness it is a "
    "signed diary."
)
"""Said wherever a proof is shown."""


def log_at(place: str | None) -> Files:
    """The user's own log, or the one in a folder or at an address."""
    return LocalFiles(log_folder()) if place is None else files_at(place)


def key_of(files: Files, told: str | None) -> Verifier:
    """The key that a log must be signed with.

    Args:
        files: of the log.
        told: the key as text, or a file that holds it; None for the user's own log.

    Raises:
        UsageError: none was told, and the log is not the user's own.
        MissingError: none was told, and there is no log.
    """
    if told is not None:
        return key_from(told)
    signer = None
    if isinstance(files, LocalFiles):
        if not (files.folder / CHECKPOINT).exists():
            raise MissingError(f"there is no log in {files.name}", "make one: prosopon log add FILE")
        signer = existing_signer_of(files.folder)
    if signer is None:
        raise UsageError(
            f"the log {files.name} is not one of yours, so its key must be told",
            "give --key; whoever runs the log tells it, and not the log itself",
        )
    return signer.verifier


def key_from(told: str) -> Verifier:
    """A key that was given as text, or by a file that holds it.

    Raises:
        UsageError: it is none.
    """
    path = Path(told)
    if "+" not in told and path.is_file():
        try:
            told = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"{path} cannot be read as a key", "it holds one line: name+01234567+base64") from None
    return Verifier.parse(told)


def believed(told: Sequence[str]) -> list[Verifier]:
    """Witnesses that were named, and those that the user always believes."""
    return [*map(key_from, told), *known_witnesses()]
