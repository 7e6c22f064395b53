"""`prosopon train partswap`: train co-part segmentation and part swap, or go on training it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.trained import preview_publisher, tell_trained
from prosopon.core.content_id import sha256_of
from prosopon.core.errors import ExitCode, UsageError
from prosopon.core.history import SourceType
from prosopon.create.partswap.config import PartSwapConfig, get_config
from prosopon.create.partswap.recipe import PartSwapRecipe, card_of
from prosopon.create.partswap.start import start_from
from prosopon.datasets.face_pairs import PairConfig
from prosopon.datasets.material import Material, face_material, prepare_footage, video_material
from prosopon.datasets.prepared import Store
from prosopon.datasets.rendered_clips import RenderedPeople, prepare_rendered
from prosopon.models.catalogue import check_name, find
from prosopon.models.feature_choice import Features, load_features
from prosopon.train.epochs import plan
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.runfile import Command
from prosopon.train.settings import Options, Settings
from prosopon.train.toml import plain

_MEASURE_EVERY = 500
"""Steps between measurements where there is held-out data and nothing else is said."""
_RENDERED_SHARE = 0.6
"""Share of the pairs that are rendered people, whose heads move far before a background that does not."""


@dataclass(frozen=True)
class TrainPartswap:
    """Train co-part segmentation on footage of your own, or go on training it.

    The run folder gets weights, log, preview and a page to look at; the same command goes on where it stopped.
    """

    output: Output
    """The run folder."""
    data: tuple[Path, ...] = ()
    """Folders to learn from. Configuration face: videos and pictures of faces, a sub-folder for each person. The
    published ones: the published form, folders train and test, or videos alone."""
    config: Literal[
        "face", "vox-256-sem-5segments", "vox-256-sem-10segments", "vox-256-sem-15segments", "taichi-256-sem"
    ] = "face"
    """Configuration: face (ours, for a laptop), or a published one."""
    held_out: tuple[Path, ...] = ()
    """Folders, as --data, of people to measure on and never to learn from."""
    prepared: tuple[Path, ...] = ()
    """Folders of faces that were cut out before."""
    held_out_prepared: tuple[Path, ...] = ()
    """The same, to measure on."""
    every: int = 2
    """Learn from every n-th frame of the footage."""
    rendered_people: int = 60
    """Learn from so many rendered people too; 0 for none. Takes minutes, once."""
    rendered_frames: int = 40
    """Pictures of each rendered person."""
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
    steps: int | None = None
    """Stop after so many steps in all, resumed ones included; a published configuration brings its own number."""
    minutes: float | None = None
    """Stop after so many minutes of training in all, resumed ones included."""
    batch_size: int | None = None
    """Items in one step; the configuration's when not given."""
    milestones: tuple[int, ...] | None = None
    """Steps after which the learning rates drop; the configuration's when not given."""
    loop: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)
    """How the training loop runs."""


def run(args: TrainPartswap, console: Console) -> int:
    """Prepare the data, train, and say where the weights are."""
    first = os.environ.get("RANK", "0") == "0"
    if not first:
        console.as_json = False  # of several processes one answers
    config = get_config(args.config)
    material = _material(args, config, console)
    settings = _settings(args, config, material)
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


def _material(args: TrainPartswap, config: PartSwapConfig, console: Console) -> Material:
    if config.face is None:
        if args.prepared or args.held_out_prepared:
            raise UsageError(f"{config.name} learns from videos, not from prepared faces", "give --data")
        return video_material(
            args.data, args.held_out,
            size_px=config.model.size_px, augment=config.augment,
            id_sampling=config.id_sampling, repeats=config.schedule.num_repeats,
        )  # fmt: skip
    stores = [Store.open(folder) for folder in args.prepared]
    held_out = [Store.open(folder) for folder in args.held_out_prepared]
    if args.data:
        stores.append(prepare_footage(args.data, every=args.every, progress=console))
    if args.rendered_people:
        stores.append(prepare_rendered(RenderedPeople(args.rendered_people, args.rendered_frames), progress=console))
    if args.held_out:
        held_out.append(prepare_footage(args.held_out, every=args.every, progress=console))
    pairs = PairConfig(size_px=config.model.size_px, rendered_share=_RENDERED_SHARE, still_share=0)
    return face_material(stores, held_out, pairs)


def _settings(args: TrainPartswap, config: PartSwapConfig, material: Material) -> Settings:
    """The loop's settings; what was not given comes from the configuration's schedule."""
    options = args.loop
    if material.held_out and options.measure_every is None:
        options = replace(options, measure_every=_MEASURE_EVERY)
    batch_size = args.batch_size or config.schedule.batch_size
    schedule = plan(config.schedule, len(material.dataset), batch_size)
    by_schedule = config.face is None and args.minutes is None
    return Settings(
        **asdict(options),
        steps=schedule.steps if args.steps is None and by_schedule else args.steps,
        minutes=args.minutes,
        batch_size=batch_size,
        milestones=schedule.milestones if args.milestones is None else args.milestones,
    )
