"""Rendered people as the face reader learns from them: everything about each picture is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from prosopon.core.content_id import sha256_of
from prosopon.core.faces import Pose
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.reader.rows import COLUMNS, EXPRESSIONS, PICTURE_PX, cut_row
from prosopon.studio.facekit import open_kit, random_face
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity, Light, Placement
from prosopon.studio.render import render
from prosopon.train.processes import mapped
from prosopon.train.store import ArrayStore, Rows, Shot, kept, write_store

_RENDER_PX = 256
_TAKE_S = 30.0
_SAME_OUTFIT = 4
"""Pictures in a row that are alike in all but light, pose and expression: a new outfit takes much longer to make."""
_HELD_OUT = 1_000_000
"""Added to the seed of people to measure on, so that nobody is among both."""


@dataclass(frozen=True)
class RenderedReading:
    """Which people to render.

    Attributes:
        people: how many.
        pictures: of each.
        seed: everything follows from it.
        facekit: faces of a kit instead of the built-in head.
        held_out: other people than those of the same seed that are not held out.
    """

    people: int
    pictures: int
    seed: int = 0
    facekit: Path | None = None
    held_out: bool = False


def rendered_reading(
    wanted: RenderedReading, *, processes: int | None = None, progress: Progress = SILENT
) -> ArrayStore:
    """Rendered people with part maps, landmarks, pose and expression, or what was rendered before.

    Who somebody is shows in the face alone: hair, glasses, clothes, background and light change, so that nobody can be
    told by them.

    Args:
        wanted: which people.
        processes: that render at the same time; one for each core when not given. They change nothing else.
        progress: hears of every person.
    """
    kit = None if wanted.facekit is None else sha256_of(wanted.facekit)
    origin = ["reader", wanted.people, wanted.pictures, wanted.seed, kit, wanted.held_out, _RENDER_PX, PICTURE_PX]

    def fill(folder: Path) -> None:
        write_store(folder, COLUMNS, _people(wanted, processes, progress))

    return ArrayStore.open(kept(origin, fill))


def _people(wanted: RenderedReading, processes: int | None, progress: Progress) -> Iterator[tuple[Shot, Rows]]:
    progress.start("rendering people", wanted.people)
    for person in mapped(partial(_person, wanted), range(wanted.people), processes=processes):
        yield person
        progress.advance()
    progress.finish()


def _person(wanted: RenderedReading, number: int) -> tuple[Shot, Rows]:
    rng = np.random.default_rng([wanted.seed + _HELD_OUT * wanted.held_out, number])
    identity = Identity.random(rng)
    if wanted.facekit is not None:
        identity = replace(identity, kit=random_face(rng, open_kit(wanted.facekit).sha256))
    performance = Performance.random(rng, _TAKE_S, talking=float(rng.uniform(0.4, 1.0)), liveliness=1.4)
    rows: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    dressed = identity
    for index in range(wanted.pictures):
        if index % _SAME_OUTFIT == 0:
            dressed = _dressed(identity, rng)
        _, expression = performance.at(float(rng.uniform(0, _TAKE_S)))
        if rng.random() < 0.12:
            closed = float(rng.uniform(0.6, 1.0))
            expression = replace(expression, blink_left=closed, blink_right=closed)
        if rng.random() < 0.2:
            wide = float(rng.uniform(0.4, 1.0))
            expression = replace(expression, jaw_open=wide)
        yaw, pitch, roll = np.clip(rng.normal(0, (26, 12, 6)), (-75, -32, -20), (75, 32, 20)).tolist()
        x, y = rng.uniform(-0.04, 0.04, 2).tolist()
        placement = Placement(Pose(yaw, pitch, roll), x, y, float(rng.uniform(0.8, 1.0)))
        shown = render(dressed, placement, expression, Light.random(rng), _RENDER_PX)
        known = {
            **cut_row(shown.image, shown.parts, shown.landmarks),
            "pose": np.array((yaw, pitch)),
            "expression": np.array([getattr(expression, name) for name in EXPRESSIONS]),
        }
        for name, value in known.items():
            rows[name].append(value)
    kind = "builtin" if wanted.facekit is None else "facekit"
    person = f"{kind}-{wanted.seed}-{'held-' if wanted.held_out else ''}{number:04d}"
    return Shot(person, person, "rendered"), {k: np.stack(v) for k, v in rows.items()}


def _dressed(identity: Identity, rng: np.random.Generator) -> Identity:
    """The same face with other hair, glasses, clothes and background, and a shade browner or paler."""
    other = Identity.random(rng)
    return replace(
        identity,
        hair=other.hair,
        hair_style=other.hair_style,
        hair_length=other.hair_length,
        glasses=other.glasses,
        clothes=other.clothes,
        backdrop=other.backdrop,
        beard=identity.beard if rng.random() < 0.7 else 0.0,
        lip_colour=float(np.clip(identity.lip_colour + rng.normal(0, 0.1), 0, 1)),
        skin_tone=float(np.clip(identity.skin_tone + rng.normal(0, 0.03), 0, 1)),
    )
