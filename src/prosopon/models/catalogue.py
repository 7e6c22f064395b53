"""Which weights there are: those that come with the package, and the user's own. Lists without importing PyTorch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.core.home import home
from prosopon.core.registry import find_cards
from prosopon.models.pair import SUFFIX, card_file, read_card

READER = "faces.reader"
"""The face reader's weights: it parses faces, tells people apart, and its trunk measures how alike faces look."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*")
_PACKAGE = Path(__file__).resolve().parent.parent
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Entry:
    """One set of weights.

    Attributes:
        name: how it is asked for: `fomm.mini`.
        technique: whose nets it fits.
        config: name of the configuration that it was trained with.
        path: the `.safetensors`; its card is the `.json` beside it.
        licence: what may be done with it, an SPDX identifier where there is one.
        origin: who trained it, on what, or where it was published.
        sha256: content id of the file as its card has it; loading checks it.
        size_bytes: size of the file.
        shipped: whether it came with the package, rather than from the user.
        card: all that the `.json` says.
    """

    name: str
    technique: str
    config: str
    path: Path
    licence: str
    origin: str
    sha256: str
    size_bytes: int
    shipped: bool
    card: dict[str, Any]


def user_folder() -> Path:
    """Where the user's own weights are; need not exist."""
    return home() / "weights"


def check_name(name: str) -> str:
    """`name`, if weights may be called so: lower-case words of letters, digits, `-` and `_`, joined by dots.

    Raises:
        UsageError: they may not.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"weights cannot be called {name!r}", "use lower-case words joined by dots, such as fomm.vox256"
        )
    return name


def catalogue() -> dict[str, Entry]:
    """All weights by name, sorted. The user's own come before shipped ones of the same name.

    A pair that is damaged or incomplete is left out: asking for it by name says what is wrong with it.
    """
    entries: dict[str, Entry] = {}
    for card_path, shipped in _card_files():
        try:
            entry = _read_entry(card_path, shipped=shipped)
        except (CheckpointError, MissingError):
            continue
        entries[entry.name] = entry
    return dict(sorted(entries.items()))


def find(name_or_path: str | Path) -> Entry:
    """The weights of that name, or the `.safetensors` at that path with its card beside it.

    Raises:
        MissingError: there are none; says which command shows or brings some.
        CheckpointError: they are there, but their card is damaged.
    """
    asked = str(name_or_path)
    if asked.endswith(SUFFIX) or "/" in asked or "\\" in asked:
        return _read_entry(card_file(Path(asked)), shipped=False)
    entries = catalogue()
    if asked in entries:
        return entries[asked]
    for card_path, shipped in _card_files():
        if card_path.stem == asked:
            return _read_entry(card_path, shipped=shipped)
    known = f"there are {', '.join(entries)}" if entries else "there are none yet"
    raise MissingError(
        f"there are no weights called {asked!r} ({known})",
        "see prosopon weights list, or bring published ones in with prosopon weights import FILE --name NAME",
    )


def of_technique(technique: str) -> dict[str, Entry]:
    """The weights that fit one technique, by name."""
    return {name: entry for name, entry in catalogue().items() if entry.technique == technique}


def _card_files() -> Iterator[tuple[Path, bool]]:
    """Cards with whether they are shipped; the user's come last and so prevail."""
    folders = {_PACKAGE / family for family in ("faces", "studio", "vouch")}
    folders |= {card.folder for card in find_cards().cards.values()}
    for folder in sorted(folders):
        yield from ((path, True) for path in sorted((folder / "weights").glob("*.json")))
    yield from ((path, False) for path in sorted(user_folder().glob("*.json")))


def _read_entry(card_path: Path, *, shipped: bool) -> Entry:
    name = card_path.name.removesuffix(".json")
    path = card_path.with_name(name + SUFFIX)
    if not path.is_file():
        raise MissingError(f"the weights {path} are not there", "see prosopon weights list")
    card = read_card(path)
    missing = [key for key in ("technique", "config", "sha256") if not isinstance(card.get(key), str)]
    if missing:
        raise CheckpointError(f"the card {card_path} does not name {', '.join(missing)}", "import the weights again")
    return Entry(
        name=name,
        technique=card["technique"],
        config=card["config"],
        path=path,
        licence=str(card.get("licence", _UNKNOWN)),
        origin=str(card.get("origin", _UNKNOWN)),
        sha256=card["sha256"],
        size_bytes=path.stat().st_size,
        shipped=shipped,
        card=card,
    )
