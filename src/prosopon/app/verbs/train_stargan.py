"""`prosopon train stargan`: train a net that edits attributes of faces, or go on training it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Literal

import tyro

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.stargan_training import adversary_of, material_of, start_nets
from prosopon.app.trained import preview_publisher, publish_timelapse, tell_trained
from prosopon.core.errors import ExitCode
from prosopon.core.history import SourceType
from prosopon.create.stargan.config import AgainstAttacks, StarganConfig, get_config
from prosopon.create.stargan.recipe import StarganRecipe, card_of
from prosopon.models.catalogue import check_name
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.settings import Options, Settings
from prosopon.train.toml import plain

_MEASURE_EVERY = 250
"""Steps between measurements where nothing else is said; one takes a few seconds."""
_EMA_DECAY = 0.999


@dataclass(frozen=True)
class TrainStargan:
    """Train a net that edits attributes of faces on rendered people, whose attributes are known, or go on training it.

    The run folder gets weights, log, preview and a page to look at; the same command goes on where it stopped.
    """

    output: Output
    """The run folder."""
    config: Literal["studio", "published"] = "studio"
    """Configuration: studio (ours, for a laptop: also learns from the exact answers that rendered people have), or
    published (the losses, nets and schedule of the reference implementation)."""
    people: int = 360
    """Learn from so many rendered people; takes minutes for each hundred, once."""
    held_out_people: int = 24
    """Measure on so many others."""
    people_seed: int = 0
    """Who they are."""
    processes: int | None = None
    """Processes that render at the same time; one for each core when not given."""
    adversarial: AgainstAttacks = "none"
    """Learn from attacked pictures, against disruption: none, g (the generator) or gd (the discriminator too). Takes
    many times as long."""
    start_from: str | None = None
    """Weights to start from, by name, path or run folder; random ones when not given."""
    name: str | None = None
    """What the weights are called; stargan.CONFIG when not given."""
    steps: int | None = None
    """Stop after so many steps in all, resumed ones included; the published configuration brings its own number."""
    minutes: float | None = None
    """Stop after so many minutes of training in all, resumed ones included."""
    batch_size: int | None = None
    """Pictures in one step of generator or discriminator; the configuration's when not given."""
    licence: str = "that of the data it was trained on"
    """Goes into the card beside the weights."""
    loop: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)
    """How the training loop runs."""


def run(args: TrainStargan, console: Console) -> int:
    """Render the people, train, and say where the weights are."""
    first = os.environ.get("RANK", "0") == "0"
    if not first:
        console.as_json = False  # of several processes one answers
    config = _config(args)
    settings = _settings(args, config)
    name = check_name(args.name or f"stargan.{args.config}")
    adversary = adversary_of(args.adversarial)
    material = material_of(
        args.people, args.held_out_people, args.people_seed, config, processes=args.processes, progress=console
    )
    seed_all(settings.seed)
    recipe = StarganRecipe(
        name,
        config,
        material.dataset,
        card=card_of(config, licence=args.licence, origin="trained with prosopon train stargan"),
        data=plain(material.facts),
        inputs=material.inputs,
        held_out=material.held_out,
        adversary=adversary,
    )
    if args.start_from is not None:
        recipe.inputs = {**recipe.inputs, **start_nets(recipe, args.start_from)}
    show = preview_publisher("create.stargan.preview", name, SourceType.TRAINED)
    command = Command.of("train stargan", args, "output")
    result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    if first:
        publish_timelapse(args.output, "create.stargan.timelapse", name, console)
        tell_trained(result, args.output, console)
    return ExitCode.FINE


def _config(args: TrainStargan) -> StarganConfig:
    config = replace(get_config(args.config), against_attacks=args.adversarial)
    if args.batch_size is not None:
        config = replace(config, schedule=replace(config.schedule, batch_size=args.batch_size))
    return config


def _settings(args: TrainStargan, config: StarganConfig) -> Settings:
    options = args.loop
    if options.measure_every is None and args.held_out_people:
        options = replace(options, measure_every=_MEASURE_EVERY)
    if options.ema_decay is None:
        options = replace(options, ema_decay=_EMA_DECAY)
    steps = args.steps if args.steps is not None or args.minutes is not None else config.schedule.steps
    # A step of the loop is one of the generator and all those of the discriminator before it, each on its own pictures.
    in_step = config.schedule.batch_size * config.loss.critic_steps
    return Settings(**asdict(options), steps=steps, minutes=args.minutes, batch_size=in_step)
