"""`prosopon train swap`: learn to put one person's face on another, or go on learning it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.swap_training import features_of, measured_by, open_embedder, sides_of, start_net, tell_strangers
from prosopon.app.trained import preview_publisher, publish_timelapse, tell_trained
from prosopon.core.errors import ExitCode
from prosopon.core.history import SourceType
from prosopon.create.swap.config import SwapConfig, Training, config_of
from prosopon.create.swap.recipe import SwapRecipe
from prosopon.datasets.swap_pairs import SwapPairConfig, SwapPairs
from prosopon.models.catalogue import check_name
from prosopon.models.feature_choice import Features
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.settings import Options, Settings
from prosopon.train.toml import plain

_MEASURE_EVERY = 250
"""Steps between measurements where nothing else is said; one takes a few seconds."""


@dataclass(frozen=True)
class TrainSwap:
    """Learn to put the source's face on the target, from the folders that `prosopon faces` made of both.

    The run folder gets weights, log, preview and a page to look at; the same command goes on where it stopped. Faces of
    the target that were held back are swapped now and then: the page shows whom they are taken for, and when to stop.
    """

    source: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """Folder with the faces of the person whose face is wanted."""
    target: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """Folder with the faces of the person whose footage is edited."""
    output: Output
    """The run folder."""
    plan: str = "mini"
    """Which net: mini (ours, for CPUs), original, lightweight, dfaker, dfl_h128, iae, dfl_sae_df, dfl_sae_liae,
    quick96, saehd_df, saehd_liae, or one of the last two with options and resolution, such as liae-ud_192."""
    training: Annotated[Training, tyro.conf.OmitArgPrefixes] = field(default_factory=Training)
    """How it learns."""
    mask: str | None = None
    """Which of the folders' own masks say what is face (extended, parsed ...); the landmarks' outline if not given."""
    pretrain: bool = False
    """The folders show many people: learn faces as such, to start from later."""
    start_from: str | None = None
    """Weights of the same plan to start from, by name or path; auto takes those that come with the package, none learns
    from nothing. auto when not given."""
    fresh_code: bool = False
    """Learn the code between encoder and decoders anew, as DeepFaceLab does after its pretraining: slower."""
    features: Features = "face"
    """Features of the perceptual loss: face, a net of our own; random; or VGG19, which needs --feature-weights."""
    feature_weights: Path | None = None
    """A file with the ImageNet weights of VGG19."""
    name: str | None = None
    """What the weights are called; swap.PLAN when not given."""
    steps: int | None = None
    """Stop after so many steps in all, resumed ones included."""
    minutes: float | None = None
    """Stop after so many minutes of training in all, resumed ones included."""
    batch_size: int | None = None
    """Faces of each person in one step; the plan's when not given."""
    licence: str = "that of the footage it was trained on"
    """Goes into the card beside the weights."""
    loop: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=lambda: Options(channels_last=True))
    """How the training loop runs."""


def run(args: TrainSwap, console: Console) -> int:
    """Read the faces, train, and say where the weights are."""
    first = os.environ.get("RANK", "0") == "0"
    if not first:
        console.as_json = False  # of several processes one answers
    config = config_of(args.plan, args.training)
    source, target = sides_of(args.source, args.target, args.training.face_type, args.mask, console, many=args.pretrain)
    embedder = None if args.pretrain else open_embedder()
    if embedder is not None and first:
        tell_strangers({args.source: source, args.target: target}, embedder, console)
    plan = config.plan
    pairs = SwapPairs(
        source,
        target,
        SwapPairConfig(
            plan.input_px, plan.output_px, args.training.face_type, config.augment,
            uniform_yaw=args.training.uniform_yaw, by_shot=args.pretrain, colour=args.training.colour,
        ),
    )  # fmt: skip
    settings = _settings(args, config)
    name = check_name(args.name or f"swap.{args.plan.replace('/', '-').lower()}")
    seed_all(settings.seed)
    recipe = SwapRecipe(
        name,
        config,
        pairs,
        card={"licence": args.licence, "origin": "trained with prosopon train swap"},
        data=plain({"faces": [len(source.learnt), len(target.learnt)], "mask": args.mask or "landmarks"}),
        inputs={"source": source.store.sha256(), "target": target.store.sha256()},
        pretrain=args.pretrain,
        features=features_of(config.loss.perceptual, args.features, args.feature_weights),
        measured=None if embedder is None else measured_by(source, target, plan, embedder),
    )
    started_from = start_net(recipe.net, plan, args.start_from or "auto", keep_code=not args.fresh_code)
    recipe.inputs = {**recipe.inputs, **started_from}
    show = preview_publisher("create.swap.preview", name, SourceType.TRAINED)
    command = Command.of("train swap", args, "output")
    result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    if first:
        publish_timelapse(args.output, "create.swap.timelapse", name, console)
        tell_trained(result, args.output, console)
    return ExitCode.FINE


def _settings(args: TrainSwap, config: SwapConfig) -> Settings:
    options = args.loop
    if options.measure_every is None and not args.pretrain:
        options = replace(options, measure_every=_MEASURE_EVERY)
    if options.ema_decay is None:
        options = replace(options, ema_decay=config.ema_decay)
    batch_size = args.batch_size or config.batch_size
    return Settings(**asdict(options), steps=args.steps, minutes=args.minutes, batch_size=batch_size)
