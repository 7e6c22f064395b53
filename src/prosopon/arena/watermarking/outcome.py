"""What came of reading one marked picture or clip, and the rows of a table that many of them make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from prosopon.arena.proportions import Proportion
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.reading import Reading


@dataclass(frozen=True)
class Outcome:
    """One picture or clip after one way.

    Attributes:
        item: which.
        way: what happened to it.
        found: whether a mark was read, whichever.
        right: whether it was the one that is in there.
        p_value: as the reader states it.
        seconds: how long reading took.
        corrected: share of the coded bits that had to be corrected where the right mark was read; else None.
        bit_accuracy: share of coded bits read right with the placement known; None where it was not asked.
    """

    item: str
    way: str
    found: bool
    right: bool
    p_value: float
    seconds: float
    corrected: float | None = None
    bit_accuracy: float | None = None

    @classmethod
    def of(
        cls, item: str, way: str, mark: Mark, reading: Reading, *, seconds: float, bit_accuracy: float | None = None
    ) -> Outcome:  # fmt: skip
        """What a reading is worth where the mark is known."""
        right = reading.mark == mark
        corrected = reading.errors / reading.bits if right and reading.bits else None
        return cls(item, way, reading.mark is not None, right, float(reading.p_value), seconds, corrected, bit_accuracy)


@dataclass(frozen=True)
class Row:
    """All items after one way.

    Attributes:
        way, group, about: see `PictureWay`.
        decoded: items whose mark was read right.
        wrong: items in which another mark was read: of these there should be none.
        corrected: mean share of coded bits that were corrected in right readings; None where there was none.
        bits: mean bit accuracy over items; None where it was not asked.
        least_bits: the smallest of them.
        largest_p: the weakest of the right readings, as the reader states it; None where there was none.
        seconds: median over items, of reading.
        lost: items whose mark was not read.
    """

    way: str
    group: str
    about: str
    decoded: Proportion
    wrong: int
    corrected: float | None
    bits: float | None
    least_bits: float | None
    largest_p: float | None
    seconds: float
    lost: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "way": self.way,
            "group": self.group,
            "about": self.about,
            "decoded": self.decoded.as_json(),
            "wrong": self.wrong,
            "corrected": self.corrected,
            "bit_accuracy": self.bits,
            "least_bit_accuracy": self.least_bits,
            "largest_p_value": self.largest_p,
            "read_s": self.seconds,
            "lost": list(self.lost),
        }


def row_of(way: str, group: str, about: str, outcomes: Iterable[Outcome]) -> Row:
    """A row of what came of one way.

    Raises:
        ValueError: there are no outcomes.
    """
    mine = [one for one in outcomes if one.way == way]
    if not mine:
        raise ValueError(f"nothing came of {way}")
    told = [one.bit_accuracy for one in mine if one.bit_accuracy is not None]
    corrected = [one.corrected for one in mine if one.corrected is not None]
    p_values = [one.p_value for one in mine if one.right]
    return Row(
        way, group, about,
        decoded=Proportion(sum(one.right for one in mine), len(mine)),
        wrong=sum(one.found and not one.right for one in mine),
        corrected=sum(corrected) / len(corrected) if corrected else None,
        bits=sum(told) / len(told) if told else None,
        least_bits=min(told, default=None),
        largest_p=max(p_values, default=None),
        seconds=median(one.seconds for one in mine),
        lost=tuple(one.item for one in mine if not one.right),
    )  # fmt: skip


HEAD = ("after", "decoded (95 %)", "bits right, %", "least", "corrected, %", "wrong", "read, s")


def table(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Cells under `HEAD`."""
    return [
        (
            row.way, row.decoded.told, _percent(row.bits), _percent(row.least_bits), _percent(row.corrected),
            str(row.wrong), f"{row.seconds:.2f}",
        )
        for row in rows
    ]  # fmt: skip


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
