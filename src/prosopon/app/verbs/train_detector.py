"""`prosopon train detector`: teach a detector on fakes of our own, calibrate it, and say what it is worth."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from prosopon.app.args import Output
from prosopon.app.console import Console
from prosopon.app.trained import preview_publisher, publish_timelapse
from prosopon.core.errors import ExitCode, UsageError
from prosopon.core.history import SourceType
from prosopon.core.registry import load_technique
from prosopon.datasets.arena.arena import GENERATORS, Arena
from prosopon.detect.learning.fitting import fit_at_once
from prosopon.detect.learning.proving import Proof, proved
from prosopon.detect.learning.trainable import (
    HELD_OUT,
    LearningOptions,
    LearnsAtOnce,
    LearnsBySteps,
    Material,
)
from prosopon.detect.learning.weights import CALIBRATION, FIGURES, add_to_card
from prosopon.models.catalogue import check_name
from prosopon.train.loop import fit
from prosopon.train.randomness import seed_all
from prosopon.train.run import Result
from prosopon.train.runfile import Command
from prosopon.train.settings import Options, Settings

_PLAIN = "plain"
"""The baseline: a plain net, trained without degradations. No technique of its own."""
_NOTHING = "none"
_MEASURE_EVERY = 200
"""Steps between measurements where nothing else is said; one takes seconds."""
_EMA_DECAY = 0.998
_ORIGIN = "trained with prosopon train detector"


@dataclass(frozen=True)
class TrainDetector:
    """Teach a detector to tell originals from fakes that were made of them, or go on teaching it.

    Afterwards it is calibrated on people whom it has not learnt from, and tested on others: also on fakes of a
    generator that it has never seen. The run folder gets weights with all of that on their card; the same command goes
    on where it stopped.
    """

    technique: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]
    """Which detector: `prosopon list` names them; or plain, a plain net trained without degradations, as a baseline."""
    output: Output
    """The run folder."""
    arena: Path | None = None
    """Originals and fakes of them, made by prosopon arena make."""
    hold_out: tuple[str, ...] = HELD_OUT
    """Generators whose fakes it never sees, to tell how it does on those of others; none: it sees all."""
    footage: tuple[Path, ...] = ()
    """Videos and folders with real people to learn from as well, for detectors that do."""
    config: str | None = None
    """Which of a technique's nets: meso4 or mesoinception4, for instance."""
    name: str | None = None
    """What the weights are called; NAME.trained when not given."""
    start_from: str | None = None
    """Weights to start from, by name, path or run folder; random ones when not given."""
    learning_rate: float | None = None
    """The largest learning rate; the technique's own when not given."""
    horizon: int | None = None
    """Steps over which the learning rate falls; the technique's own when not given."""
    steps: int | None = None
    """Stop after so many steps in all, resumed ones included."""
    minutes: float | None = None
    """Stop after so many minutes of training in all, resumed ones included."""
    batch_size: int = 16
    """Pairs of an original and a fake in one step."""
    licence: str = "that of the data it was trained on"
    """Goes into the card beside the weights."""
    loop: Annotated[Options, tyro.conf.OmitArgPrefixes] = field(default_factory=Options)
    """How the training loop runs."""


def run(args: TrainDetector, console: Console) -> int:
    """Teach, calibrate, test, and say what came of it."""
    first = os.environ.get("RANK", "0") == "0"
    if not first:
        console.as_json = False  # of several processes one answers
    technique = _technique(args.technique)
    name = check_name(args.name or f"{args.technique}.trained")
    if args.learning_rate is not None and args.learning_rate <= 0:
        raise UsageError(f"the learning rate is {args.learning_rate}", "give one above 0, such as 0.001")
    settings = _settings(args) if isinstance(technique, LearnsBySteps) else None
    material = _material(args)
    seed_all(material.seed)
    command = Command.of("train detector", args, "output")
    if settings is not None:
        assert isinstance(technique, LearnsBySteps)  # noqa: S101 - there are settings for no others
        options = LearningOptions(name, args.config, args.learning_rate, args.start_from, args.licence, args.horizon)
        recipe = technique.training(material, options)
        show = preview_publisher("detect.preview", name, SourceType.COMPOSITE)
        result = fit(recipe, args.output, settings, publish_picture=show, command=command, progress=console)
    else:
        assert isinstance(technique, LearnsAtOnce)  # noqa: S101 - `_technique` gives no others
        result = fit_at_once(
            name,
            lambda: technique.fitted(material, console),
            args.output,
            settings={"seed": material.seed},
            config={"technique": args.technique, "config": args.config or "", "held_out": list(material.held_out)},
            inputs=material.inputs(),
            command=command,
            card={"licence": args.licence, "origin": _ORIGIN},
            progress=console,
        )
    if first:
        if settings is not None:
            publish_timelapse(args.output, "detect.timelapse", name, console)
        proof = proved(technique.from_weights(str(result.weights)), material, console)
        add_to_card(result.weights, {CALIBRATION: _plain(proof), FIGURES: proof.figures})
        _tell(result, proof, args, console)
    return ExitCode.FINE


def _technique(name: str) -> Any:
    """The class that learns.

    Raises:
        MissingError: there is no such technique.
        UsageError: it is no detector, or does not learn.
    """
    if name == _PLAIN:
        from prosopon.detect.learning.plain import Plain

        return Plain
    technique: Any = load_technique(name)
    if not isinstance(technique, LearnsBySteps | LearnsAtOnce) or not hasattr(technique, "score"):
        raise UsageError(f"{name!r} is not taught by this verb", "prosopon list names the detectors")
    return technique


def _settings(args: TrainDetector) -> Settings:
    options = args.loop
    if options.measure_every is None:
        options = replace(options, measure_every=_MEASURE_EVERY)
    if options.ema_decay is None:
        options = replace(options, ema_decay=_EMA_DECAY)
    return Settings(**asdict(options), steps=args.steps, minutes=args.minutes, batch_size=args.batch_size)


def _material(args: TrainDetector) -> Material:
    held_out = tuple(name for name in args.hold_out if name != _NOTHING)
    unknown = [name for name in held_out if name not in GENERATORS]
    if unknown:
        raise UsageError(f"there is no generator {', '.join(unknown)}", f"hold out some of {', '.join(GENERATORS)}")
    missing = [str(path) for path in args.footage if not path.exists()]
    if missing:
        raise UsageError(f"{', '.join(missing)} is not there", "give videos or folders with --footage")
    arena = None if args.arena is None else Arena.open(args.arena)
    return Material(arena, held_out, args.footage, args.loop.seed)


def _tell(result: Result, proof: Proof, args: TrainDetector, console: Console) -> None:
    calibration = proof.calibration
    console.answer(
        {
            "run": args.output,
            "weights": result.weights,
            "step": result.step,
            "resumed_from": result.resumed_from,
            "time_s": round(result.time_s, 1),
            "losses": result.losses,
            "metrics": result.metrics,
            CALIBRATION: _plain(proof),
            FIGURES: proof.figures,
        }
    )
    steps = f" after {result.step} steps; look at {args.output / 'index.html'}" if result.step else ""
    console.say(f"{result.weights}{steps}")
    if calibration is not None:
        errors = f"error {calibration.ece_before:.3f} before, {calibration.ece_after:.3f} after"
        console.say(f"calibrated on {calibration.data}: {errors}")
    rows = [_row(name, figures) for name, figures in proof.figures.items()]
    console.table(("test", "AUC", "AUC held out", "EER", "ECE before", "after", "real", "fakes", "people"), rows)


def _plain(proof: Proof) -> dict[str, Any] | None:
    return None if proof.calibration is None else proof.calibration.as_json()


def _row(name: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = ("auc", "auc_held_out", "eer", "ece_before", "ece_after")
    told = [f"{figures[key]:.3f}" if key in figures else "-" for key in wanted]
    return (name, *told, *(str(figures.get(key, "-")) for key in ("real", "fakes", "people")))
