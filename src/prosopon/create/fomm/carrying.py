"""Driving keypoints carried over to a source as a stream: which motion, drawn towards landmarks, steadied over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np

from prosopon.core.errors import UsageError
from prosopon.create.fomm.guidance import Guidance
from prosopon.create.fomm.head_fit import can_fit
from prosopon.create.fomm.head_motion import HeadMotion, HeadTransfer
from prosopon.create.fomm.options import Motion
from prosopon.create.fomm.steadying import Floats, steadied
from prosopon.create.fomm.transfer import transfer
from prosopon.models.motion.keypoints import Keypoints

Carried = Literal["head", "relative", "absolute"]
"""`options.Motion` once it is known what the weights can do."""


def carried_as(motion: Motion, groups: Sequence[Sequence[int]]) -> Carried:
    """What `auto` means for weights whose keypoints follow these groups of landmarks (empty: none do).

    Raises:
        UsageError: head motion was asked for, and the weights cannot have it.
    """
    if motion == "auto":
        return "head" if can_fit(groups) else "relative"
    if motion == "head" and not can_fit(groups):
        raise UsageError(
            "these weights know no landmarks, so that their motion cannot be taken for that of a head",
            "leave out --motion head; --motion relative is the published way",
        )
    return motion


def carried(
    driving: Iterable[Keypoints],
    kp_source: Keypoints,
    kp_initial: Keypoints,
    *,
    motion: Carried,
    adapt_scale: bool,
    groups: Sequence[Sequence[int]] = (),
    guidance: Guidance | None = None,
    sigma_frames: float = 0.0,
) -> Iterator[Keypoints]:
    """The keypoints that the generator shall follow, in chunks of any size, as many rows as went in.

    Args:
        driving: keypoints of the driving frames in chunks.
        kp_source: of the source picture, one row.
        kp_initial: of the reference frame, one row.
        motion: how; relative and absolute are as published, whatever else is asked for.
        adapt_scale: see `transfer.transfer`.
        groups: landmarks that the first keypoints follow; for head motion.
        guidance: what a face finder saw, in head motion.
        sigma_frames: steadies the head's turn and place, in head motion.
    """
    if motion != "head":
        for points in driving:
            yield transfer(kp_source, points, kp_initial, relative=motion == "relative", adapt_scale=adapt_scale)
        return
    head = HeadTransfer(groups, kp_source, kp_initial, adapt_scale=adapt_scale)
    bent: list[Floats] = []

    def turns() -> Iterator[Floats]:
        """What is steadied: the head's movement and the local motion; what the face does waits beside it."""
        first = 0
        for points in driving:
            guided = points if guidance is None else guidance.guided(points, first, kp_initial)
            first += len(points.value)
            split = head.split(guided)
            bent.extend(split.bent)
            yield steady_part(split)

    for rows in steadied(turns(), sigma_frames):
        waiting, bent[:] = np.stack(bent[: len(rows)]), bent[len(rows) :]
        yield head.join(with_steady_part(rows, waiting))


def steady_part(motion: HeadMotion) -> Floats:
    """The part of a head's motion that may be steadied without flattening blinks or lips, `(T, 6 [+ 4 K])`."""
    if motion.local is None:
        return motion.moved
    return np.concatenate((motion.moved, motion.local.reshape(len(motion.moved), -1)), axis=1)


def with_steady_part(rows: Floats, bent: Floats) -> HeadMotion:
    """The motion again, from its steady part and what the face does `(T, K, 3)`."""
    local = rows[:, 6:].reshape(len(rows), -1, 2, 2) if rows.shape[1] > 6 else None
    return HeadMotion(rows[:, :6], bent, local)


def split_up(keypoints: Keypoints, batch: int) -> Iterator[Keypoints]:
    """Chunks of at most `batch` rows."""
    for start in range(0, len(keypoints.value), batch):
        yield keypoints[start : start + batch]
