"""Where the person before a camera is: found once, then a crop that is held and follows slowly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.faces import Box, Face
from prosopon.faces.crop import square
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import head_box
from prosopon.faces.sightings import HOLD_GAP_S

_LOOK_EVERY_S = 0.25
"""A face that is known is looked for this often: finding one costs as much as moving one."""
_GONE_S = 2.0
"""Who comes back after so long may be somebody else: crop and reference are taken anew."""
_SLACK = 0.1
"""The crop stays where it is while the head's place and size change by less than this share of its side. A crop that
moves takes the head's own movement out of the motion that is carried over."""
_FOLLOW_S = 0.8
"""Time constant with which it goes after a head that has left the slack."""


@dataclass(frozen=True)
class Sight:
    """What is known about the person at one moment.

    Attributes:
        box: square around the head, full-frame pixels, fractional.
        is_seen: whether the person was there lately; if not, the motion shall stand still.
        is_new: whether the person was found only now, so that their pose is a new reference.
    """

    box: Box
    is_seen: bool
    is_new: bool


@runtime_checkable
class FollowingFinder(FaceFinder, Protocol):
    """A face finder that is quicker where it knows where to look, such as `faces.builtin.finder.BuiltinFinder`."""

    def follow(self, frame: Frame, face: Face) -> list[Face]:
        """As `find`, beginning with where a face was a moment ago; that face alone if it is there for sure."""
        ...


class Follower:
    """Follows one person from frame to frame.

    Args:
        finder: finds faces; None for the whole picture.
        crop: `auto` for around the face, `whole`, or a fixed box in full-frame pixels.
        aside: where a person who is known is looked for while the frames go on: what is found then counts from the
            next frame on, and no frame waits for it. Without it every search is waited for.
    """

    def __init__(
        self,
        finder: FaceFinder | None,
        crop: Box | Literal["auto", "whole"],
        *,
        aside: Executor | None = None,
    ) -> None:
        self._finder = finder if crop == "auto" else None
        self._aside = aside
        self._search: Future[list[Face]] | None = None
        self._fixed = crop if isinstance(crop, Box) else None
        self._box: Box | None = None
        self._wanted: Box | None = None
        self._face: Face | None = None
        self._looked_s = -math.inf
        self._seen_s = -math.inf
        self._now_s = 0.0

    def look(self, frame: Frame, at_s: float) -> Sight | None:
        """Where the person is in a frame `uint8 (H, W, 3)`; None as long as nobody was seen.

        Args:
            frame: the newest frame.
            at_s: when it was taken, seconds on the camera's clock.

        Raises:
            UsageError: the fixed crop lies outside the frame.
        """
        if self._finder is None:
            is_new, self._box = self._box is None, self._box or self._still(frame)
            return Sight(self._box, is_seen=True, is_new=is_new)
        found = self._found(self._finder, frame, at_s)
        is_new = False
        if found is not None and found.landmarks is not None:
            head = head_box([found.landmarks])
            is_new = self._box is None or self._looked_s - self._seen_s > _GONE_S
            self._face, self._seen_s = found, self._looked_s
            if is_new:
                self._box = self._wanted = head
            elif self._wanted is None or _has_left(head, self._wanted):
                self._wanted = head
        if self._box is None or self._wanted is None:
            return None
        passed_s, self._now_s = max(0.0, at_s - self._now_s), at_s
        if not is_new:
            self._box = _towards(self._box, self._wanted, 1 - math.exp(-passed_s / _FOLLOW_S))
        return Sight(self._box, at_s - self._seen_s <= HOLD_GAP_S, is_new)

    def _found(self, finder: FaceFinder, frame: Frame, at_s: float) -> Face | None:
        """The person, where a search has just ended; begins the next one where it is time for it."""
        is_due = self._box is None or at_s - self._looked_s >= _LOOK_EVERY_S or at_s < self._looked_s
        if self._search is None and is_due:
            self._looked_s = at_s
            if self._aside is None or self._box is None:
                return self._chosen(self._look_for(finder, frame))
            self._search = self._aside.submit(self._look_for, finder, frame)
        if self._search is None or not self._search.done():
            return None
        faces, self._search = self._search.result(), None
        return self._chosen(faces)

    def _look_for(self, finder: FaceFinder, frame: Frame) -> list[Face]:
        if self._face is not None and isinstance(finder, FollowingFinder):
            return finder.follow(frame, self._face)
        return finder.find(frame)

    def _chosen(self, faces: Sequence[Face]) -> Face | None:
        """The face of the person that is followed; of a new one the largest."""
        faces = [face for face in faces if face.landmarks is not None]
        if self._face is None:
            return next(iter(faces), None)
        known = self._face.box
        nearest = max(faces, key=lambda face: face.box.iou(known), default=None)
        if nearest is None or nearest.box.iou(known) > 0:
            return nearest
        # Nobody is where the person was: whoever is there now counts only once the person has been gone for long.
        return faces[0] if self._looked_s - self._seen_s > _GONE_S else None

    def _still(self, frame: Frame) -> Box:
        height, width = frame.shape[:2]
        box = self._fixed or Box(0, 0, width, height)
        if box.left >= width or box.top >= height or box.right <= 0 or box.bottom <= 0:
            raise UsageError(
                f"the driving crop lies outside the camera's picture, which is {width}x{height}",
                "give x,y,w,h inside the picture",
            )
        return square(box)


def _has_left(head: Box, held: Box) -> bool:
    """Whether the head is too far from the middle of the held box, or of too different a size."""
    (x, y), (held_x, held_y) = head.centre, held.centre
    moved = math.hypot(x - held_x, y - held_y) / held.width
    return moved > _SLACK or abs(head.width / held.width - 1) > _SLACK


def _towards(box: Box, goal: Box, share: float) -> Box:
    return Box(*(now + share * (then - now) for now, then in zip(box, goal, strict=True)))
