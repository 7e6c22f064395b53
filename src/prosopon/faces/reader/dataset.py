"""`Readings`: crops for the face reader to learn from, out of rendered people and of faces cut out of footage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.parts import Part
from prosopon.faces.builtin.degrade import occluded, spoilt
from prosopon.faces.builtin.prepared import FaceStore
from prosopon.faces.openings import mouth_opening
from prosopon.faces.reader.net import CROP_PX, CROP_SIDE, POSE_UNIT_DEG
from prosopon.faces.reader.rows import EXPRESSIONS, GAZE_X, MIRRORED_EXPRESSIONS, UNKNOWN, Row
from prosopon.faces.reader.surroundings import before, draw_surroundings
from prosopon.faces.sixty_eight import MIRROR
from prosopon.faces.stance import Stance, apply, inverse, view
from prosopon.train.store import ArrayStore

_EYES = (slice(36, 42), slice(42, 48))
_OUTER_LIPS, _INNER_LIPS = slice(48, 60), slice(60, 68)
_CHEEKS = ((1, 2, 3, 31, 41), (15, 14, 13, 35, 46))
"""Corners of what is skin in nearly every face."""
_OPEN_MOUTH = 0.08
OTHER_SURROUNDINGS = 0.6
"""Share of the rendered people who are put before something else than the studio's backdrop."""


@dataclass(frozen=True)
class Mixture:
    """How often what is drawn. Shares of kinds that there are not fall to the others."""

    rendered: float = 0.6
    footage: float = 0.22
    still: float = 0.18
    occluded: float = 0.25
    """Share of the crops with something before the face."""
    epoch_items: int = 10_000
    """Items in an epoch: a number, for they are drawn and not listed."""


class Readings:
    """Crops out of stores.

    Args:
        rendered: rendered people.
        footage: real faces with the landmarks that a finder has placed.
        mixture: how often what is drawn.
        nobody: pictures that show nobody, to put rendered people before.

    Raises:
        UsageError: there is nobody.
    """

    def __init__(
        self,
        rendered: Sequence[ArrayStore],
        footage: Sequence[FaceStore],
        mixture: Mixture | None = None,
        *,
        nobody: FaceStore | None = None,
    ) -> None:
        self.rendered, self.footage = tuple(rendered), tuple(footage)
        self._nobody: Sequence[Frame] | NDArray[np.uint8] = () if nobody is None else nobody.pictures
        self.mixture = mixture or Mixture()
        people: dict[str, dict[str, list[tuple[int, int, int]]]] = {}
        for number, store in enumerate(self.rendered):
            for shot in store.shots:
                known = people.setdefault("rendered", {}).setdefault(f"r{number}/{shot.person}", [])
                known.append((number, shot.start, shot.stop))
        for number, faces in enumerate(self.footage):
            for one in faces.shots:
                if one.kind in ("footage", "still"):
                    known = people.setdefault(one.kind, {}).setdefault(f"f{number}/{one.person}", [])
                    known.append((number, one.start, one.stop))
        self._kinds = sorted(people)
        if not self._kinds:
            raise UsageError("there are no faces to learn from", "give --data, or --rendered-people")
        names = [(kind, name) for kind in self._kinds for name in sorted(people[kind])]
        self._numbers = {kind: [i for i, (of, _) in enumerate(names) if of == kind] for kind in self._kinds}
        self._places = [people[kind][name] for kind, name in names]
        shares = np.array([getattr(self.mixture, kind) for kind in self._kinds])
        self._odds = shares / shares.sum()

    @property
    def people(self) -> int:
        """How many people there are to be told apart."""
        return len(self._places)

    def __len__(self) -> int:
        """Items in an epoch."""
        return self.mixture.epoch_items

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """A crop: `crop` `uint8 (160, 160, 3)`, `parts` `(160, 160)` with 255 for unknown, `person`, `points` in crop
        widths, `pose` in units of 45 degrees, `expression`, and whether `state_known`."""
        row = self.row(rng)
        crop, parts, points, mirrored = draw_crop(row, rng)
        if row.parts is not None and rng.random() < OTHER_SURROUNDINGS:
            nobody = self._nobody[int(rng.integers(len(self._nobody)))] if len(self._nobody) else None
            crop = before(crop, parts, draw_surroundings(nobody, CROP_PX, rng))
        if rng.random() < self.mixture.occluded:
            hidden = occluded(crop, CROP_PX / 2, CROP_PX / 2, CROP_PX / CROP_SIDE, rng)
            parts = np.where((hidden != crop).any(-1) & (parts != UNKNOWN), np.uint8(Part.BACKGROUND), parts)
            crop = hidden
        known = row.pose is not None and row.expression is not None
        pose, expression = np.zeros(2, np.float32), np.zeros(len(EXPRESSIONS), np.float32)
        if row.pose is not None and row.expression is not None:
            pose = (row.pose * ((-1, 1) if mirrored else (1, 1)) / POSE_UNIT_DEG).astype(np.float32)
            expression = np.array(row.expression, np.float32)
            if mirrored:
                expression = expression[MIRRORED_EXPRESSIONS]
                expression[GAZE_X] *= -1
        return {
            "crop": np.array(spoilt(crop, rng, CROP_PX / CROP_SIDE)),  # torch warns of pictures that Pillow lends out
            "parts": parts.astype(np.int64),
            "person": np.array(row.person, np.int64),
            "points": points,
            "pose": pose,
            "expression": expression,
            "state_known": np.array(known, np.float32),
        }

    def row(self, rng: np.random.Generator) -> Row:
        """A kind, then a person, then a take, then a picture: who was filmed for long is not drawn more often."""
        while True:
            kind = str(rng.choice(self._kinds, p=self._odds))
            person = int(rng.choice(self._numbers[kind]))
            places = self._places[person]
            number, start, stop = places[int(rng.integers(len(places)))]
            row = self._row(kind, number, int(rng.integers(start, stop)), person)
            if row is not None:
                return row

    def _row(self, kind: str, number: int, at: int, person: int) -> Row | None:
        if kind == "rendered":
            return rendered_row(self.rendered[number], at, person)
        store = self.footage[number]
        landmarks = store.landmarks[at]
        return Row(store.pictures[at], landmarks, person) if np.isfinite(landmarks).all() else None


def rendered_row(store: ArrayStore, at: int, person: int) -> Row:
    """A row of a store of rendered people."""
    columns = store.arrays
    return Row(
        columns["picture"][at],
        columns["landmarks"][at],
        person,
        columns["parts"][at],
        columns["pose"][at],
        columns["expression"][at],
    )


def draw_crop(row: Row, rng: np.random.Generator | None) -> tuple[Frame, NDArray[np.uint8], NDArray[np.float32], bool]:
    """A crop of a row.

    Args:
        row: picture and what is known.
        rng: moves, zooms, turns and mirrors at random; None: as the reader will cut it.

    Returns:
        `uint8 (160, 160, 3)`, parts `uint8 (160, 160)`, landmarks `float32 (68, 2)` in crop widths, whether mirrored.
    """
    stance = Stance.of(row.landmarks)
    mirrored = False
    if rng is not None:
        stance = Stance(
            stance.x + stance.size * float(rng.normal(0, 0.05)),
            stance.y + stance.size * float(rng.normal(0, 0.05)),
            stance.size * float(np.exp(np.clip(rng.normal(0, 0.12), -0.35, 0.35))),
            stance.roll_deg + float(np.clip(rng.normal(0, 8), -30, 30)),
        )
        mirrored = bool(rng.random() < 0.5)
    matrix = stance.matrix(CROP_SIDE, CROP_PX)
    crop = view(row.picture, matrix, CROP_PX, CROP_PX)
    points = apply(inverse(matrix), row.landmarks)
    if row.parts is None:
        parts = parts_of_landmarks(points)
    else:
        seen = Image.fromarray(np.ascontiguousarray(row.parts)).transform(
            (CROP_PX, CROP_PX),
            Image.Transform.AFFINE,
            (*matrix[0], *matrix[1]),
            Image.Resampling.NEAREST,
            fillcolor=UNKNOWN,
        )
        parts = np.array(seen)
        parts[parts == Part.IRIS] = Part.EYE
    points = points / CROP_PX
    if mirrored:
        crop, parts = np.ascontiguousarray(crop[:, ::-1]), np.ascontiguousarray(parts[:, ::-1])
        points = (np.array((1.0, 0.0)) + points * (-1, 1))[MIRROR]
    return np.array(crop), parts, points.astype(np.float32), mirrored


def parts_of_landmarks(points: NDArray[np.floating]) -> NDArray[np.uint8]:
    """What the landmarks `(68, 2)` of a real face, in pixels of the crop, tell for sure: `uint8 (160, 160)`.

    Eyes, lips, the open mouth and a part of the cheeks; everything else is `UNKNOWN`.
    """
    map_ = Image.new("L", (CROP_PX, CROP_PX), UNKNOWN)
    draw = ImageDraw.Draw(map_)

    def fill(corners: NDArray[np.floating], value: int) -> None:
        draw.polygon([(float(x) - 0.5, float(y) - 0.5) for x, y in corners], fill=value)

    for cheek in _CHEEKS:
        # Drawn in towards their middle: what lies next to them may be beard or hair.
        corners = points[list(cheek)]
        fill(corners * 0.75 + corners.mean(0) * 0.25, int(Part.SKIN))
    for eye in _EYES:
        fill(points[eye], int(Part.EYE))
    fill(points[_OUTER_LIPS], int(Part.LIP))
    wide = float(mouth_opening(points)) > _OPEN_MOUTH
    fill(points[_INNER_LIPS], int(Part.MOUTH) if wide else UNKNOWN)
    return np.array(map_)
