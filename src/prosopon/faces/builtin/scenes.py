"""Whole pictures for the detector to learn from: faces of all sizes before all kinds of backgrounds, or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from prosopon.core.clip import Frame
from prosopon.core.faces import Box
from prosopon.faces.builtin.degrade import occluded, spoilt
from prosopon.faces.crop import cut
from prosopon.faces.sixty_eight import MIRROR
from prosopon.faces.stance import Stance, apply, inverse

SCENE_PX = 256
MOST_FACES = 4
_SMALLEST_PX, _LARGEST_PX = 10.0, 260.0
_HIDDEN = 110
"""Mean opacity, of 255, of what lies over a face that is not looked for any more."""


@dataclass(frozen=True)
class Row:
    """A stored picture.

    Attributes:
        picture: `uint8 (S, S, 3)`.
        landmarks: `(68, 2)` in its pixels, None without a face.
        inside: left, top, right, bottom of what the picture covers.
    """

    picture: Frame
    landmarks: NDArray[np.float32] | None
    inside: NDArray[np.float32]


Draw = Callable[[np.random.Generator], Row]


def draw_scene(
    face: Draw, nobody: Draw, rng: np.random.Generator
) -> tuple[Frame, NDArray[np.float32], NDArray[np.float32]]:
    """A picture with up to four faces.

    Args:
        face: draws a stored face.
        nobody: draws a stored picture without one.
        rng: everything random.

    Returns:
        `uint8 (256, 256, 3)`, stances `float32 (4, 4)` (x, y, size, roll in degrees) and which of them are faces,
        `float32 (4,)`.
    """
    canvas = Image.fromarray(_background(face, nobody, rng))
    count = int(rng.choice(4, p=(0.12, 0.56, 0.2, 0.12)))
    stances: list[Stance] = []
    if count == 1 or (count == 0 and rng.random() < 0.4):
        size = float(np.exp(rng.uniform(np.log(_SMALLEST_PX), np.log(_LARGEST_PX))))
    else:
        size = float(np.exp(rng.uniform(np.log(_SMALLEST_PX), np.log(90))))
    for _ in range(count + int(rng.integers(3))):
        wants_face = len(stances) < count
        row = face(rng)
        assert row.landmarks is not None  # noqa: S101 - `face` draws faces
        own = Stance.of(row.landmarks)
        this = float(np.clip(size * np.exp(rng.normal(0, 0.35)), _SMALLEST_PX, _LARGEST_PX))
        roll = float(rng.uniform(-180, 180)) if rng.random() < 0.12 else float(np.clip(rng.normal(0, 18), -50, 50))
        margin = min(0.5 * SCENE_PX, 0.45 * this)
        x, y = rng.uniform(margin, SCENE_PX - margin, 2).tolist()
        placed = Stance(x, y, this, roll)
        if any(np.hypot(x - other.x, y - other.y) < 0.9 * max(this, other.size) for other in stances):
            continue
        if wants_face:
            turn = placed.roll_deg - own.roll_deg
            # From the scene to the stored picture: unturn about the face's centre.
            matrix = _onto(own, placed, turn)
            mirror = bool(rng.random() < 0.5)
            where = _paste(canvas, row, matrix, rng, placed, mirror=mirror)
            stances = [other for other in stances if not _covered(other, where)]
            if mirror:
                placed = _mirrored(row, matrix)
            stances.append(placed)
        elif all(np.hypot(x - other.x, y - other.y) > 0.7 * (this + other.size) for other in stances):
            _distract(canvas, row, own, placed, rng)
    picture = np.asarray(canvas)
    for stance in stances:
        if rng.random() < 0.25:
            picture = occluded(picture, stance.x, stance.y, stance.size, rng)
    picture = spoilt(picture, rng, min((stance.size for stance in stances), default=60.0))
    table, known = np.zeros((MOST_FACES, 4), np.float32), np.zeros(MOST_FACES, np.float32)
    for i, stance in enumerate(stances):
        table[i] = stance.x, stance.y, stance.size, stance.roll_deg
        known[i] = 1
    return picture, table, known


def _onto(own: Stance, placed: Stance, turn_deg: float) -> NDArray[np.float64]:
    """From scene pixels to stored pixels, `(2, 3)`, so that the face comes to lie where it is placed."""
    cos, sin = np.cos(np.radians(-turn_deg)), np.sin(np.radians(-turn_deg))
    linear = np.array(((cos, -sin), (sin, cos))) * (own.size / placed.size)
    return np.column_stack((linear, np.array((own.x, own.y)) - linear @ (placed.x, placed.y)))


def _mirrored(row: Row, matrix: NDArray[np.float64]) -> Stance:
    """Where a face lies that was pasted mirrored about its own vertical middle: its roll changes its sign."""
    assert row.landmarks is not None  # noqa: S101
    seen = apply(inverse(_flip(row, matrix)), row.landmarks)
    return Stance.of(seen[MIRROR])


def _flip(row: Row, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The map with the stored picture mirrored about the face's centre."""
    assert row.landmarks is not None  # noqa: S101
    x = Stance.of(row.landmarks).x
    flipped: NDArray[np.float64] = np.diag((-1.0, 1.0)) @ matrix + np.array(((0, 0, 2 * x), (0, 0, 0)))
    return flipped


def _paste(
    canvas: Image.Image,
    row: Row,
    matrix: NDArray[np.float64],
    rng: np.random.Generator,
    placed: Stance,
    *,
    mirror: bool,
) -> Image.Image:
    """Lay a stored picture, or only the head out of it, onto the scene; returns what of the scene it covers."""
    if mirror:
        matrix = _flip(row, matrix)
    side = row.picture.shape[0]
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    left, top, right, bottom = (float(edge) for edge in row.inside)
    assert row.landmarks is not None  # noqa: S101
    own = Stance.of(row.landmarks)
    fate = rng.random()
    if fate < 0.45 or placed.size > 110:
        draw.rectangle((left + 1, top + 1, right - 2, bottom - 2), fill=255)
    elif fate < 0.7:
        # A part of the picture around the face.
        reach = own.size * rng.uniform(0.62, 1.2, 4)
        draw.rectangle(
            (
                max(left + 1, own.x - reach[0]),
                max(top + 1, own.y - reach[1]),
                min(right - 2, own.x + reach[2]),
                min(bottom - 2, own.y + reach[3]),
            ),
            fill=255,
        )
    else:
        wide, high = own.size * rng.uniform(0.6, 0.85), own.size * rng.uniform(0.7, 1.0)
        lift = 0.12 * own.size
        draw.ellipse((own.x - wide, own.y - high - lift, own.x + wide, own.y + high - lift), fill=255)
        clip = Image.new("L", (side, side))
        ImageDraw.Draw(clip).rectangle((left + 1, top + 1, right - 2, bottom - 2), fill=255)
        mask = Image.fromarray(np.minimum(np.asarray(mask), np.asarray(clip)))
    if rng.random() < 0.5:
        mask = mask.filter(ImageFilter.GaussianBlur(float(rng.uniform(1, 8))))
    picture = Image.fromarray(np.ascontiguousarray(row.picture))
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    shrink = max(1, int(scale))
    if shrink > 1:
        picture, mask = picture.reduce(shrink), mask.reduce(shrink)
    linear, offset = matrix[:, :2] / shrink, matrix[:, 2] / shrink
    data = (*linear[0], offset[0], *linear[1], offset[1])
    size = canvas.size
    laid = picture.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    where = mask.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    canvas.paste(laid, (0, 0), where)
    return where


def _covered(stance: Stance, by: Image.Image) -> bool:
    """Whether most of a face lies under what was laid over it."""
    reach = 0.4 * stance.size
    box = [round(edge) for edge in (stance.x - reach, stance.y - reach, stance.x + reach, stance.y + reach)]
    box = [*np.clip(box[:2], 0, SCENE_PX - 1), *np.clip(box[2:], 1, SCENE_PX)]
    return float(np.asarray(by.crop((int(box[0]), int(box[1]), int(box[2]), int(box[3])))).mean()) > _HIDDEN


def _distract(canvas: Image.Image, row: Row, own: Stance, placed: Stance, rng: np.random.Generator) -> None:
    """Lay something beside the faces that is like one and is none: shoulders, hair, a face with its middle gone."""
    side = max(6, round(placed.size * float(rng.uniform(0.6, 1.4))))
    left, top, right, bottom = (float(edge) for edge in row.inside)
    piece: Frame | None = None
    for _ in range(6):
        width = own.size * float(rng.uniform(0.4, 1.1))
        x, y = (
            float(rng.uniform(left, max(left + 1, right - width))),
            float(rng.uniform(top, max(top + 1, bottom - width))),
        )
        if max(abs(x + width / 2 - own.x), abs(y + width / 2 - own.y)) > 0.5 * (width + own.size) - 0.08 * own.size:
            piece = cut(np.asarray(row.picture), Box(x, y, x + width, y + width), side)
            break
    if piece is None:
        return
    if rng.random() < 0.5:
        piece = np.rot90(piece, int(rng.integers(4)))
    canvas.paste(Image.fromarray(np.ascontiguousarray(piece)), (round(placed.x - side / 2), round(placed.y - side / 2)))


def _background(face: Draw, nobody: Draw, rng: np.random.Generator) -> Frame:
    """Any picture without a face: a stored one, one colour, a soft pattern, or grain."""
    fate = rng.random()
    if fate < 0.7:
        row = nobody(rng)
        side = row.picture.shape[0]
        width = side * float(np.exp(rng.uniform(np.log(0.25), 0)))
        x, y = rng.uniform(0, side - width, 2).tolist()
        picture = cut(np.asarray(row.picture), Box(x, y, x + width, y + width), SCENE_PX)
        return np.ascontiguousarray(np.rot90(picture, int(rng.choice((0, 0, 1, 2, 3))))[:, :: int(rng.choice((-1, 1)))])
    if fate < 0.8:
        return np.full((SCENE_PX, SCENE_PX, 3), rng.integers(0, 256, 3), np.uint8)
    cells = int(rng.choice((2, 4, 8, 24, 64)))
    pattern = rng.integers(0, 256, (cells, cells, 3)).astype(np.uint8)
    resampling = Image.Resampling.BICUBIC if rng.random() < 0.6 else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(pattern).resize((SCENE_PX, SCENE_PX), resampling))
