"""`prosopon train faces`: train the built-in face finder, or go on training it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.trained import preview_publisher, tell_trained
from prosopon.core.errors import ExitCode
from prosopon.core.history import SourceType
from prosopon.datasets.rendered_faces import RenderedFaces, rendered_faces
from prosopon.faces.builtin.calibrate import calibrate
from prosopon.faces.builtin.dataset import FaceItems
from prosopon.faces.builtin.finder import WEIGHTS, load_nets
from prosopon.faces.builtin.nobody import pictures_without_faces
from prosopon.faces.builtin.prepared import FaceStore, kept_cuttings, prepare
from prosopon.faces.builtin.recipe import FacesRecipe, card_of
from prosopon.faces.finder import FaceFinder, open_finder
from prosopon.models.catalogue import check_name
from prosopon.models.files import write_atomically
from prosopon.models.pair import card_file, read_card
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.schedule import Schedule
from prosopon.train.settings import Options, Settings

_MEASURE_EVERY = 250
_EMA_DECAY = 0.998


@dataclass(frozen=True)
class TrainFaces:
    """Train the built-in face finder on faces that another finder has found, or go on training it.

    Detector and landmark net learn in one run. The run folder gets weights, log, preview and a page to look at; the
    same command goes on where it stopped.
    """

    output: Output
    """The run folder."""
    data: tuple[Path, ...] = ()
    """Folders with pictures and videos of faces, a sub-folder for each person."""
    without_faces: tuple[Path, ...] = ()
    """Folders with pictures and videos that show nobody; some are at hand without it."""
    held_out: tuple[Path, ...] = ()
    """Folders, as --data, of people to measure on and never to learn from."""
    teacher: Literal["mediapipe", "builtin"] = "mediapipe"
    """Whose landmarks are learnt."""
    every: int = 5
    """Learn from every n-th frame of videos."""
    rendered_people: int = 150
    """Learn from so many rendered people too; 0 for none. Takes minutes, once."""
    rendered_pictures: int = 8
    """Pictures of each rendered person."""
    name: str = WEIGHTS
    """What the weights are called."""
    licence: str = "that of the data it was trained on"
    """Goes into the card beside the weights."""
    steps: int = 6000
    """Stop after so many steps in all, resumed ones included."""
    horizon: int | None = None
    """Steps over which the learning rate falls; all of them when not given. A run is resumed only with the same."""
    batch_size: int = 16
    """Items in one step: a scene and two crops each."""
    calibrate_on: int = 600
    """Fit the confidence on so many spoilt pictures afterwards; 0 leaves it as it comes."""
    loop: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)
    """How the training loop runs."""


def run(args: TrainFaces, console: Console) -> int:
    """Prepare the data, train, and say where the weights are."""

    def teacher() -> FaceFinder:
        return open_finder(args.teacher)

    stores = [kept_cuttings(["scikit-image"], pictures_without_faces)]
    if args.data:
        stores.append(prepare(args.data, teacher, every=args.every, progress=console))
    if args.without_faces:
        stores.append(prepare(args.without_faces, None, every=args.every, progress=console))
    if args.rendered_people:
        wanted = RenderedFaces(args.rendered_people, args.rendered_pictures)
        stores.append(rendered_faces(wanted, teacher, progress=console))
    held_out = [prepare(args.held_out, teacher, every=args.every, progress=console)] if args.held_out else []
    dataset = FaceItems(stores)
    options = args.loop
    if held_out and options.measure_every is None:
        options = replace(options, measure_every=_MEASURE_EVERY)
    if options.ema_decay is None:
        options = replace(options, ema_decay=_EMA_DECAY)
    settings = Settings(**asdict(options), steps=args.steps, batch_size=args.batch_size)
    seed_all(settings.seed)
    recipe = FacesRecipe(
        dataset,
        Schedule(horizon=args.horizon or args.steps),
        card=card_of(licence=args.licence, origin="trained with prosopon train faces"),
        data={"stores": [_described(store) for store in stores], "held_out": [_described(store) for store in held_out]},
        inputs={f"learnt {number} {store.folder.name}": store.sha256() for number, store in enumerate(stores)},
        held_out=held_out,
        name=check_name(args.name),
    )
    show = preview_publisher("faces.preview", args.name, SourceType.ENHANCED)
    command = Command.of("train faces", args, "output")
    result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    if args.calibrate_on:
        console.say("fitting the confidence")
        detector, landmarks, _ = load_nets(result.weights)  # as exported: averages of those that learnt
        fitted = calibrate(detector, landmarks, stores, pictures=args.calibrate_on, seed=settings.seed + 1)
        _note(result.weights, {"confidence": asdict(fitted)})
    tell_trained(result, args.output, console)
    return ExitCode.FINE


def _note(weights: Path, facts: dict[str, Any]) -> None:
    """Add to the card beside weights."""
    text = json.dumps(read_card(weights) | facts, indent=2, ensure_ascii=False) + "\n"
    write_atomically(card_file(weights), lambda file: _write(file, text))


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _described(store: FaceStore) -> dict[str, Any]:
    kinds = sorted({shot.kind for shot in store.shots})
    people = len({shot.person for shot in store.shots})
    return {"name": store.folder.name, "pictures": len(store.landmarks), "people": people, "kinds": kinds}
