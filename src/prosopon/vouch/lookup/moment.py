"""Which picture of an original video a suspect's picture was: key frames are a second apart, lips are not that slow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from prosopon.core.clip import Clip, Frame
from prosopon.vouch.lookup.index import Shown
from prosopon.vouch.lookup.registration import Grey, Registration, warped
from prosopon.vouch.store.thumbnail import shrunk

REACH_S = 5.0
"""How far around the supposed beginning is searched: in a still scene one key frame is as near as another."""
_SIDE_PX = 96


def exact_pictures(
    original: Clip, pairs: Sequence[tuple[Frame, float, Registration]], about_s: float
) -> list[Shown | None]:
    """The pictures of an original that a suspect's pictures were made from; one beginning is sought for all.

    Args:
        original: the clip; it is decoded twice up to where the suspect can end.
        pairs: the suspect's picture, when it is shown there, and where it lies in the original.
        about_s: about when the suspect begins in the original.

    Returns:
        For each pair the picture at the beginning by which all agree best; None where the original has none then.
    """
    frame_s = 1 / float(original.fps) if original.fps else 1.0
    wanted = [_small(frame) for frame, _, _ in pairs]
    costs: list[dict[int, float]] = [{} for _ in pairs]
    for time, picture in _until(original, max((time for _, time, _ in pairs), default=0.0) + about_s + REACH_S):
        for number, (frame, seen_at, place) in enumerate(pairs):
            if abs(time - seen_at - about_s) <= REACH_S:
                begins = round((time - seen_at) / frame_s)
                costs[number][begins] = _apart(wanted[number], frame, picture, place)
    # A beginning that some pairs cannot have is dearer than any that all have.
    dear = max((cost for one in costs for cost in one.values()), default=0.0)
    beginnings = {begins for one in costs for begins in one}
    if not beginnings:
        return [None] * len(pairs)
    best = min(sorted(beginnings), key=lambda begins: sum(one.get(begins, dear) for one in costs))
    found: list[Shown | None] = [None] * len(pairs)
    for time, picture in _until(original, max(time for _, time, _ in pairs) + (best + 1) * frame_s):
        for number, (_, seen_at, _) in enumerate(pairs):
            if round((time - seen_at) / frame_s) == best:
                found[number] = Shown(picture, time, is_full=True)
    return found


def _until(clip: Clip, end_s: float) -> Iterator[tuple[float, Frame]]:
    """Times from the first picture on, and pictures, up to a time."""
    start = clip.times[0] if clip.times else 0.0
    for time, picture in zip(clip.times, clip.frames(), strict=False):
        if time - start > end_s:
            return
        yield time - start, picture


def _small(frame: Frame) -> Grey:
    grey: Grey = shrunk(frame, _SIDE_PX).mean(axis=-1, dtype=np.float32)
    return grey


def _apart(wanted: Grey, suspect: Frame, picture: Frame, place: Registration) -> float:
    """Mean square of the better half of differences, after gain and offset."""
    scale = wanted.shape[1] / suspect.shape[1]
    side = max(16, round(max(picture.shape[:2]) * scale / max(place.scale, 1e-3)))
    small = shrunk(picture, side).mean(axis=-1, dtype=np.float32)
    to_small = np.diag([small.shape[1] / picture.shape[1], small.shape[0] / picture.shape[0], 1.0])
    from_small = np.diag([suspect.shape[1] / wanted.shape[1], suspect.shape[0] / wanted.shape[0], 1.0])
    seen, inside = warped(small, to_small @ place.matrix @ from_small, (wanted.shape[1], wanted.shape[0]))
    if inside.sum() < 16:
        return float("inf")
    ours, theirs = wanted[inside], seen[inside]
    gain = ours.std() / (theirs.std() + 1e-3)
    apart = np.sort((ours - ours.mean() - gain * (theirs - theirs.mean())) ** 2)
    # Most of a picture stands still: its better half says little about the moment, its worst tenth may be replaced.
    return float(apart[: int(0.9 * len(apart))].mean())
