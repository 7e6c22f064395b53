"""`prosopon train fomm`: train the First Order Motion Model, or go on training it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.motion_training import Footage, Length, faces_of, settings_of, videos_of
from prosopon.app.trained import preview_publisher, tell_trained
from prosopon.core.content_id import sha256_of
from prosopon.core.errors import ExitCode
from prosopon.core.history import SourceType
from prosopon.create.fomm.config_file import find_config
from prosopon.create.fomm.recipe import FommRecipe, card_of
from prosopon.create.fomm.start import start_from
from prosopon.datasets.face_pairs import PairConfig
from prosopon.models.catalogue import check_name
from prosopon.models.feature_choice import Features, load_features
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.settings import Options
from prosopon.train.toml import plain


@dataclass(frozen=True)
class TrainFomm:
    """Train the First Order Motion Model on footage of your own, or go on training it.

    The run folder gets weights, log, preview and a page to look at; the same command goes on where it stopped.
    """

    output: Output
    """The run folder."""
    config: str = "mini"
    """Configuration: mini (faces, for a laptop), face (the same against a discriminator), vox-256, vox-adv-256,
    taichi-256, taichi-adv-256, mgif-256, fashion-256, nemo-256, bair-256, or a TOML or JSON file of the same form."""
    footage: Annotated[Footage, tyro.conf.OmitArgPrefixes] = field(default_factory=Footage)
    """What it learns from."""
    name: str | None = None
    """What the weights are called; fomm.CONFIG when not given."""
    start_from: Path | None = None
    """Weights to start from, ours or a published checkpoint; random ones when not given."""
    features: Features = "random"
    """Features of the perceptual loss: random convolutions; face, a net of our own; or VGG19 as published, which needs
    --feature-weights."""
    feature_weights: Path | None = None
    """A file with the ImageNet weights of VGG19, or of another face reader than faces.reader."""
    licence: str = "that of the data it was trained on"
    """Goes into the card beside the weights."""
    length: Annotated[Length, tyro.conf.OmitArgPrefixes] = field(default_factory=Length)
    """How long it learns."""
    loop: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)
    """How the training loop runs."""


def run(args: TrainFomm, console: Console) -> int:
    """Prepare the data, train, and say where the weights are."""
    first = os.environ.get("RANK", "0") == "0"
    if not first:
        console.as_json = False  # of several processes one answers
    config = find_config(args.config)
    if config.face is None:
        material = videos_of(
            args.footage, config.name, config.schedule,
            size_px=config.model.size_px, augment=config.augment, id_sampling=config.id_sampling,
        )  # fmt: skip
    else:
        pairs = PairConfig(size_px=config.model.size_px)
        material = faces_of(args.footage, pairs, console)
    settings = settings_of(args.loop, args.length, config.schedule, material, published=config.face is None)
    name = check_name(args.name or f"fomm.{config.name}")
    seed_all(settings.seed)
    recipe = FommRecipe(
        name,
        config,
        material.dataset,
        load_features(args.features, args.feature_weights),
        card=card_of(config, licence=args.licence, origin="trained with prosopon train fomm"),
        data=plain(material.facts),
        inputs=material.inputs,
        held_out=material.held_out,
    )
    if args.start_from is not None:
        start_from(recipe.modules, args.start_from)
        recipe.inputs = {**recipe.inputs, f"start {args.start_from.name}": sha256_of(args.start_from)}
    show = preview_publisher("create.fomm.preview", name, SourceType.TRAINED)
    # A configuration may be a file, and then its path must hold from anywhere, as the others do.
    own = Path(args.config).is_file()
    recorded = replace(args, config=str(Path(args.config).absolute())) if own else args
    command = Command.of("train fomm", recorded, "output")
    result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    if first:
        tell_trained(result, args.output, console)
    return ExitCode.FINE
