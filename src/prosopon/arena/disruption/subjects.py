"""Heads that are protected and measured: rendered people whom no training has seen, and portraits of the user's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError, MissingError
from prosopon.core.faces import Face, Pose
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.crop import cut
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import head_box
from prosopon.media.read import read
from prosopon.media.search import find_media
from prosopon.studio.person import Expression, Identity, Light, Placement
from prosopon.studio.render import MAX_SIZE, render

SIDE_PX = 256
"""Of heads where nobody says otherwise: what the nets look at is smaller."""
_SEED = 2_000_003
"""Trainings draw from small seeds, and what they hold out from 1,000,000 on: these are others than all of those."""
_ROOM = 1.4
"""A rendered picture is so many times as wide as the head's square in it, or a little less."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One head.

    Attributes:
        name: file, or number of the rendered person.
        is_rendered: whether nobody exists who looks like that.
        picture: the square around the head, hair included, `uint8 (S, S, 3)`.
        landmarks: `float64 (68, 2)` in pixels of it.
        clip: the picture that it was cut from.
    """

    name: str
    is_rendered: bool
    picture: Frame
    landmarks: NDArray[np.float64]
    clip: Clip

    @property
    def side_px(self) -> int:
        """Of the picture."""
        return int(self.picture.shape[0])

    @property
    def key(self) -> str:
        """Told by its pixels: the same for the same picture, whatever it is called."""
        return hashlib.sha256(self.picture.tobytes()).hexdigest()[:16]

    @property
    def face(self) -> Face:
        """As face readers take it."""
        return Face.around(self.landmarks.astype(np.float32))

    def landmarks_at(self, side_px: int) -> NDArray[np.float64]:
        """Its landmarks in pixels of the same picture at another size."""
        return self.landmarks * (side_px / self.side_px)

    def step(self, op: str, source_type: SourceType, **params: object) -> Step:
        """How a picture that shows it came about."""
        return Step(op, params, parents=(self.clip.as_parent(Relationship.PARENT),), source_type=source_type)


def rendered_people(count: int, side_px: int = SIDE_PX, *, progress: Progress = SILENT) -> list[Subject]:
    """People by number, always the same ones, each in a pose, an expression and a light of their own.

    Args:
        count: how many.
        side_px: of their heads' squares.
        progress: hears of each.
    """
    progress.start("rendering people", count)
    people = []
    for number in range(count):
        people.append(_rendered(number, side_px))
        progress.advance()
    progress.finish()
    return people


def portraits(
    places: Sequence[Path], finder: FaceFinder, side_px: int = SIDE_PX, *, limit: int | None = None,
    progress: Progress = SILENT,
) -> list[Subject]:  # fmt: skip
    """The most prominent head of each picture, of a video of its first frame; what shows nobody is left out, and said.

    Args:
        places: files and folders.
        finder: finds the faces.
        side_px: of the heads' squares; smaller heads are enlarged.
        limit: stop after so many.
        progress: hears of every file, and of those that are left out.

    Raises:
        MissingError: one of the places is not there.
        MediaError: a file that was named cannot be read; one of a folder is left out.
    """
    found: list[Subject] = []
    for path, is_named in _files(places):
        if limit is not None and len(found) >= limit:
            break
        try:
            clip = read(path)
            if not len(clip):
                raise MediaError("it has no pictures")  # noqa: TRY301 - to be told like all that cannot be read
            subject = _portrait(clip, finder, side_px)
        except MediaError as error:
            if is_named:
                raise
            progress.note(f"{path.name} is left out: {error.what}")
            continue
        if subject is None:
            progress.note(f"{path.name} is left out: no face was found in it")
        else:
            found.append(subject)
    return found


def _rendered(number: int, side_px: int) -> Subject:
    rng = np.random.default_rng([_SEED, number])
    identity, light = Identity.random(rng), Light.random(rng)
    turn = np.clip(rng.normal(0, (12, 5, 4)), (-25, -12, -10), (25, 12, 10)).tolist()
    smile, jaw = float(rng.uniform(-0.2, 0.9)), float(rng.uniform(0, 1) ** 3)
    expression = Expression(smile=smile, jaw_open=0.5 * jaw, brow_raise_left=0.2 * jaw, brow_raise_right=0.2 * jaw)
    size = min(MAX_SIZE, round(_ROOM * side_px))
    shown = render(identity, Placement(Pose(*turn)), expression, light, size)
    step = Step("studio.render", {"seed": _SEED, "number": number}, seed=_SEED, source_type=SourceType.ALGORITHMIC)
    name = f"rendered-{number:03d}"
    return _cut(Clip.still(shown.image, name=name, step=step), shown.image, shown.landmarks, side_px, is_rendered=True)


def _portrait(clip: Clip, finder: FaceFinder, side_px: int) -> Subject | None:
    picture = clip.first()
    landmarks = next((face.landmarks for face in finder.find(picture) if face.landmarks is not None), None)
    return None if landmarks is None else _cut(clip, picture, landmarks, side_px, is_rendered=False)


def _cut(clip: Clip, picture: Frame, landmarks: NDArray[np.float32], side_px: int, *, is_rendered: bool) -> Subject:
    box = head_box([landmarks])
    within = (landmarks.astype(np.float64) - (box.left, box.top)) * (side_px / box.width)
    return Subject(clip.name, is_rendered, cut(picture, box, side_px), within, clip)


def _files(places: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Files, and whether each was named itself."""
    for place in places:
        if not place.exists():
            raise MissingError(f"there is no {place}", "give pictures, or folders of them")
        if place.is_dir():
            yield from ((file.path, False) for file in find_media([place]))
        else:
            yield place, True
