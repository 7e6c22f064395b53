"""Faces in an order, and in groups: to look through them, and to throw the bad ones away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, get_args

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from prosopon.core.errors import UsageError
from prosopon.faces.alignment import Aligned

Key = Literal["time", "blur", "brightness", "size", "yaw", "pitch", "roll", "eyes", "mouth", "score", "identity"]
Grouping = Literal["track", "pose", "identity", "none"]

POSES = ("left", "half-left", "front", "half-right", "right")
_POSE_EDGES_DEG = (-35.0, -12.0, 12.0, 35.0)
SAME_PERSON = 0.5
"""Cosine of embeddings from which faces are taken for one person's, where nothing else is said."""


def _pose(name: str) -> Callable[[Aligned], float]:
    return lambda one: float("nan") if one.face.pose is None else getattr(one.face.pose, name)


def _measured(name: str, sign: float = 1.0) -> Callable[[Aligned], float]:
    return lambda one: sign * one.measures.get(name, float("nan"))


_VALUES: dict[str, Callable[[Aligned], float]] = {
    "time": lambda one: one.time_s,
    "blur": _measured("sharpness", -1),
    "brightness": _measured("brightness", -1),
    "size": _measured("size_px", -1),
    "yaw": _pose("yaw"),
    "pitch": _pose("pitch"),
    "roll": _pose("roll"),
    "eyes": lambda one: -(one.measures.get("eye_left", np.nan) + one.measures.get("eye_right", np.nan)) / 2,
    "mouth": _measured("mouth", -1),
    "score": lambda one: -one.face.confidence,
}


def in_order_of(faces: Sequence[Aligned], key: Key, *, same_person: float = SAME_PERSON) -> list[Aligned]:
    """Sorted: the sharpest, brightest, largest, most open, surest first; angles from the smallest; time from the start.

    `identity` puts alike faces beside each other, people with many faces first. Faces that lack what is sorted by
    come last, in order of time.

    Args:
        faces: in order of time.
        key: what to sort by.
        same_person: cosine of embeddings from which two are one person.

    Raises:
        UsageError: there is no such key; `identity` without embeddings.
    """
    if key == "identity":
        groups = grouped(faces, "identity", same_person=same_person)
        return [one for group in sorted(groups.values(), key=len, reverse=True) for one in group]
    if key not in get_args(Key):
        raise UsageError(f"faces cannot be sorted by {key!r}", f"use one of {', '.join(get_args(Key))}")
    values = np.array([_VALUES[key](one) for one in faces], float)
    order = sorted(range(len(faces)), key=lambda i: (np.isnan(values[i]), np.nan_to_num(values[i]), faces[i].time_s, i))
    return [faces[i] for i in order]


def grouped(faces: Sequence[Aligned], by: Grouping, *, same_person: float = SAME_PERSON) -> dict[str, list[Aligned]]:
    """Faces by the name of their group, each in the given order.

    `track`: a person as long as they are followed; `pose`: five ranges of yaw (left and right are the picture's);
    `identity`: people by the likeness of their embeddings, `person_00` having the most faces; `none`: one group.

    Args:
        faces: in order.
        by: what to group by.
        same_person: cosine of embeddings from which two are one person.

    Raises:
        UsageError: there is no such grouping; `identity` without embeddings.
    """
    names: dict[str, Callable[[Sequence[Aligned]], list[str]]] = {
        "track": _tracks,
        "pose": _poses,
        "identity": partial(_people, same_person=same_person),
        "none": _all,
    }
    if by not in names:
        raise UsageError(f"faces cannot be grouped by {by!r}", f"use one of {', '.join(names)}")
    groups: dict[str, list[Aligned]] = {}
    for name, one in zip(names[by](faces), faces, strict=True):
        groups.setdefault(name, []).append(one)
    return dict(sorted(groups.items()))


def _all(faces: Sequence[Aligned]) -> list[str]:
    return ["faces"] * len(faces)


def _tracks(faces: Sequence[Aligned]) -> list[str]:
    return [f"track_{one.track:02d}" for one in faces]


def _poses(faces: Sequence[Aligned]) -> list[str]:
    names = []
    for one in faces:
        pose = one.face.pose
        number = None if pose is None else int(np.searchsorted(_POSE_EDGES_DEG, pose.yaw))
        names.append("pose_unknown" if number is None else f"pose_{number}_{POSES[number]}")
    return names


def _people(faces: Sequence[Aligned], same_person: float) -> list[str]:
    known = [one.face.embedding for one in faces if one.face.embedding is not None]
    if len(known) != len(faces):
        raise UsageError("the faces have no embeddings to tell people by", "group or sort by something else")
    if len(known) < 2:
        return ["person_00"] * len(faces)
    labels = fcluster(linkage(np.stack(known), "average", metric="cosine"), 1 - same_person, "distance")
    sizes = {label: int((labels == label).sum()) for label in labels}
    rank = {label: i for i, label in enumerate(sorted(sizes, key=lambda label: (-sizes[label], label)))}
    return [f"person_{rank[label]:02d}" for label in labels]
