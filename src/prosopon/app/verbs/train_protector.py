"""`prosopon train protector`: train a net that protects photos in one pass, or go on training it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated

import tyro
from torch.optim import Adam

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.protector_training import epsilon_of, loop_options, material_of, nets_of
from prosopon.app.trained import preview_publisher, publish_timelapse, tell_trained
from prosopon.core.content_id import sha256_of
from prosopon.core.errors import ExitCode, UsageError
from prosopon.core.history import SourceType
from prosopon.disrupt.learnt.recipe import ChangeRecipe
from prosopon.disrupt.protector.net import NetConfig, ProtectorNet
from prosopon.disrupt.protector.technique import Protector, model_card
from prosopon.disrupt.universal.technique import Universal
from prosopon.models.catalogue import check_name
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.settings import Options, Settings
from prosopon.train.toml import plain
from prosopon.train.trained import find_trained

_EMA_DECAY = 0.99


@dataclass(frozen=True)
class TrainProtector:
    """Train a net that protects photos in one pass against networks that are at hand, or go on training it.

    It learns on rendered people, through JPEG, shrinking and screens. The run folder gets weights, log, preview and a
    page to look at; the same command goes on where it stopped. Use the weights with: prosopon protect --method
    protector --weights RUN.
    """

    output: Output
    """The run folder."""
    against: str = ""
    """Networks by name or path, with commas between; by default all of a usual set whose weights are there."""
    levels: int = 6
    """Largest change of a value, in grey levels of 255; protect can make it smaller or larger later."""
    asked: int = 2
    """Networks that are asked in each step, drawn anew."""
    people: int = 240
    """Learn from so many rendered people; takes minutes for each hundred, once."""
    held_out_people: int = 24
    """Measure on so many others."""
    people_seed: int = 0
    """Who they are."""
    processes: int | None = None
    """Processes that render at the same time; one for each core when not given."""
    width: int = 32
    """Channels of the net at half resolution."""
    learning_rate: float = 5e-4
    """Of Adam."""
    start_from: str | None = None
    """Weights to start from, by name, path or run folder: of a protector, or of a universal change, which it then
    learns to adapt to each photo, and so is there much sooner; random ones when not given."""
    name: str = "protector.studio"
    """What the weights are called."""
    steps: int | None = None
    """Stop after so many steps in all, resumed ones included."""
    minutes: float | None = None
    """Stop after so many minutes of training in all, resumed ones included."""
    batch_size: int = 4
    """Photos in one step."""
    licence: str = "that of the data it was trained on"
    """Goes into the card beside the weights."""
    loop: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)
    """How the training loop runs."""


def run(args: TrainProtector, console: Console) -> int:
    """Render the people, train, and say where the weights are."""
    first = os.environ.get("RANK", "0") == "0"
    if not first:
        console.as_json = False  # of several processes one answers
    options = loop_options(args.loop, measuring=bool(args.held_out_people))
    if options.ema_decay is None:
        options = replace(options, ema_decay=_EMA_DECAY)
    settings = Settings(**asdict(options), steps=args.steps, minutes=args.minutes, batch_size=args.batch_size)
    name, epsilon = check_name(args.name), epsilon_of(args.levels)
    if args.learning_rate <= 0:
        raise UsageError(f"the learning rate is {args.learning_rate}", "give one above 0, such as 0.0005")
    nets, weights = nets_of(args.against, options)
    material = material_of(
        args.people, args.held_out_people, args.people_seed, processes=args.processes, progress=console
    )
    seed_all(settings.seed)
    config = NetConfig(width=args.width)
    net = ProtectorNet(config)
    inputs = {**material.inputs, **weights}
    if args.start_from is not None:
        inputs |= start_net(net, args.start_from)
    recipe = ChangeRecipe(
        name,
        net,
        material.dataset,
        nets,
        epsilon=epsilon,
        optimiser=lambda parameters: Adam(parameters, lr=args.learning_rate),
        asked=args.asked,
        card={**model_card(config), "licence": args.licence, "origin": "trained with prosopon train protector"},
        data=plain({**material.facts, "learning_rate": args.learning_rate}),
        inputs=inputs,
        held_out=material.held_out,
    )
    show = preview_publisher("disrupt.protector.preview", name, SourceType.ALGORITHMIC)
    command = Command.of("train protector", args, "output")
    result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    if first:
        publish_timelapse(args.output, "disrupt.protector.timelapse", name, console)
        tell_trained(result, args.output, console)
    return ExitCode.FINE


def start_net(net: ProtectorNet, where: str) -> dict[str, str]:
    """Put weights that were trained before into a net; their content id by name, for the record of the run.

    Raises:
        MissingError: there are none.
        CheckpointError: they are damaged, or of another net.
    """
    entry = find_trained(where, "train protector")
    if entry.technique == Universal.technique:
        net.begin_with(Universal.from_weights(where).change)
    else:
        Protector.from_weights(where)  # whatever may be wrong with them is said there
        state, _ = load(entry.path)
        load_strict(net, part(state, "change"), f"the change of {entry.name}")
    return {f"start {entry.path.name}": sha256_of(entry.path)}
