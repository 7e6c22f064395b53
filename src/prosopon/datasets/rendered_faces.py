"""Rendered people and backdrops as the built-in face nets learn from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from prosopon.core.faces import Pose
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.builtin.prepared import Cutting, FaceStore, cut_face, cut_nobody, kept_cuttings
from prosopon.faces.finder import FaceFinder
from prosopon.studio.backdrop import backdrop
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity, Light, Placement
from prosopon.studio.render import render
from prosopon.studio.shading import to_display
from prosopon.train.store import Shot

_RENDER_PX = 320
_BACKDROPS = 60
_AGREE = 0.12
"""Largest mean distance of the teacher's landmarks from the exact ones, in distances of the eyes' corners, at which
the teacher's are learnt: the two place brows and jaw differently, and a net cannot learn both."""
_LEAST_EYES = 0.25
"""The eyes' distance is taken for at least this share of the face's height: seen from the side it vanishes."""


@dataclass(frozen=True)
class RenderedFaces:
    """Which people to render."""

    people: int
    pictures: int
    """Of each person."""
    seed: int = 0


def rendered_faces(
    wanted: RenderedFaces, teacher: Callable[[], FaceFinder], *, progress: Progress = SILENT
) -> FaceStore:
    """Rendered people with landmarks, and backdrops without anybody, or what was rendered before.

    Args:
        wanted: which people.
        teacher: opens the finder whose way of placing landmarks is learnt where it is right.
        progress: hears of every person.
    """

    def shots() -> Iterator[tuple[Shot, list[Cutting]]]:
        finder = teacher()
        progress.start("rendering people", wanted.people)
        for number in range(wanted.people):
            name = f"rendered-{wanted.seed}-{number:04d}"
            yield Shot(name, name, "rendered"), [*_person(wanted, number, finder)]
            progress.advance()
        progress.finish()
        for number in range(_BACKDROPS):
            shown = to_display(backdrop(wanted.seed * 10_000 + number, _RENDER_PX))
            frame = (np.asarray(shown) * 255 + 0.5).clip(0, 255).astype(np.uint8)
            # One person of all backdrops: they are plain, and should not be most of what shows nobody.
            yield Shot(f"backdrop-{number:04d}", f"backdrops-{number % 4}", "nobody"), [cut_nobody(frame)]

    return kept_cuttings(["rendered", wanted.people, wanted.pictures, wanted.seed, _RENDER_PX, _BACKDROPS], shots)


def _person(wanted: RenderedFaces, number: int, finder: FaceFinder) -> Iterator[Cutting]:
    rng = np.random.default_rng([wanted.seed, number])
    identity, light = Identity.random(rng), Light.random(rng)
    performance = Performance.random(rng, 30.0, talking=float(rng.uniform(0.4, 1.0)), liveliness=1.2)
    for _ in range(wanted.pictures):
        _, expression = performance.at(float(rng.uniform(0, 30)))
        if rng.random() < 0.12:
            closed = float(rng.uniform(0.6, 1.0))
            expression = replace(expression, blink_left=closed, blink_right=closed)
        turn = np.clip(rng.normal(0, (30, 13, 6)), (-80, -35, -20), (80, 35, 20)).tolist()
        x, y = rng.uniform(-0.05, 0.05, 2).tolist()
        placement = Placement(Pose(*turn), x, y, float(rng.uniform(0.75, 1.0)))
        shown = render(identity, placement, expression, light, _RENDER_PX)
        yield cut_face(shown.image, agreed(shown.landmarks, finder, shown.image))


def agreed(exact: NDArray[np.float32], finder: FaceFinder, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The teacher's landmarks of a rendered face where they are about right, else the exact ones, `(68, 2)`."""
    eyes = max(float(np.linalg.norm(exact[36] - exact[45])), _LEAST_EYES * float(np.ptp(exact[:, 1])))
    for face in finder.find(picture):
        if face.landmarks is not None:
            apart = float(np.linalg.norm(face.landmarks - exact, axis=1).mean())
            if apart < _AGREE * eyes:
                return face.landmarks
    return exact
