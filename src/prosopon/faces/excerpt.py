"""A few runs of neighbouring frames of one person: what is looked at where a whole clip would take too long.

Runs rather than single frames, so that what changes from frame to frame can still be seen; spread over the clip, so
that it is all of it that is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Track, Tracks
from prosopon.core.history import Relationship, Step

RUNS, RUN = 4, 8
"""How many runs, and of how many frames each."""
_GAP_FRAMES = 1.5
"""Frames that are this many usual steps apart in time do not follow each other."""


def take_excerpt(clip: Clip, tracks: Tracks, runs: int = RUNS, run: int = RUN) -> tuple[Clip, Tracks]:
    """Runs of consecutive frames of the most prominent person, spread evenly over the frames that show them.

    Args:
        clip: any clip that has frames.
        tracks: the people in it; where there is nobody, the runs are spread over the whole clip.
        runs: how many, at most; fewer frames are taken where the clip or the track is shorter.
        run: frames of each.

    Returns:
        A clip whose frames are held in memory, with the times that they have in the whole clip: a gap between two runs
        is a gap in its times. And its tracks, that one person with the frames counted anew, or nobody.
    """
    person = tracks.main
    wanted = spread(range(len(clip)) if person is None else sorted(person.faces), runs, run)
    held = tuple(_picked(clip, wanted).values())
    step = Step("faces.excerpt", {"frames": list(wanted)}, parents=(clip.as_parent(Relationship.PARENT),))
    part = replace(clip.derive(step, lambda: iter(held)), times=tuple(clip.times[index] for index in wanted))
    if person is None:
        return part, Tracks((), len(wanted), tracks.back_end)
    faces = {number: person.faces[index] for number, index in enumerate(wanted)}
    return part, Tracks((Track(faces),), len(wanted), tracks.back_end)


def spread(frames: Sequence[int], runs: int, run: int) -> tuple[int, ...]:
    """Which of some frames an excerpt takes.

    They are divided into as many equal parts as there shall be runs; of each part the run is taken that has the fewest
    gaps, and of those the one nearest to the part's middle.

    Args:
        frames: ascending.
        runs, run: how many runs of how many frames.

    Returns:
        Ascending; all of them where they are no more than that.

    Raises:
        ValueError: not even one frame is asked for.
    """
    if runs < 1 or run < 1:
        raise ValueError(f"{runs} runs of {run} frames are no excerpt")
    if len(frames) <= runs * run:
        return tuple(frames)
    taken: list[int] = []
    for part in np.array_split(np.asarray(frames), runs):
        starts = range(len(part) - run + 1)
        middle = (len(part) - run) / 2
        first = min(starts, key=lambda at: (part[at + run - 1] - part[at], abs(at - middle)))
        taken += part[first : first + run].tolist()
    return tuple(taken)


def runs_of(clip: Clip) -> tuple[slice, ...]:
    """The runs of frames of a clip that follow each other without a gap in time, as an excerpt has several."""
    return runs_in(clip.times, clip.fps)


def runs_in(times: Sequence[float], fps: Fraction | None) -> tuple[slice, ...]:
    """The same for the times of frames, ascending, in seconds.

    A frame follows another when it comes within one and a half of the usual steps.
    """
    if not len(times):
        return ()
    usual = float(1 / fps) if fps is not None else float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    cuts = [at for at, (a, b) in enumerate(pairwise(times), 1) if b - a > _GAP_FRAMES * usual]
    edges = [0, *cuts, len(times)]
    return tuple(slice(start, stop) for start, stop in pairwise(edges))


def _picked(clip: Clip, wanted: Sequence[int]) -> Mapping[int, Frame]:
    """Some frames of a clip in one pass, which ends with the last of them."""
    left = set(wanted)
    found: dict[int, Frame] = {}
    frames = clip.frames()
    for index, frame in enumerate(frames):
        if index in left:
            found[index] = frame
            left.discard(index)
        if not left:
            break
    close = getattr(frames, "close", None)
    if close is not None:
        close()
    if left:
        raise ValueError(f"{clip.name} ended before frame {min(left)}")
    return found
