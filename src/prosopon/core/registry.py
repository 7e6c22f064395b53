"""Finds techniques by their cards. Adding a folder with a `card.toml` adds a technique; no list is edited.

Third parties add theirs through the entry-point group `prosopon.techniques`, whose entries name a package that
holds a `card.toml`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from prosopon.core.cards import Card, Family, read_card
from prosopon.core.errors import MissingError, ProsoponError

ENTRY_POINT_GROUP = "prosopon.techniques"


@dataclass(frozen=True)
class Found:
    """The cards that could be read, and a line for each that could not."""

    cards: dict[str, Card]
    problems: tuple[str, ...]


def _card_files() -> Iterator[Path]:
    package = Path(__file__).resolve().parent.parent
    for family in Family:
        yield from sorted((package / family.value).glob("*/card.toml"))
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        spec = importlib.util.find_spec(entry.value)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            yield Path(folder) / "card.toml"


def find_cards() -> Found:
    """All techniques by name. A broken card spoils only itself. Reads TOML, imports no technique."""
    cards: dict[str, Card] = {}
    problems: list[str] = []
    for path in _card_files():
        try:
            card = read_card(path)
        except ProsoponError as error:
            problems.append(str(error))
            continue
        if card.name in cards:
            problems.append(f"two techniques are called {card.name!r}: {cards[card.name].folder} and {card.folder}")
            continue
        cards[card.name] = card
    return Found(cards, tuple(problems))


def get_card(name: str) -> Card:
    """The card of one technique.

    Raises:
        MissingError: there is none of that name.
    """
    found = find_cards().cards
    if name not in found:
        raise MissingError(f"there is no technique called {name!r}", f"known: {', '.join(sorted(found))}")
    return found[name]


def load_technique(name: str) -> type:
    """Import a technique and return its class.

    Raises:
        MissingError: no such technique, or a package that it needs is not installed.
    """
    card = get_card(name)
    module_name, _, class_name = card.entry.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise MissingError(
            f"the technique {name!r} needs the package {error.name or error}", f"pip install {error.name or ''}"
        ) from error
    technique: type = getattr(module, class_name)
    return technique
