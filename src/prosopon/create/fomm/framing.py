"""What part of source and driving the nets look at, and which driving frame is the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Box, Face, Track, Tracks
from prosopon.core.progress import Progress
from prosopon.create.fomm.options import AnimateOptions
from prosopon.create.fomm.reference import Judgement, judge
from prosopon.faces.crop_option import parse_crop
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import head_box
from prosopon.faces.likeness import joined_across_cuts
from prosopon.faces.sightings import unseen
from prosopon.faces.track import track

_LOOKS_PER_S = 12.5
"""The driving's faces are looked for this often: a fixed crop needs no more."""
_MOST_LOOKS = 2000
"""Over a long video less often, so that what is remembered of it does not grow without end."""
NO_BACK_END = "no face finder is used, so the whole picture is; choose one with --faces, or give a crop as x,y,w,h"


@dataclass(frozen=True)
class Framing:
    """Where to look.

    Attributes:
        source: square of the source picture, full-frame pixels, whole numbers.
        driving: square of the driving frames, full-frame pixels.
        reference: index of the driving frame whose pose is taken to be the source's.
        held: `bool (T,)` True for driving frames that do not show the person: the motion stands still there.
        landmarks: `(68, 2)` full-frame pixels of the driving person by frame index, where they were looked for and
            found.
        back_end: who found them.
    """

    source: Box
    driving: Box
    reference: int
    held: NDArray[np.bool_]
    landmarks: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)
    back_end: str = ""


def look(
    source: Clip, driving: Clip, options: AnimateOptions, finder: FaceFinder | None, progress: Progress
) -> dict[str, Tracks]:
    """Find the people of both clips, as far as the crops shall follow from them: role -> tracks.

    Args:
        source: of a video only the first frame counts.
        driving: every n-th frame is looked at.
        options: a crop that is not `auto` needs no tracks.
        finder: None where there is no back end, which is said; then there are no tracks.
        progress: told about it.
    """
    wanted = {"source": options.crop, "driving": options.driving_crop}
    roles = [role for role, crop in wanted.items() if parse_crop(crop, role) == "auto"]
    if roles and finder is None:
        progress.note(NO_BACK_END)
    if finder is None:
        return {}
    tracks_by = {}
    if "source" in roles:
        tracks_by["source"] = track(Clip.still(source.first(), name=source.name), finder)
    if "driving" in roles:
        seen = track(driving, finder, every=_look_every(driving), progress=progress)
        tracks_by["driving"] = joined_across_cuts(seen)
    return tracks_by


def frame_up(
    source: Clip, driving: Clip, options: AnimateOptions, tracks_by: Mapping[str, Tracks], progress: Progress
) -> Framing:
    """Decide on crops and reference frame.

    Args:
        source, driving: what goes in.
        options: as set by the user.
        tracks_by: people by role (see `look`); for a role that is absent an `auto` crop is the whole picture.
        progress: told what was decided.

    Raises:
        MissingError: there are tracks and nobody in them.
        UsageError: a crop lies outside its picture.
    """
    crop, driving_crop = parse_crop(options.crop, "crop"), parse_crop(options.driving_crop, "driving_crop")
    face = _main_face(tracks_by["source"], source, progress) if crop == "auto" and "source" in tracks_by else None
    person = None
    if driving_crop == "auto" and "driving" in tracks_by:
        person = _main_person(tracks_by["driving"], driving, progress)
    if face is not None and face.landmarks is not None:
        chosen = head_box([face.landmarks])
    else:
        chosen = crop if isinstance(crop, Box) else Box(0, 0, source.width, source.height)
    source_box = _whole_numbers(_squared(_checked(chosen, source, "source"), inside=source))
    if person is None:
        chosen = driving_crop if isinstance(driving_crop, Box) else Box(0, 0, driving.width, driving.height)
        driving_box = _squared(_checked(chosen, driving, "driving"), inside=driving)
        return Framing(source_box, driving_box, reference=0, held=np.zeros(len(driving), dtype=bool))
    faces = {index: seen.landmarks for index, seen in person.faces.items() if seen.landmarks is not None}
    held = unseen(driving, person.faces, every=_look_every(driving))
    if held.any():
        progress.note(
            f"{driving.name}: {held.sum()} of {len(held)} frames do not show the person that is followed; "
            "the motion stands still there"
        )
    judged = judged_reference(driving, options, tracks_by)
    if judged is not None and (sentence := judged.sentence(driving.name)) is not None:
        progress.note(sentence)
    reference = min(faces) if judged is None else judged.frame
    return Framing(source_box, head_box(faces.values()), reference, held, faces, tracks_by["driving"].back_end)


def judged_reference(driving: Clip, options: AnimateOptions, tracks_by: Mapping[str, Tracks]) -> Judgement | None:
    """The reference frame and what is wrong with it; None where source or driving have no landmarks to judge by.

    Args:
        driving: what the motion comes from.
        options: whether the frame that fits best is searched for, or the first one with a face taken.
        tracks_by: people by role (see `look`).
    """
    source, followed = (None if role not in tracks_by else tracks_by[role].main for role in ("source", "driving"))
    if source is None or followed is None:
        return None
    picture = next(iter(source.faces.values())).landmarks
    faces = {index: seen.landmarks for index, seen in followed.faces.items() if seen.landmarks is not None}
    if picture is None or not faces:
        return None
    return judge(picture, faces, driving.times, chosen=None if options.best_frame else min(faces))


def _main_face(tracks: Tracks, source: Clip, progress: Progress) -> Face:
    if tracks.main is None:
        raise MissingError(
            f"no face was found in the source {source.name}",
            "give the part to animate as --crop x,y,w,h, or --crop whole for something that is not a face",
        )
    if len(tracks.tracks) > 1:
        progress.note(
            f"{source.name} shows {len(tracks.tracks)} faces; the largest is animated, --crop x,y,w,h picks another"
        )
    return next(iter(tracks.main.faces.values()))


def _main_person(tracks: Tracks, driving: Clip, progress: Progress) -> Track:
    if tracks.main is None:
        raise MissingError(
            f"no face was found in the driving video {driving.name}",
            "give the part to follow as --driving-crop x,y,w,h, or --driving-crop whole",
        )
    if len(tracks.tracks) > 1:
        progress.note(f"{driving.name} shows {len(tracks.tracks)} people or shots; the most prominent is followed")
    return tracks.main


def _look_every(driving: Clip) -> int:
    """At every how many frames of the driving faces are looked for."""
    often = 1 if driving.fps is None else round(float(driving.fps) / _LOOKS_PER_S)
    return max(1, often, -(-len(driving) // _MOST_LOOKS))


def _checked(box: Box, clip: Clip, role: str) -> Box:
    if box.left >= clip.width or box.top >= clip.height or box.right <= 0 or box.bottom <= 0:
        raise UsageError(
            f"the crop of the {role} lies outside {clip.name}, which is {clip.width}x{clip.height}",
            "give x,y,w,h inside the picture",
        )
    return box


def _squared(box: Box, *, inside: Clip) -> Box:
    """The square around a box, moved to lie inside the picture where it fits; else its edges are repeated."""
    side = max(box.width, box.height)
    x, y = box.centre

    def start(centre: float, length: int) -> float:
        first = centre - side / 2
        return min(max(first, 0.0), length - side) if side <= length else first

    left, top = start(x, inside.width), start(y, inside.height)
    return Box(left, top, left + side, top + side)


def _whole_numbers(box: Box) -> Box:
    """The same square on pixel edges, so that pasting back needs no resampling."""
    left, top, side = round(box.left), round(box.top), max(2, round(box.width))
    return Box(left, top, left + side, top + side)
