"""`prosopon train watermark`: train the nets of the learned watermark, or go on training them."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import tyro
from torch.optim import Adam

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.trained import preview_publisher, publish_timelapse, tell_trained
from prosopon.core.content_id import sha256_of
from prosopon.core.errors import ExitCode, UsageError
from prosopon.core.history import SourceType
from prosopon.datasets.rendered_heads import RenderedHeads, rendered_heads
from prosopon.models.catalogue import check_name
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.settings import Options, Settings
from prosopon.train.toml import plain
from prosopon.train.trained import find_trained
from prosopon.vouch.watermark.hidden.net import Marker, NetConfig
from prosopon.vouch.watermark.hidden.nets import SHIPPED, TECHNIQUE
from prosopon.vouch.watermark.hidden.pictures import Pieces, photographs
from prosopon.vouch.watermark.hidden.recipe import HiddenRecipe

_MEASURE_EVERY = 500
"""Steps between measurements where nothing else is said; one takes seconds."""
_EMA_DECAY = 0.998
_MEASURED = 16
"""Held-out pictures that are measured on, spread over them."""


@dataclass(frozen=True)
class TrainWatermark:
    """Train the nets of the learned watermark on rendered people and on photographs of yours, or go on training them.

    Pictures go through real JPEG and real H.264 while the nets learn. The run folder gets weights, log, preview and a
    page to look at; the same command goes on where it stopped.
    """

    output: Output
    """The run folder."""
    photos: tuple[Path, ...] = ()
    """Folders with photographs and videos to learn from, beside rendered people."""
    people: int = 240
    """Learn from so many rendered people; takes minutes for each hundred, once."""
    held_out_people: int = 24
    """Measure on so many others."""
    people_seed: int = 0
    """Who they are."""
    processes: int | None = None
    """Processes that render at the same time; one for each core when not given."""
    learning_rate: float = 1e-3
    """Of Adam."""
    milestones: tuple[int, ...] = ()
    """Steps after which the learning rate is multiplied by --gamma."""
    start_from: str | None = None
    """Weights to start from, by name, path or run folder; random ones when not given."""
    name: str = SHIPPED
    """What the weights are called."""
    steps: int | None = None
    """Stop after so many steps in all, resumed ones included."""
    minutes: float | None = None
    """Stop after so many minutes of training in all, resumed ones included."""
    batch_size: int = 16
    """Pictures in one step."""
    licence: str = "that of the data it was trained on"
    """Goes into the card beside the weights."""
    loop: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)
    """How the training loop runs."""


def run(args: TrainWatermark, console: Console) -> int:
    """Render the people, train, and say where the weights are."""
    first = os.environ.get("RANK", "0") == "0"
    if not first:
        console.as_json = False  # of several processes one answers
    settings, name = _settings(args), check_name(args.name)
    if args.learning_rate <= 0:
        raise UsageError(f"the learning rate is {args.learning_rate}", "give one above 0, such as 0.001")
    if args.people < 1 or args.held_out_people < 0:
        raise UsageError(
            f"{args.people} people, {args.held_out_people} held out",
            "give 1 or more to learn from, 0 or more to hold out",
        )
    learnt = rendered_heads(RenderedHeads(args.people, args.people_seed), processes=args.processes, progress=console)
    others = rendered_heads(
        RenderedHeads(args.held_out_people, args.people_seed, held_out=True), processes=args.processes, progress=console
    )
    stores = [*learnt, *([photographs(args.photos, console)] if args.photos else [])]
    inputs = {f"learnt {number}": store.sha256() for number, store in enumerate(stores)}
    inputs |= {f"held out {number}": store.sha256() for number, store in enumerate(others)}
    held_out = Pieces(others)
    seed_all(settings.seed)
    marker = Marker(NetConfig())
    if args.start_from is not None:
        inputs |= _start(marker, args.start_from)
    recipe = HiddenRecipe(
        name,
        marker,
        Pieces(stores),
        optimiser=lambda parameters: Adam(parameters, lr=args.learning_rate),
        card={**model_card(marker.config), "licence": args.licence, "origin": "trained with prosopon train watermark"},
        data=plain(
            {
                "people": args.people,
                "held_out": args.held_out_people,
                "people_seed": args.people_seed,
                "learning_rate": args.learning_rate,
            }
        ),
        inputs=inputs,
        held_out=[held_out.plain(index) for index in _spread(len(held_out))],
    )
    show = preview_publisher("vouch.watermark.preview", name, SourceType.ALGORITHMIC)
    command = Command.of("train watermark", args, "output")
    result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    if first:
        publish_timelapse(args.output, "vouch.watermark.timelapse", name, console)
        tell_trained(result, args.output, console)
    return ExitCode.FINE


def model_card(config: NetConfig) -> dict[str, Any]:
    """What a weights card says so that the nets can be built again."""
    return {"technique": TECHNIQUE, "config": "studio", "model": asdict(config)}


def _settings(args: TrainWatermark) -> Settings:
    options = args.loop
    if options.measure_every is None and args.held_out_people:
        options = replace(options, measure_every=_MEASURE_EVERY)
    if options.ema_decay is None:
        options = replace(options, ema_decay=_EMA_DECAY)
    return Settings(
        **asdict(options),
        steps=args.steps,
        minutes=args.minutes,
        batch_size=args.batch_size,
        milestones=args.milestones,
    )


def _spread(n: int) -> list[int]:
    return [number * n // min(_MEASURED, n) for number in range(min(_MEASURED, n))]


def _start(marker: Marker, where: str) -> dict[str, str]:
    """Put weights that were trained before into the nets; their content id by name, for the record of the run.

    Raises:
        MissingError: there are none.
        CheckpointError: they are damaged, or of other nets.
    """
    entry = find_trained(where, "train watermark")
    state, _ = load(entry.path)
    load_strict(marker, part(state, "marker"), f"the nets of {entry.name}")
    return {f"start {entry.path.name}": sha256_of(entry.path)}
