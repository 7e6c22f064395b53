"""Text from a stranger's credential, made safe to show: one line, bounded, nothing that steers a terminal."""

from __future__ import annotations

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def shown(value: object, most: int = 200) -> str:
    """What may be printed of a value: no control, direction or other invisible characters, at most `most` long.

    HTML is not escaped: who writes a page does that last.
    """
    text = str(value)
    cut = text[: most + 1]
    plain = "".join(char if char.isprintable() else " " if char.isspace() else _REPLACEMENT for char in cut).strip()
    return plain if len(text) <= most else plain[:most] + "…"


def shown_or_none(value: object, most: int = 200) -> str | None:
    """As `shown`; None for None, for the empty text, and for what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return shown(value, most) or None
