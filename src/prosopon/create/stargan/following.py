"""Where the head is in every frame: a square that follows it steadily."""

from __future__ import annotations

import numpy as np

from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box, Tracks
from prosopon.core.progress import Progress
from prosopon.faces.crop import square
from prosopon.faces.head_box import head_box
from prosopon.faces.sightings import unseen
from prosopon.faces.smooth import bridge, smooth


def heads_in(target: Clip, tracks: Tracks | None, steady_frames: float, progress: Progress) -> tuple[Box | None, ...]:
    """The square around the most prominent person's head, hair included; None in frames that do not show them.

    Args:
        target: the footage.
        tracks: who is in it, the most prominent first; None: nobody looked, and the whole picture is the head.
        steady_frames: how smoothly the square follows, standard deviation in frames; 0: not at all.
        progress: told who was chosen of several, and which frames stay as they are.

    Raises:
        MissingError: somebody looked, and no face has landmarks.
    """
    if tracks is None:
        return (square(Box(0, 0, target.width, target.height)),) * len(target)
    people = [one for one in tracks.tracks if any(face.landmarks is not None for face in one.faces.values())]
    if not people:
        raise MissingError(f"no face was found in {target.name}", "give footage that shows one clearly")
    if len(people) > 1:
        progress.note(f"{target.name} shows {len(people)} people or shots; the most prominent is edited")
    known = {index: face.landmarks for index, face in people[0].faces.items() if face.landmarks is not None}
    boxes = bridge({index: np.array(head_box([points])) for index, points in known.items()}, len(target))
    gone = unseen(target, known)
    if gone.any():
        progress.note(
            f"{target.name}: {gone.sum()} of {len(gone)} frames do not show the person; they stay as they are"
        )
    steady = smooth(boxes, steady_frames) if steady_frames else boxes
    return tuple(None if missing else square(Box(*sides.tolist())) for sides, missing in zip(steady, gone, strict=True))
