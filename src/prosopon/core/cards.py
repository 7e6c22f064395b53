"""`Card`: what a technique is, read from the `card.toml` in its folder. Reading one imports nothing else."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from prosopon.core.errors import ProsoponError


class Family(StrEnum):
    """What a technique does; also the folder that it lives in."""

    CREATE = "create"
    DISRUPT = "disrupt"
    DETECT = "detect"


@dataclass(frozen=True)
class Card:
    """The facts on a technique that a user should know before using it."""

    name: str
    family: Family
    task: str
    summary: str
    paper: str
    year: int
    licences: dict[str, str]
    """Licence of each thing: `code`, `method`, `published_weights`, ..."""
    inputs: tuple[str, ...]
    """Roles of the clips that go in: source, driving, target."""
    entry: str
    """`package.module:Class`, imported only when the technique is used."""
    trained_on: str
    known_failures: tuple[str, ...]
    folder: Path


_REQUIRED = (
    "name", "family", "task", "summary", "paper", "year",
    "licences", "inputs", "entry", "trained_on", "known_failures",
)  # fmt: skip


def read_card(path: Path) -> Card:
    """Read one `card.toml`.

    Raises:
        ProsoponError: the file is not TOML, a key is missing or unknown, or the family is none of ours.
    """
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ProsoponError(f"the card {path} cannot be read: {error}", "repair or remove that folder") from error
    missing = [key for key in _REQUIRED if key not in table]
    unknown = [key for key in table if key not in _REQUIRED]
    if missing or unknown:
        raise ProsoponError(
            f"the card {path} lacks {missing or 'nothing'} and has unknown keys {unknown or 'none'}",
            f"a card has exactly: {', '.join(_REQUIRED)}",
        )
    try:
        family = Family(table["family"])
    except ValueError as error:
        known = ", ".join(Family)
        raise ProsoponError(f"the card {path} names the family {table['family']!r}", f"use one of {known}") from error
    return Card(
        name=table["name"],
        family=family,
        task=table["task"],
        summary=table["summary"],
        paper=table["paper"],
        year=int(table["year"]),
        licences=dict(table["licences"]),
        inputs=tuple(table["inputs"]),
        entry=table["entry"],
        trained_on=table["trained_on"],
        known_failures=tuple(table["known_failures"]),
        folder=path.parent,
    )
