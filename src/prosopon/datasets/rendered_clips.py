"""Rendered people to learn from: large poses, talk and blinks with landmarks that are exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from prosopon.core.content_id import sha256_of
from prosopon.core.faces import Pose
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.prepared import CROP_SIDE, FRAME_PX, Cutting, Store, kept_cuttings
from prosopon.faces.builtin.nobody import NAMES, picture_without_faces
from prosopon.faces.crop import cut
from prosopon.faces.head_box import still_box
from prosopon.faces.reader.surroundings import before, draw_surroundings
from prosopon.studio.facekit import open_kit, random_face
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity, Light
from prosopon.studio.render import render
from prosopon.train.processes import mapped
from prosopon.train.store import Shot

_RENDER_PX = 208
"""Rendered faces are about as large as in crops of `FRAME_PX`, a little larger so that cutting blurs nothing."""
_STEP_S = 0.3
"""Between kept frames: far enough apart that no two look alike."""

_WIDER = 1.7
"""What the heads of those who turn far are turned by, times what they would be: up to 60 degrees."""


@dataclass(frozen=True)
class RenderedPeople:
    """Which people to render.

    Attributes:
        people: number of people; each is one clip.
        frames: frames of each.
        seed: people, light and movement follow from it.
        facekit: faces of a kit (`studio.facekit`) instead of the built-in head.
        surroundings: pictures, patterns and plain colours behind the people instead of the studio's soft backdrops;
            they stand still while the head moves.
        wide_share: share of the people who turn their heads nearly twice as far as people who talk do.
    """

    people: int
    frames: int
    seed: int = 0
    facekit: Path | None = None
    surroundings: bool = False
    wide_share: float = 0.4


def prepare_rendered(wanted: RenderedPeople, *, processes: int | None = None, progress: Progress = SILENT) -> Store:
    """Render people as a store, or take what was rendered before.

    Args:
        wanted: which people.
        processes: that render at the same time; one for each core when not given. They change nothing else.
        progress: hears of every person.
    """
    kit = None if wanted.facekit is None else sha256_of(wanted.facekit)
    options = {**asdict(wanted), "facekit": kit}
    sizes = {"render_px": _RENDER_PX, "step_s": _STEP_S}
    return kept_cuttings(["rendered", options, sizes], lambda: _rendered(wanted, processes, progress))


def _rendered(wanted: RenderedPeople, processes: int | None, progress: Progress) -> Iterator[tuple[Shot, Cutting]]:
    progress.start("rendering people", wanted.people)
    for person in mapped(partial(_person, wanted), range(wanted.people), processes=processes):
        yield person
        progress.advance()


def _person(wanted: RenderedPeople, number: int) -> tuple[Shot, Cutting]:
    """One person in movement, cut as footage is."""
    rng = np.random.default_rng([wanted.seed, number])
    identity, light = Identity.random(rng), Light.random(rng)
    if wanted.facekit is not None:
        identity = replace(identity, kit=random_face(rng, open_kit(wanted.facekit).sha256))
    wider = _WIDER if rng.random() < wanted.wide_share else 1.0
    performance = Performance.random(
        rng,
        wanted.frames * _STEP_S,
        talking=float(rng.uniform(0.4, 1.0)),
        liveliness=float(rng.uniform(0.6, 1.6)),
    )
    renderings = []
    for index in range(wanted.frames):
        placement, expression = performance.at(index * _STEP_S)
        pose = placement.pose
        placement = replace(placement, pose=Pose(pose.yaw * wider, pose.pitch * wider**0.5, pose.roll))
        renderings.append(render(identity, placement, expression, light, _RENDER_PX))
    images = [shown.image for shown in renderings]
    if wanted.surroundings:
        picture = picture_without_faces(NAMES[int(rng.integers(len(NAMES)))])
        behind = draw_surroundings(picture, _RENDER_PX, rng)
        images = [before(shown.image, shown.parts, behind) for shown in renderings]
    box = still_box([shown.landmarks for shown in renderings], CROP_SIDE)
    corner, scale = np.array((box.left, box.top)), FRAME_PX / box.width
    cutting = Cutting(
        [cut(image, box, FRAME_PX) for image in images],
        [((shown.landmarks - corner) * scale).astype(np.float32) for shown in renderings],
    )
    name = f"{'rendered' if wanted.facekit is None else 'facekit'}-{wanted.seed}-{number:04d}"
    return Shot(name, name, "rendered"), cutting
