"""Is this one of mine, and where does it differ? Over one's own originals and over what was published here.

Fingerprints only propose; what is called a match was laid over the original, pixel on pixel. So a crop, which moves the
fingerprint far, is found as long as there is not too much else that is like it, and a stranger's picture with a similar
fingerprint is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from prosopon.core.clip import Clip, Frame
from prosopon.core.progress import SILENT, Progress
from prosopon.media.read import read
from prosopon.vouch.lookup.difference import difference
from prosopon.vouch.lookup.index import Index, Shown
from prosopon.vouch.lookup.moment import exact_pictures
from prosopon.vouch.lookup.original import Original
from prosopon.vouch.lookup.pdq import LEAST_QUALITY, MATCH, Turn, pdq
from prosopon.vouch.lookup.registration import Registration, register
from prosopon.vouch.lookup.report import Answer, Compared, LookupReport, Match
from prosopon.vouch.lookup.suspect import Suspect
from prosopon.vouch.lookup.voting import Candidate, Seen, candidates
from prosopon.vouch.store.record import Record
from prosopon.vouch.store.store import Store

_COMPARED = 3
"""Pictures of a video that are laid over the original."""
_LONGEST_S = 600.0
"""Originals that last longer are compared by their thumbnails: finding the moment would mean decoding all of them."""


def look_up(
    suspect: Path | Clip | Suspect,
    originals: Index | None = None,
    published: Store | None = None,
    *,
    progress: Progress = SILENT,
) -> LookupReport:
    """Look a picture or video up.

    Args:
        suspect: a file, a folder of pictures, or a clip; as a `Suspect` where it is also asked about elsewhere.
        originals: the index to search, by default the user's own.
        published: the store to search, by default the user's own.
        progress: told of every candidate that is compared.

    Raises:
        MediaError: the file cannot be read.
        ProsoponError: the index or the store cannot be read.
    """
    if not isinstance(suspect, Suspect):
        suspect = Suspect(read(suspect) if isinstance(suspect, Path) else suspect)
    clip, seen = suspect.clip, suspect.seen
    index = Index.open() if originals is None else originals
    store = Store.open() if published is None else published
    progress.start("comparing", None)

    def among_originals(candidate: Candidate) -> list[Match]:
        original = index.original(candidate.item)
        if original is None:
            return []
        about = _About(original.name, original.sha256, "original", original.sha256 == clip.sha256, original.is_still)
        compared = [] if about.is_identical else _with_original(seen, candidate, original, index)
        return _match(candidate, about, compared, seen)

    def among_published(candidate: Candidate) -> list[Match]:
        record = store.record(candidate.item)
        if record is None:
            return []
        about = _About(record.title, record.sha256, "published", record.sha256 == clip.sha256, record.is_still)
        identical, thumbnail = about.is_identical, store.thumbnail(record)
        compared = [] if identical else _with_thumbnail(seen, candidate.turn, thumbnail, record)
        return _match(candidate, about, compared, seen)

    matches = _confirmed(candidates(seen, index.search), among_originals, progress)
    matches += _confirmed(candidates(seen, store.near), among_published, progress)
    progress.finish()
    quality = max((one.fingerprints[Turn.NONE].quality for one in seen), default=0)
    return LookupReport(clip.name, tuple(sorted(matches, key=_rank)), (index.count(), len(store)), quality)


@dataclass(frozen=True)
class _About:
    """What a match says of the thing that was found."""

    name: str
    sha256: str
    of: str
    is_identical: bool
    is_still: bool


def _confirmed(
    found: Sequence[Candidate], compare: Callable[[Candidate], list[Match]], progress: Progress
) -> list[Match]:
    """What candidates come to; the far ones are only looked at where neither a near one holds nor one is the same."""
    matches: list[Match] = []
    for candidate in found:
        if candidate.distance > MATCH and any(one.distance <= MATCH or one.answer is Answer.SAME for one in matches):
            continue
        matches += compare(candidate)
        progress.advance()
    return matches


def _with_original(seen: Sequence[Seen], candidate: Candidate, original: Original, index: Index) -> list[Compared]:
    """The likeliest pictures of the suspect against the original itself, or its thumbnails where it is gone."""
    placed: list[tuple[Seen, Frame, Shown, Registration]] = []
    for number, time in candidate.pairs[:_COMPARED]:
        frame = candidate.turn.undone(seen[number].frame)
        shown = index.thumbnail(original, time)
        place = register(frame, shown.frame)
        if place is not None:
            placed.append((seen[number], frame, shown, place))
    clip = index.clip(original) if placed and original.duration_s <= _LONGEST_S else None
    if clip is None:
        return [
            _compared(one, frame, shown, candidate.turn, place=place, is_exact=original.is_still)
            for one, frame, shown, place in placed
        ]
    if original.is_still:
        exact: list[Shown | None] = [Shown(clip.first(), 0.0, is_full=True)] * len(placed)
    else:
        full = (clip.width, clip.height)
        pairs = [(frame, one.time_s, _enlarged(place, shown.frame, full)) for one, frame, shown, place in placed]
        about = float(np.median([time - seen[number].time_s for number, time in candidate.pairs]))
        exact = exact_pictures(clip, pairs, about)
    compared: list[Compared] = []
    for (one, frame, shown, _), true in zip(placed, exact, strict=True):
        meant = shown if true is None else true
        place_there = register(frame, meant.frame)
        if place_there is not None:
            compared.append(_compared(one, frame, meant, candidate.turn, place=place_there, is_exact=True))
    return compared


def _with_thumbnail(seen: Sequence[Seen], turn: Turn, thumbnail: Frame, record: Record) -> list[Compared]:
    """The picture of the suspect that is most like a thumbnail against it."""
    wanted = pdq(thumbnail)
    one = min(seen, key=lambda one: one.fingerprints[turn].distance(wanted))
    frame = turn.undone(one.frame)
    place = register(frame, thumbnail)
    if place is None:
        return []
    # The thumbnail is one of the key frames; which one, only its hash tells.
    moment = min(record.fingerprints, key=lambda kept: kept.fingerprint.distance(wanted), default=None)
    shown = Shown(thumbnail, 0.0 if moment is None else moment.time_s, is_full=False)
    return [_compared(one, frame, shown, turn, place=place, is_exact=record.is_still)]


def _compared(one: Seen, frame: Frame, shown: Shown, turn: Turn, *, place: Registration, is_exact: bool) -> Compared:
    found = difference(frame, shown.frame, place)
    return Compared(frame, shown.frame, one.time_s, shown.time_s, shown.is_full, is_exact, turn, place, found)


def _enlarged(place: Registration, small: Frame, full: tuple[int, int]) -> Registration:
    """The place in the original itself, from that in its thumbnail."""
    larger = np.diag([full[0] / small.shape[1], full[1] / small.shape[0], 1.0])
    return replace(place, matrix=larger @ place.matrix)


def _match(candidate: Candidate, about: _About, compared: Sequence[Compared], seen: Sequence[Seen]) -> list[Match]:
    """What the comparison comes to; nothing where the fingerprint was all that was alike."""
    differing = sum(bool(one.difference.regions) for one in compared)
    if about.is_identical:
        answer = Answer.SAME
    elif compared:
        answer = Answer.DIFFERS if 2 * differing > len(compared) else Answer.SAME
    elif candidate.distance <= MATCH and max(one.fingerprints[Turn.NONE].quality for one in seen) >= LEAST_QUALITY:
        answer = Answer.ALIKE
    else:
        return []
    offset = None
    if not about.is_still:
        offsets = [one.original_s - one.time_s for one in compared]
        offsets = offsets or [time - seen[number].time_s for number, time in candidate.pairs]
        offset = float(np.median(offsets))
    if answer is Answer.SAME:  # one picture of several that differs is none that shows it best
        ordered = sorted(compared, key=lambda one: one.difference.share)
    else:
        ordered = sorted(compared, key=lambda one: -one.difference.share)
    return [
        Match(
            about.name,
            about.sha256,
            about.of,
            answer,
            candidate.distance,
            about.is_identical,
            candidate.matched,
            offset,
            tuple(ordered),
        )
    ]


def _rank(match: Match) -> tuple[bool, float, float, int]:
    """The very file first, then what fits best, then what differs least."""
    if not match.compared:
        return not match.is_identical, 0.0, 0.0, match.distance
    differs = float(np.mean([one.difference.share for one in match.compared]))
    fit = float(np.mean([one.registration.fit for one in match.compared]))
    return not match.is_identical, -round(fit, 1), round(differs, 3), match.distance
