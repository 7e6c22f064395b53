"""`prosopon train reader`: train the face reader, or go on training it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.trained import preview_publisher, tell_trained
from prosopon.core.errors import ExitCode
from prosopon.core.history import SourceType
from prosopon.datasets.rendered_reader import RenderedReading, rendered_reading
from prosopon.faces.builtin.nobody import pictures_without_faces
from prosopon.faces.builtin.prepared import FaceStore, kept_cuttings, prepare
from prosopon.faces.finder import FaceFinder, open_finder
from prosopon.faces.reader.dataset import Readings
from prosopon.faces.reader.recipe import ReaderRecipe, card_of
from prosopon.models.catalogue import READER, check_name
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.schedule import Schedule
from prosopon.train.settings import Options, Settings
from prosopon.train.store import ArrayStore

_MEASURE_EVERY = 250
_EMA_DECAY = 0.998
_HELD_OUT_PEOPLE, _HELD_OUT_PICTURES = 24, 8


@dataclass(frozen=True)
class TrainReader:
    """Train the face reader: face parts, identity embedding, pose and expression, features for perceptual losses.

    Rendered people teach all of it; real faces, whose landmarks a finder places, teach identity, landmarks and what
    follows from them. The run folder gets weights, log, preview and a page; the same command goes on where it stopped.
    """

    output: Output
    """The run folder."""
    data: tuple[Path, ...] = ()
    """Folders with pictures and videos of faces, a sub-folder for each person."""
    finder: Literal["mediapipe", "builtin"] = "mediapipe"
    """Who places their landmarks."""
    every: int = 5
    """Learn from every n-th frame of videos."""
    rendered_people: int = 260
    """Learn from so many rendered people; 0 for none. Takes minutes, once."""
    rendered_pictures: int = 12
    """Pictures of each rendered person."""
    facekit: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Render people with faces of the ICT Face Model Light too; docs/studio.md says how to get it."""
    facekit_people: int = 110
    """How many of them."""
    name: str = READER
    """What the weights are called."""
    licence: str = "that of the data it was trained on"
    """Goes into the card beside the weights."""
    steps: int = 4000
    """Stop after so many steps in all, resumed ones included."""
    horizon: int | None = None
    """Steps over which the learning rate falls; all of them when not given. A run is resumed only with the same."""
    batch_size: int = 16
    """Crops in one step."""
    loop: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)
    """How the training loop runs."""


def run(args: TrainReader, console: Console) -> int:
    """Prepare the data, train, and say where the weights are."""

    def finder() -> FaceFinder:
        return open_finder(args.finder)

    rendered, held_out = _rendered(args, console)
    footage = [prepare(args.data, finder, every=args.every, progress=console)] if args.data else []
    dataset = Readings(rendered, footage, nobody=kept_cuttings(["scikit-image"], pictures_without_faces))
    options = args.loop
    if options.measure_every is None:
        options = replace(options, measure_every=_MEASURE_EVERY)
    if options.ema_decay is None:
        options = replace(options, ema_decay=_EMA_DECAY)
    settings = Settings(**asdict(options), steps=args.steps, batch_size=args.batch_size)
    seed_all(settings.seed)
    recipe = ReaderRecipe(
        dataset,
        Schedule(horizon=args.horizon or args.steps),
        card=card_of(licence=args.licence, origin="trained with prosopon train reader"),
        data={
            "people": dataset.people,
            "rendered": [len(store) for store in rendered],
            "footage": [_described(store) for store in footage],
        },
        inputs={f"learnt {n} {store.folder.name}": store.sha256() for n, store in enumerate([*rendered, *footage])},
        held_out=held_out,
        name=check_name(args.name),
    )
    show = preview_publisher("faces.preview", args.name, SourceType.ENHANCED)
    command = Command.of("train reader", args, "output")
    result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    tell_trained(result, args.output, console)
    return ExitCode.FINE


def _rendered(args: TrainReader, console: Console) -> tuple[list[ArrayStore], list[ArrayStore]]:
    """Rendered people to learn from, and others to measure on."""
    learnt, held_out = [], []
    kinds = [(args.rendered_people, None), (args.facekit_people if args.facekit else 0, args.facekit)]
    for people, kit in kinds:
        if not people:
            continue
        wanted = RenderedReading(people, args.rendered_pictures, facekit=kit)
        learnt.append(rendered_reading(wanted, progress=console))
        measured = replace(wanted, people=_HELD_OUT_PEOPLE, pictures=_HELD_OUT_PICTURES, held_out=True)
        held_out.append(rendered_reading(measured, progress=console))
    return learnt, held_out


def _described(store: FaceStore) -> dict[str, Any]:
    people = len({shot.person for shot in store.shots})
    return {"name": store.folder.name, "pictures": len(store.landmarks), "people": people}
