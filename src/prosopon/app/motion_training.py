"""What the training verbs of the motion models share: which footage is learnt from, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.core.errors import UsageError
from prosopon.core.progress import Progress
from prosopon.datasets.augment import AugmentConfig
from prosopon.datasets.face_pairs import PairConfig
from prosopon.datasets.material import Material, face_material, prepare_footage, video_material
from prosopon.datasets.prepared import Store
from prosopon.datasets.rendered_clips import RenderedPeople, prepare_rendered
from prosopon.train.epochs import Epochs, plan
from prosopon.train.settings import Options, Settings

_MEASURE_EVERY = 500
"""Steps between measurements where there is held-out data and nothing else is said."""


@dataclass(frozen=True)
class Footage:
    """What is learnt from, and measured on."""

    data: tuple[Path, ...] = ()
    """Folders to learn from. Configurations of faces: videos and pictures of faces, a sub-folder for each person. The
    published ones: the published form, folders train and test, or videos alone."""
    held_out: tuple[Path, ...] = ()
    """Folders, as --data, of people to measure on and never to learn from."""
    prepared: tuple[Path, ...] = ()
    """Folders of faces that were cut out before."""
    held_out_prepared: tuple[Path, ...] = ()
    """The same, to measure on."""
    every: int = 2
    """Learn from every n-th frame of the footage."""
    rendered_people: int = 60
    """Learn from so many rendered people too, whose landmarks are exact; 0 for none. Takes minutes, once."""
    rendered_frames: int = 40
    """Pictures of each rendered person."""
    facekit: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Render people with faces of the ICT Face Model Light too, as many again; docs/studio.md says how to get it."""


@dataclass(frozen=True)
class Length:
    """How long is learnt."""

    steps: int | None = None
    """Stop after so many steps in all, resumed ones included; a published configuration brings its own number."""
    minutes: float | None = None
    """Stop after so many minutes of training in all, resumed ones included."""
    batch_size: int | None = None
    """Items in one step; the configuration's when not given."""
    milestones: tuple[int, ...] | None = None
    """Steps after which the learning rates drop; the configuration's when not given."""


def faces_of(footage: Footage, pairs: PairConfig, progress: Progress, *, surroundings: bool = False) -> Material:
    """Pairs of faces out of all that was named.

    Args:
        footage: as set by the user.
        pairs: how they are drawn.
        progress: hears of what is prepared.
        surroundings: whether rendered people stand before pictures and patterns instead of soft backdrops.

    Raises:
        UsageError: nothing was.
        MissingError, ProsoponError: a folder is not there, or shows no face.
    """

    def stores(folders: Sequence[Path], data: Sequence[Path]) -> list[Store]:
        found = [Store.open(folder) for folder in folders]
        return [*found, prepare_footage(data, every=footage.every, progress=progress)] if data else found

    learnt = stores(footage.prepared, footage.data)
    if footage.rendered_people:
        kits = [None] if footage.facekit is None else [None, footage.facekit]
        wanted = [
            RenderedPeople(footage.rendered_people, footage.rendered_frames, facekit=kit, surroundings=surroundings)
            for kit in kits
        ]
        learnt += [prepare_rendered(one, progress=progress) for one in wanted]
    return face_material(learnt, stores(footage.held_out_prepared, footage.held_out), pairs)


def videos_of(
    footage: Footage, name: str, schedule: Epochs, *, size_px: int, augment: AugmentConfig, id_sampling: bool
) -> Material:
    """Pairs of frames of data sets of the published form, for the configuration `name`.

    Raises:
        UsageError: there is none, or prepared faces were named.
        MissingError, ProsoponError: a folder is not there, or has no videos.
    """
    if footage.prepared or footage.held_out_prepared:
        raise UsageError(f"{name} learns from videos, not from prepared faces", "give --data")
    return video_material(
        footage.data, footage.held_out,
        size_px=size_px, augment=augment, id_sampling=id_sampling, repeats=schedule.num_repeats,
    )  # fmt: skip


def settings_of(options: Options, length: Length, schedule: Epochs, material: Material, *, published: bool) -> Settings:
    """The loop's settings; what was not given comes from the configuration's schedule.

    Args:
        options, length: as set by the user.
        schedule: of the configuration.
        material: what is learnt from.
        published: whether the schedule says when to stop, where nobody else does.
    """
    if material.held_out and options.measure_every is None:
        options = replace(options, measure_every=_MEASURE_EVERY)
    batch_size = length.batch_size or schedule.batch_size
    planned = plan(schedule, len(material.dataset), batch_size)
    by_schedule = published and length.minutes is None and length.steps is None
    return Settings(
        **asdict(options),
        steps=planned.steps if by_schedule else length.steps,
        minutes=length.minutes,
        batch_size=batch_size,
        milestones=planned.milestones if length.milestones is None else length.milestones,
    )
