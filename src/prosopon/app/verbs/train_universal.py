"""`prosopon train universal`: learn one change that protects all photos, or go on learning it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Annotated

import tyro

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.protector_training import epsilon_of, loop_options, material_of, nets_of
from prosopon.app.trained import preview_publisher, publish_timelapse, tell_trained
from prosopon.core.errors import ExitCode, UsageError
from prosopon.core.history import SourceType
from prosopon.disrupt.universal.change import UniversalChange
from prosopon.disrupt.universal.recipe import Config, UniversalOptions, UniversalRecipe
from prosopon.disrupt.universal.technique import model_card
from prosopon.models.catalogue import check_name
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.settings import Options, Settings
from prosopon.train.toml import plain


@dataclass(frozen=True)
class TrainUniversal:
    """Learn one change that protects every photo against networks that are at hand, or go on learning it.

    It learns on rendered people, through JPEG, shrinking and screens. The run folder gets weights, log, preview and a
    page to look at; the same command goes on where it stopped. Use the weights with: prosopon protect --method
    universal --weights RUN.
    """

    output: Output
    """The run folder."""
    config: Config = "studio"
    """How: studio (ours: sign steps of the change itself) or published (CMUA-Watermark: photos are attacked one by
    one, and what they have in common is kept)."""
    against: str = ""
    """Networks by name or path, with commas between; by default all of a usual set whose weights are there."""
    factors: str = ""
    """With published: step factors of networks, NAME=NUMBER with commas between; 1 for all others."""
    levels: int = 6
    """Largest change of a value, in grey levels of 255; protect can make it smaller or larger later."""
    asked: int = 1
    """Networks that are asked in each step, drawn anew."""
    people: int = 240
    """Learn from so many rendered people; takes minutes for each hundred, once."""
    held_out_people: int = 24
    """Measure on so many others."""
    people_seed: int = 0
    """Who they are."""
    processes: int | None = None
    """Processes that render at the same time; one for each core when not given."""
    name: str = "universal.studio"
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


def run(args: TrainUniversal, console: Console) -> int:
    """Render the people, learn, and say where the weights are."""
    first = os.environ.get("RANK", "0") == "0"
    if not first:
        console.as_json = False  # of several processes one answers
    options = loop_options(args.loop, measuring=bool(args.held_out_people))
    settings = Settings(**asdict(options), steps=args.steps, minutes=args.minutes, batch_size=args.batch_size)
    name, epsilon = check_name(args.name), epsilon_of(args.levels)
    learning = UniversalOptions(config=args.config, factors=factors_of(args.factors))
    nets, weights = nets_of(args.against, options)
    strangers = learning.factors.keys() - nets.keys()
    if strangers:
        raise UsageError(
            f"there is a factor for {', '.join(sorted(strangers))}", "name networks that are learnt against"
        )
    material = material_of(
        args.people, args.held_out_people, args.people_seed, processes=args.processes, progress=console
    )
    seed_all(settings.seed)
    recipe = UniversalRecipe(
        name,
        UniversalChange(),
        material.dataset,
        nets,
        options=learning,
        epsilon=epsilon,
        asked=args.asked,
        card={**model_card(), "licence": args.licence, "origin": "trained with prosopon train universal"},
        data=plain(material.facts),
        inputs={**material.inputs, **weights},
        held_out=material.held_out,
    )
    show = preview_publisher("disrupt.universal.preview", name, SourceType.ALGORITHMIC)
    command = Command.of("train universal", args, "output")
    result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    if first:
        publish_timelapse(args.output, "disrupt.universal.timelapse", name, console)
        tell_trained(result, args.output, console)
    return ExitCode.FINE


def factors_of(text: str) -> dict[str, float]:
    """Step factors by name of the network, from `NAME=NUMBER,...`.

    Raises:
        UsageError: it is no such list, or a factor is not above 0.
    """
    factors: dict[str, float] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        name, _, number = part.rpartition("=")
        try:
            factors[name.strip()] = float(number)
        except ValueError:
            raise UsageError(f"{part!r} is no factor", "give NAME=NUMBER, such as swap.mini=2") from None
        if not name.strip() or not 0 < factors[name.strip()] < float("inf"):
            raise UsageError(f"{part!r} is no factor", "give NAME=NUMBER with a number above 0")
    return factors
