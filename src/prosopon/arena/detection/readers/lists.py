"""Lists that data sets come with: JSON and text, refused with one line where they are something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prosopon.arena.detection.videos import FAKE, REAL
from prosopon.core.errors import MediaError, UsageError

_WORDS = {"0": REAL, "1": FAKE, "real": REAL, "fake": FAKE, "original": REAL, "true": REAL, "synthetic": FAKE}


def read_json(path: Path) -> Any:
    """What a JSON file says.

    Raises:
        MediaError: it cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise MediaError(f"{path} cannot be read: {error}", "get a complete copy") from error


def read_lines(path: Path) -> list[str]:
    """The lines of a text file that have something on them, stripped.

    Raises:
        MediaError: it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise MediaError(f"{path} cannot be read: {error}", "get a complete copy") from error
    return [line.strip() for line in lines if line.strip()]


def label_of(word: object, where: str) -> int:
    """A label as lists write it (1 or fake, 0 or real, in any case): 1 is a fake.

    Raises:
        UsageError: it is none of these.
    """
    label = _WORDS.get(str(word).strip().lower())
    if label is None:
        raise UsageError(f"{where} has the label {word!r}", "use 1 or fake, 0 or real")
    return label


def missing_note(missing: int, listed: int, what: str = "listed videos") -> tuple[str, ...]:
    """What is said of things that lists name and that are not there."""
    return (f"{missing} of {listed} {what} are not there and were not measured",) if missing else ()
