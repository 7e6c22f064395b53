"""Where the head is in every frame of the target: a square that follows it steadily, and landmarks in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.core.progress import Progress
from prosopon.create.partswap.options import SwapOptions, Where
from prosopon.faces.crop import square
from prosopon.faces.crop_option import parse_crop
from prosopon.faces.head_box import head_box
from prosopon.faces.sightings import unseen
from prosopon.faces.smooth import bridge, smooth

_STEADY_FRAMES = 2.0
"""How smoothly the square follows; in frames."""
_LANDMARK_FRAMES = 0.7
"""How smoothly the landmarks do: lips are quicker than heads."""


@dataclass(frozen=True)
class Head:
    """Where a head is in one frame.

    Attributes:
        box: square, fractional full-frame pixels, hair included.
        face: with landmarks in full-frame pixels; None where nobody looked for a face.
    """

    box: Box
    face: Face | None = None


@dataclass(frozen=True)
class Scene:
    """Who is where.

    Attributes:
        source: whose parts are taken; of a video its first frame counts.
        head: in the source.
        target: what is edited.
        heads: in the target, frame by frame; None in frames that do not show the person who is followed.
    """

    source: Clip
    head: Head
    target: Clip
    heads: tuple[Head | None, ...]


def look_at(
    source: Clip, target: Clip, options: SwapOptions, tracks_by: Mapping[str, Tracks], progress: Progress
) -> Scene:
    """Find the heads of both clips.

    Args:
        source, target: what goes in.
        options: as set by the user.
        tracks_by: people by role; for a role that is absent the whole picture is the head.
        progress: told who was chosen of several.

    Raises:
        MissingError: there are tracks, and nobody in them.
        UsageError: a crop lies outside its picture.
    """
    return Scene(
        source,
        head_in_source(source, options, tracks_by, progress),
        target,
        heads_in_target(target, options, tracks_by, progress),
    )


def check_faces(scene: Scene, where: Where) -> None:
    """Parts by name are found by landmarks: see that there are some wherever the parts are taken.

    Raises:
        MissingError: nobody looked for a face there.
    """
    known = {"source": scene.head.face is not None, "target": any(head and head.face for head in scene.heads)}
    asked = [role for role in known if where in (role, "both", "overlap")]
    unknown = [role for role in asked if not known[role]]
    if unknown and (where != "both" or unknown == asked):
        raise MissingError(
            f"parts by name need a face, and nobody looked for one in the {' and the '.join(unknown)}",
            "leave crops and --faces at auto, or ask for parts by number",
        )


def head_in_source(source: Clip, options: SwapOptions, tracks_by: Mapping[str, Tracks], progress: Progress) -> Head:
    """The head in the source picture.

    Args:
        source: of a video its first frame counts.
        options: as set by the user.
        tracks_by: people by role; without an entry `source` the whole picture is the head.
        progress: told who was chosen of several.

    Raises:
        MissingError: nobody is in there.
        UsageError: the crop lies outside the picture.
    """
    track = _chosen(source, options.crop, "crop", tracks_by.get("source"), progress)
    if track is None:
        return Head(_fixed(source, options.crop, "crop"))
    face = next(iter(track.faces.values()))
    assert face.landmarks is not None  # noqa: S101 - `_chosen` has looked
    return Head(head_box([face.landmarks]), face)


def heads_in_target(
    target: Clip, options: SwapOptions, tracks_by: Mapping[str, Tracks], progress: Progress
) -> tuple[Head | None, ...]:
    """The head in every frame of the target; None in frames that do not show the person who is followed.

    Raises:
        MissingError: nobody is in there.
        UsageError: the crop lies outside the picture.
    """
    track = _chosen(target, options.target_crop, "target_crop", tracks_by.get("target"), progress)
    if track is None:
        return (Head(_fixed(target, options.target_crop, "target_crop")),) * len(target)
    known = {index: face.landmarks for index, face in track.faces.items() if face.landmarks is not None}
    boxes = {index: np.array(head_box([points])) for index, points in known.items()}
    squares = smooth(bridge(boxes, len(target)), _STEADY_FRAMES)
    points = smooth(bridge(known, len(target)), _LANDMARK_FRAMES).astype(np.float32)
    gone = unseen(target, known)
    if gone.any():
        progress.note(
            f"{target.name}: {gone.sum()} of {len(gone)} frames do not show the person who is followed; they stay "
            "as they are"
        )
    return tuple(
        None if missing else Head(square(Box(*sides.tolist())), Face.around(landmarks))
        for sides, landmarks, missing in zip(squares, points, gone, strict=True)
    )


def _chosen(clip: Clip, crop: str, name: str, tracks: Tracks | None, progress: Progress) -> Track | None:
    """The person to work on; None where the whole picture, or a part of it, is to count as the head."""
    where = parse_crop(crop, name)
    if tracks is None or where == "whole":
        return None
    people = [one for one in tracks.tracks if any(face.landmarks is not None for face in one.faces.values())]
    if isinstance(where, Box):
        people = [one for one in people if _share_inside(one, where) > 0.5]
    if not people:
        flag = f"--{name.replace('_', '-')}"
        raise MissingError(
            f"no face was found in {clip.name}" + (f" within {flag} {crop}" if isinstance(where, Box) else ""),
            f"give {flag} whole where the picture shows a head and nothing else",
        )
    if len(people) > 1:
        progress.note(
            f"{clip.name} shows {len(people)} people or shots; the most prominent is taken, "
            f"--{name.replace('_', '-')} x,y,w,h picks another"
        )
    return people[0]


def _share_inside(track: Track, box: Box) -> float:
    """In how many of its frames a person's middle is in a box, as a share."""
    middles = [face.box.centre for face in track.faces.values()]
    inside = [box.left <= x < box.right and box.top <= y < box.bottom for x, y in middles]
    return sum(inside) / len(inside)


def _fixed(clip: Clip, crop: str, name: str) -> Box:
    """The crop that was given, or the whole picture, as a square."""
    where = parse_crop(crop, name)
    box = where if isinstance(where, Box) else Box(0, 0, clip.width, clip.height)
    if box.left >= clip.width or box.top >= clip.height or box.right <= 0 or box.bottom <= 0:
        raise UsageError(f"--{name.replace('_', '-')} {crop} lies outside {clip.name}", "give x,y,w,h inside it")
    return square(box)


def in_batches(clip: Clip, heads: Sequence[Head | None], size: int) -> Iterator[tuple[list[Frame], list[Head | None]]]:
    """The frames of a clip with where the head is in each, up to `size` of them at a time."""
    frames: list[Frame] = []
    places: list[Head | None] = []
    for frame, place in zip(clip.frames(), heads, strict=True):
        frames.append(frame)
        places.append(place)
        if len(frames) == size:
            yield frames, places
            frames, places = [], []
    if frames:
        yield frames, places
