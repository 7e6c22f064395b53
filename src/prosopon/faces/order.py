"""Faces in an order, and in groups: to look through them, and to throw the bad ones away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.faces.alignment import Aligned
from prosopon.faces.best import best_first
from prosopon.faces.chains import chain, unusual_first
from prosopon.faces.histograms import histogram
from prosopon.faces.people import people

Key = Literal[
    "time", "blur", "blur-fft", "motion-blur", "brightness", "black", "hue", "green", "orange", "size", "yaw", "pitch",
    "roll", "eyes", "mouth", "score", "distance", "hist", "hist-dissim", "identity", "identity-dissim", "best",
]  # fmt: skip
Grouping = Literal["track", "source", "pose", "identity", "none"]

POSES = ("left", "half-left", "front", "half-right", "right")
_POSE_EDGES_DEG = (-35.0, -12.0, 12.0, 35.0)
SAME_PERSON = 0.5
"""Cosine of embeddings from which faces are taken for one person's, where nothing else is said."""
BY_IDENTITY = ("identity", "identity-dissim")
"""Keys and groupings for which faces need embeddings."""


def _pose(name: str) -> Callable[[Aligned], float]:
    return lambda one: float("nan") if one.face.pose is None else getattr(one.face.pose, name)


def _measured(*names: str) -> Callable[[Aligned], float]:
    return lambda one: float(np.mean([one.measures.get(name, np.nan) for name in names]))


_VALUES: dict[str, Callable[[Aligned], float]] = {
    "blur": _measured("sharpness"),
    "blur-fft": _measured("fine_detail_db"),
    "motion-blur": _measured("motion_blur"),
    "brightness": _measured("brightness"),
    "black": _measured("black"),
    "hue": _measured("hue_deg"),
    "green": _measured("green"),
    "orange": _measured("orange"),
    "size": _measured("size_px"),
    "yaw": _pose("yaw"),
    "pitch": _pose("pitch"),
    "roll": _pose("roll"),
    "eyes": _measured("eye_left", "eye_right"),
    "mouth": _measured("mouth"),
    "score": lambda one: one.face.confidence,
    "distance": _measured("distance"),
}
_LARGEST_FIRST = frozenset(("blur", "blur-fft", "brightness", "green", "orange", "size", "eyes", "mouth", "score"))


def value(one: Aligned, key: Key) -> float | None:
    """What a face is sorted by; None where it was not measured, or where the key is none of a single face."""
    found = _VALUES[key](one) if key in _VALUES else float("nan")
    return None if np.isnan(found) else found


def in_order_of(
    faces: Sequence[Aligned],
    key: Key,
    *,
    same_person: float = SAME_PERSON,
    picture: Callable[[Aligned], Frame] | None = None,
) -> list[Aligned]:
    """Sorted: the sharpest, brightest, largest, most open, surest first; angles from the smallest; time from the start.

    `identity` puts alike faces beside each other, people with many faces first; `identity-dissim` begins with those
    that are unlike most others. `hist` puts pictures of alike colours beside each other, `hist-dissim` begins with the
    most unusual ones. `best` spreads poses and expressions, see `best.best_first`. Faces that lack what is sorted by
    come last, in order of source and time.

    Args:
        faces: in order of source and time.
        key: what to sort by.
        same_person: cosine of embeddings from which two are one person.
        picture: shows a face's crop `uint8 (S, S, 3)`; `hist` and `hist-dissim` ask for it.

    Raises:
        UsageError: there is no such key; `identity` without embeddings; colours without pictures.
    """
    if key not in get_args(Key):
        raise UsageError(f"faces cannot be sorted by {key!r}", f"use one of {', '.join(get_args(Key))}")
    if key == "identity":
        groups = grouped(faces, "identity", same_person=same_person)
        return [one for group in sorted(groups.values(), key=len, reverse=True) for one in group]
    if key == "best":
        return best_first(faces)
    if key in ("identity-dissim", "hist", "hist-dissim"):
        vectors = _embeddings(faces) if key == "identity-dissim" else _histograms(faces, picture)
        order = (chain if key == "hist" else unusual_first)(vectors)
        return [faces[i] for i in order]
    sign = -1.0 if key in _LARGEST_FIRST else 1.0

    def place(one: Aligned) -> tuple[bool, float, int, float]:
        found = value(one, key)
        return found is None and key != "time", sign * (found or 0.0), one.source, one.time_s

    return sorted(faces, key=place)


def grouped(faces: Sequence[Aligned], by: Grouping, *, same_person: float = SAME_PERSON) -> dict[str, list[Aligned]]:
    """Faces by the name of their group, each in the given order.

    `track`: a person as long as they are followed; `source`: a file; `pose`: five ranges of yaw (left and right are the
    picture's); `identity`: people by the likeness of their embeddings, `person_00` having the most faces; `none`: one
    group.

    Args:
        faces: in order.
        by: what to group by.
        same_person: cosine of embeddings from which two are one person.

    Raises:
        UsageError: there is no such grouping; `identity` without embeddings.
    """
    names: dict[str, Callable[[Sequence[Aligned]], list[str]]] = {
        "track": lambda all_of_them: [f"track_{one.track:02d}" for one in all_of_them],
        "source": lambda all_of_them: [f"source_{one.source:02d}" for one in all_of_them],
        "pose": lambda all_of_them: [_pose_name(one) for one in all_of_them],
        "identity": partial(_people, same_person=same_person),
        "none": lambda all_of_them: ["faces"] * len(all_of_them),
    }
    if by not in names:
        raise UsageError(f"faces cannot be grouped by {by!r}", f"use one of {', '.join(names)}")
    groups: dict[str, list[Aligned]] = {}
    for name, one in zip(names[by](faces), faces, strict=True):
        groups.setdefault(name, []).append(one)
    return dict(sorted(groups.items()))


def _pose_name(one: Aligned) -> str:
    if one.face.pose is None:
        return "pose_unknown"
    number = int(np.searchsorted(_POSE_EDGES_DEG, one.face.pose.yaw))
    return f"pose_{number}_{POSES[number]}"


def _people(faces: Sequence[Aligned], same_person: float) -> list[str]:
    return [f"person_{number:02d}" for number in people(_embeddings(faces), same_person)]


def _embeddings(faces: Sequence[Aligned]) -> NDArray[np.float32]:
    known = [one.face.embedding for one in faces if one.face.embedding is not None]
    if len(known) != len(faces):
        raise UsageError("the faces have no embeddings to tell people by", "group or sort by something else")
    return np.stack(known) if known else np.zeros((0, 1), np.float32)


def _histograms(faces: Sequence[Aligned], picture: Callable[[Aligned], Frame] | None) -> NDArray[np.float32]:
    if picture is None or any(one.crop is None for one in faces):
        raise UsageError("the faces have no pictures to compare colours of", "sort by something else")
    return np.stack([histogram(picture(one)) for one in faces]) if faces else np.zeros((0, 1), np.float32)
