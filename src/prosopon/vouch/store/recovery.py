"""Durable credentials: a file that lost its credential is led back to the record of what was published.

The watermark leads to a record at once, the fingerprint to some that are alike. Neither proves anything: a watermark
can be copied onto any picture, and a fingerprint is the same before and after a face was swapped. So the suspect is
laid over the thumbnail of the record. What comes of it is at best "recovered, not byte-verified".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from prosopon.core.clip import Clip, Frame
from prosopon.vouch.lookup.difference import difference
from prosopon.vouch.lookup.moment import exact_pictures
from prosopon.vouch.lookup.pdq import MATCH, Turn, pdq
from prosopon.vouch.lookup.registration import Registration, register
from prosopon.vouch.lookup.report import Compared
from prosopon.vouch.lookup.suspect import Suspect
from prosopon.vouch.lookup.voting import candidates
from prosopon.vouch.manifest.trust import NOBODY, Trust
from prosopon.vouch.store.kept_credential import KeptCredential, check_kept
from prosopon.vouch.store.record import Record
from prosopon.vouch.store.store import Store
from prosopon.vouch.watermark.reading import Reading

_SAME_MARK = 8
"""Records with one and the same watermark that are looked at, the newest first."""
_TRIED_TURNS = 3
"""Of eight, the ones by which the fingerprints come nearest."""


class Likeness(StrEnum):
    """What the suspect looks like, beside the thumbnail of the record."""

    SAME = "same"
    DIFFERS = "differs"
    """Both lie over each other, but for regions."""
    OTHER = "other"
    """Another picture."""


@dataclass(frozen=True, eq=False)
class Recovered:
    """The record of what the suspect seems to be a copy of.

    Attributes:
        record: what was published.
        by: what led to it: watermark or fingerprint.
        likeness: of the suspect and the record's thumbnail.
        credential: the kept manifest store, checked as far as it can be without its file.
        thumbnail: the record's, `uint8 (H, W, 3)`, to be shown beside the suspect: people see more.
        distance: of the fingerprints, in bits of 256; unrelated ones are at about 128.
        compared: how they were laid over each other; None where that failed.
        others: what was published with the same watermark, and looks otherwise: one of them has a mark that was
            copied, or a number was used twice.
    """

    record: Record
    by: str
    likeness: Likeness
    credential: KeptCredential
    thumbnail: Frame
    distance: int
    compared: Compared | None
    others: tuple[Record, ...] = ()

    @property
    def is_alike(self) -> bool:
        """Whether it looks like what was published.

        A region that differs in a still is a no: it may be the photo that the published one was made from, with the
        watermark copied onto it. In a video it may be movement, since moments are not always known.
        """
        if self.likeness is Likeness.DIFFERS:
            return self.compared is not None and not self.compared.is_exact
        return self.likeness is Likeness.SAME

    @property
    def text(self) -> str:
        """What it means, in plain words."""
        if not self.others:
            return self._text()
        named = ", ".join(f"{one.title} ({one.time})" for one in self.others)
        return f"{self._text()} The same watermark was also put into {named}, which looks otherwise: one was copied."

    def _text(self) -> str:
        named = f"{self.record.title}, published {self.record.time}"
        if self.likeness is Likeness.OTHER:
            return (
                f"The watermark points to something else: {named}, which does not look like this. "
                "It was copied from there, or this was changed beyond recognition."
            )
        kept = "" if self.credential.holds else f" Its kept credential does not hold: {self.credential.problem}."
        if self.likeness is Likeness.DIFFERS and self.compared is not None:
            share = f"{100 * self.compared.difference.share:.1f} % of the picture"
            if self.compared.is_exact:
                return (
                    f"The watermark points to {named}, which looks like this but for {share}. Either this was changed "
                    f"since, or the watermark was copied onto what that was made from.{kept}"
                )
            return (
                f"Recovered by its {self.by}, not byte-verified: {named}. {share} differs from its thumbnail, "
                f"which movement may explain.{kept}"
            )
        return f"Recovered by its {self.by}, not byte-verified: it looks like {named}.{kept}"

    def as_json(self) -> dict[str, Any]:
        """Everything but pictures as plain values."""
        record = self.record
        return {
            "by": self.by,
            "text": self.text,
            "likeness": self.likeness.value,
            "is_alike": self.is_alike,
            "byte_verified": False,
            "distance": self.distance,
            "record": {
                "title": record.title,
                "sha256": record.sha256,
                "time": record.time,
                "source_type": record.source_type,
                "manifest_sha256": record.manifest_sha256,
                "payload": record.payload,
                "log_index": record.log_index,
            },
            "credential": self.credential.as_json(),
            "compared": None if self.compared is None else self.compared.as_json(),
            "same_watermark_elsewhere": [
                {"title": one.title, "sha256": one.sha256, "time": one.time, "source_type": one.source_type}
                for one in self.others
            ],
        }


def recover(
    reading: Reading | None, suspect: Clip | Suspect, store: Store | None = None, trust: Trust = NOBODY
) -> Recovered | None:
    """Find the record of what a suspect is a copy of.

    Args:
        reading: of its watermark; None where it was not read.
        suspect: picture or video; as a `Suspect` where it is also asked about elsewhere.
        store: of what was published, by default the user's own.
        trust: lists of who is trusted, for the kept credential.

    Returns:
        By the watermark, whether or not it looks alike; otherwise by the fingerprint, only where nothing differs; None
        where nothing leads to a record.

    Raises:
        ProsoponError: the store is damaged or cannot be read.
        MediaError: the suspect cannot be decoded.
    """
    found = Store.open() if store is None else store
    suspect = suspect if isinstance(suspect, Suspect) else Suspect(suspect)
    # Looking takes seconds where a video is long: not where there is nothing to compare it with.
    if not any(True for _ in found.records()) or not suspect.seen:
        return None
    if reading is not None and reading.mark is not None:
        by_mark = [
            _recovered(record, "watermark", suspect, _Kept.of(record, found, trust))
            for record in islice(found.all_by_payload(reading.mark.hex), _SAME_MARK)
        ]
        if by_mark:
            best = next((one for one in by_mark if one.is_alike), by_mark[-1])  # if none is, whose number it was first
            others = tuple(one.record for one in by_mark if one is not best and one.likeness is Likeness.OTHER)
            return replace(best, others=others)
    for candidate in candidates(suspect.seen, found.near, limit=2):
        record = found.record(candidate.item)
        if record is None:
            continue
        result = _recovered(record, "fingerprint", suspect, _Kept.of(record, found, trust))
        if result.likeness is Likeness.SAME:
            return result
    return None


@dataclass(frozen=True, eq=False)
class _Kept:
    """What the store has of a record."""

    thumbnail: Frame
    credential: KeptCredential

    @classmethod
    def of(cls, record: Record, store: Store, trust: Trust) -> _Kept:
        return cls(store.thumbnail(record), check_kept(record.title, store.manifest(record), trust))


def _recovered(record: Record, by: str, suspect: Suspect, kept: _Kept) -> Recovered:
    distance = min(
        one.fingerprints[turn].distance(frame.fingerprint)
        for one in suspect.seen for turn in Turn for frame in record.fingerprints
    ) if record.fingerprints else 256  # fmt: skip
    compared = _laid_over(suspect, kept.thumbnail, record)
    if compared is None:
        # A clip that was cut may lack the thumbnail's moment, and still have one that is known.
        likeness = Likeness.SAME if distance <= MATCH and not record.is_still else Likeness.OTHER
    else:
        likeness = Likeness.DIFFERS if compared.difference.regions else Likeness.SAME
    return Recovered(record, by, likeness, kept.credential, kept.thumbnail, distance, compared)


def _laid_over(suspect: Suspect, thumbnail: Frame, record: Record) -> Compared | None:
    """The suspect's picture that is most like the thumbnail against it."""
    wanted, seen = pdq(thumbnail), suspect.seen
    ways = sorted(
        ((one.fingerprints[turn].distance(wanted), number, turn) for number, one in enumerate(seen) for turn in Turn),
        key=lambda way: (way[0], way[1], [*Turn].index(way[2])),
    )
    tried: set[Turn] = set()
    for _, number, turn in ways:
        if turn in tried:
            continue
        if len(tried) == _TRIED_TURNS:
            return None
        tried.add(turn)
        one = seen[number]
        frame = turn.undone(one.frame)
        place = register(frame, thumbnail)
        if place is None:
            continue
        is_exact = record.is_still
        time = one.time_s
        if not suspect.clip.is_still and turn is Turn.NONE:
            frame, time, place = _same_moment(suspect.clip, thumbnail, time, place) or (frame, time, place)
        return Compared(frame, thumbnail, time, 0.0, False, is_exact, turn, place, difference(frame, thumbnail, place))
    return None


def _same_moment(
    suspect: Clip, thumbnail: Frame, about: float, place: Registration
) -> tuple[Frame, float, Registration] | None:
    """The suspect's picture that was the thumbnail, where it can be found near to a moment."""
    (shown,) = exact_pictures(suspect, [(thumbnail, 0.0, place.inverse)], about)
    if shown is None:
        return None
    found = register(shown.frame, thumbnail)
    return None if found is None else (shown.frame, shown.time_s, found)
