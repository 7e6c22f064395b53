"""Which originals the key frames of a suspect vote for, and from which moment on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prosopon.core.clip import Frame
from prosopon.vouch.lookup.pdq import LEAST_QUALITY, MATCH, Fingerprint, Turn, before_turning
from prosopon.vouch.store.fingerprint_rows import Near

WIDE = 90
"""Distances up to here are looked into further, since a crop moves the hash by that much; alone they mean nothing."""

_TURNS = (*Turn,)


@dataclass(frozen=True, eq=False)
class Seen:
    """A key frame of the suspect: `uint8 (H, W, 3)`, its time in seconds, and its hashes from before any turning."""

    frame: Frame
    time_s: float
    fingerprints: dict[Turn, Fingerprint]

    @classmethod
    def of(cls, frame: Frame, time_s: float = 0.0) -> Seen:
        """A frame with its hashes."""
        return cls(frame, time_s, before_turning(frame))


@dataclass(frozen=True)
class Candidate:
    """An original that key frames of the suspect are near to.

    Attributes:
        item: which, as 32 hexadecimal digits.
        distance: smallest one, in bits of 256.
        turn: how the suspect was turned or mirrored.
        matched: share of the suspect's key frames within `MATCH`; those that are too plain to tell do not count.
        pairs: (position among the suspect's key frames, time in the original), the nearest first, one for each.
    """

    item: str
    distance: int
    turn: Turn
    matched: float
    pairs: tuple[tuple[int, float], ...]


def candidates(
    seen: Sequence[Seen], search: Callable[[Sequence[Fingerprint], int], list[Near]], limit: int = 4
) -> list[Candidate]:
    """The likeliest originals, the likeliest first.

    Args:
        seen: key frames of the suspect.
        search: finds what is near to fingerprints within a distance.
        limit: how many at most.
    """
    asked = [one.fingerprints[turn] for one in seen for turn in _TURNS]
    by_item: dict[str, list[Near]] = defaultdict(list)
    for near in search(asked, WIDE):
        by_item[near.item].append(near)
    telling = [one.fingerprints[Turn.NONE].quality >= LEAST_QUALITY for one in seen]
    telling = telling if any(telling) else [True] * len(seen)
    found = [_counted(item, hits, telling) for item, hits in by_item.items()]
    return sorted(found, key=lambda one: (-round(one.matched, 2), one.distance, one.item))[:limit]


def _counted(item: str, hits: Sequence[Near], telling: Sequence[bool]) -> Candidate:
    """Hits on one original, the nearest first."""
    ways = Counter[Turn]()
    for hit in hits:
        # A near hit tells more about how the suspect was turned than many far ones.
        ways[_TURNS[hit.asked % len(_TURNS)]] += 2 ** ((WIDE - hit.distance) // 8)
    turn = ways.most_common(1)[0][0]
    best: dict[int, Near] = {}
    for hit in hits:
        if _TURNS[hit.asked % len(_TURNS)] is turn:
            best.setdefault(hit.asked // len(_TURNS), hit)
    matched = sum(telling[frame] and hit.distance <= MATCH for frame, hit in best.items()) / sum(telling)
    pairs = tuple((frame, hit.time_s) for frame, hit in sorted(best.items(), key=lambda pair: pair[1].distance))
    return Candidate(item, min(hit.distance for hit in best.values()), turn, matched, pairs)
