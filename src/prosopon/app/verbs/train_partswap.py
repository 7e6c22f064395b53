"""`prosopon train partswap`: train co-part segmentation and part swap, or go on training it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.motion_training import Footage, Length, faces_of, settings_of, videos_of
from prosopon.app.trained import preview_publisher, tell_trained
from prosopon.core.content_id import sha256_of
from prosopon.core.errors import ExitCode
from prosopon.core.history import SourceType
from prosopon.create.partswap.config import get_config
from prosopon.create.partswap.recipe import PartSwapRecipe, card_of
from prosopon.create.partswap.start import start_from
from prosopon.datasets.face_pairs import PairConfig
from prosopon.models.catalogue import check_name, find
from prosopon.models.feature_choice import Features, load_features
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.settings import Options
from prosopon.train.toml import plain

_RENDERED_SHARE = 0.6
"""Share of the pairs that are rendered people, whose heads move far before a background that does not."""


@dataclass(frozen=True)
class TrainPartswap:
    """Train co-part segmentation on footage of your own, or go on training it.

    The run folder gets weights, log, preview and a page to look at; the same command goes on where it stopped.
    """

    output: Output
    """The run folder."""
    config: Literal[
        "face", "vox-256-sem-5segments", "vox-256-sem-10segments", "vox-256-sem-15segments", "taichi-256-sem"
    ] = "face"
    """Configuration: face (ours, for a laptop), or a published one."""
    footage: Annotated[Footage, tyro.conf.OmitArgPrefixes] = field(default_factory=Footage)
    """What it learns from."""
    name: str | None = None
    """What the weights are called; partswap.CONFIG when not given."""
    start_from: str | None = None
    """Weights to start from: of part swap or of animation, by name or path, or a published checkpoint of either."""
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


def run(args: TrainPartswap, console: Console) -> int:
    """Prepare the data, train, and say where the weights are."""
    first = os.environ.get("RANK", "0") == "0"
    if not first:
        console.as_json = False  # of several processes one answers
    config = get_config(args.config)
    if config.face is None:
        material = videos_of(
            args.footage, config.name, config.schedule,
            size_px=config.model.size_px, augment=config.augment, id_sampling=config.id_sampling,
        )  # fmt: skip
    else:
        pairs = PairConfig(size_px=config.model.size_px, rendered_share=_RENDERED_SHARE, still_share=0)
        material = faces_of(args.footage, pairs, console, surroundings=True)
    settings = settings_of(args.loop, args.length, config.schedule, material, published=config.face is None)
    name = check_name(args.name or f"partswap.{config.name}")
    seed_all(settings.seed)
    recipe = PartSwapRecipe(
        name,
        config,
        material.dataset,
        load_features(args.features, args.feature_weights),
        card=card_of(config, licence=args.licence, origin="trained with prosopon train partswap"),
        data=plain(material.facts),
        inputs=material.inputs,
        held_out=material.held_out,
    )
    if args.start_from is not None:
        path = Path(args.start_from)
        path = path if path.is_file() else find(args.start_from).path
        start_from(recipe.modules, path, config.start_keypoints)
        recipe.inputs = {**recipe.inputs, f"start {path.name}": sha256_of(path)}
    show = preview_publisher("create.partswap.preview", name, SourceType.TRAINED)
    command = Command.of("train partswap", args, "output")
    result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    if first:
        tell_trained(result, args.output, console)
    return ExitCode.FINE
