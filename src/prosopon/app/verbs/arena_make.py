"""`prosopon arena make`: originals and fakes of them, for detectors to learn from and be measured on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from prosopon.app.args import Force, Inputs, Output
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, FileExistsAlready, UsageError
from prosopon.datasets.arena.arena import ABOUT, GENERATORS, ORIGINAL, SPLITS, Split

if TYPE_CHECKING:
    from prosopon.arena.making.making import Outcome
    from prosopon.arena.making.plan import SwapWeights, Task
    from prosopon.datasets.arena.arena import Arena

SHEET = "sheet.png"


@dataclass(frozen=True)
class ArenaMake:
    """Make originals and fakes of them, for detectors to learn from and be measured on.

    Of each original a few runs of frames are taken, and every generator makes a fake of just these frames. People of
    one split never meet those of another. What comes of it is scratch, kept as arrays with the statement that it is
    synthetic beside it: it cannot be played, it is not signed or marked, because a detector would learn the marks, and
    it is not to be passed on. A sheet of examples is published, marked like everything that leaves.
    """

    footage: Inputs
    """Videos, each of somebody else; or folders, each with videos of one person."""
    output: Output
    """Folder of the arena."""
    portraits: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="PATHS")] = ()
    """Pictures, or folders of pictures, each of somebody else."""
    rendered: int = 0
    """So many rendered people for training."""
    rendered_calibrate: int = 0
    """So many for calibration."""
    rendered_test: int = 0
    """So many for tests."""
    calibrate: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAMES")] = ()
    """People to calibrate with, as their folders or files are called (without suffix)."""
    test: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAMES")] = ()
    """People to test on. Where somebody is named here or above, other people in footage are for training; where nobody
    is, and for portraits, a draw decides."""
    generators: str = ",".join(GENERATORS)
    """Who makes fakes, with commas between: animate, partswap, landmark-swap, swap (needs --swap), edit."""
    swap: Annotated[tuple[str, ...], tyro.conf.arg(metavar="WEIGHTS:SOURCE:TARGET")] = ()
    """Trained swaps, by name, path or run folder, with the names of both people; used on clips of the target."""
    clips: int = 6
    """Clips of each person in footage, spread over the files, or over the length of a file."""
    seed: int = 0
    """Splits, pairings and rendered people follow from it."""
    processes: int = 1
    """That work at the same time. The same command given twice at once shares the work, too."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds faces."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the generators' nets: auto takes bf16 where the machine has units for it."""
    force: Force = False
    """Replace an arena that is there already."""

    def __post_init__(self) -> None:
        counts = {"rendered": self.rendered, "rendered-calibrate": self.rendered_calibrate}
        counts |= {"rendered-test": self.rendered_test}
        for name, count in counts.items():
            if count < 0:
                raise UsageError(f"{name} is {count}", "give 0 or more people")
        if self.clips < 1:
            raise UsageError(f"clips is {self.clips}", "give 1 or more for each person")
        if not 1 <= self.processes <= 64:
            raise UsageError(f"processes is {self.processes}", "give 1 to 64")
        if not self.footage and not self.portraits and not any(counts.values()):
            raise UsageError("there is nobody to make fakes of", "give footage, --portraits, or --rendered 20")


def run(args: ArenaMake, console: Console) -> int:
    """Plan, make, show."""
    if (args.output / ABOUT).exists() and not args.force:
        raise FileExistsAlready(f"{args.output} holds an arena already", "choose another folder, or add --force")
    if args.output.exists() and not args.output.is_dir():
        raise UsageError(f"{args.output} is a file", "choose a folder")
    tasks = _tasks(args)

    from prosopon.arena.making.making import make_arena, n_done
    from prosopon.arena.making.sheet import STEP, arena_sheet
    from prosopon.vouch.publish import publish_picture

    try:
        outcome = make_arena(
            args.output, tasks, _settings(args), faces=args.faces, precision=args.precision, processes=args.processes,
            progress=console,
        )  # fmt: skip
    except KeyboardInterrupt:
        console.note(f"{n_done(args.output)} of {len(tasks)} originals are dealt with; the same command goes on")
        raise
    if outcome.put_together:
        publish_picture(arena_sheet(outcome.arena), args.output / SHEET, STEP, progress=console)
    _tell(args, outcome, console)
    return ExitCode.FINE


def _tasks(args: ArenaMake) -> tuple[Task, ...]:
    from prosopon.arena.making.originals import (
        Wish,
        footage_originals,
        people_in_footage,
        people_in_portraits,
        portrait_originals,
        rendered_originals,
    )
    from prosopon.arena.making.plan import planned

    names = tuple(name.strip() for name in args.generators.split(",") if name.strip())
    swaps = _swaps(args)
    films, portraits = people_in_footage(args.footage), people_in_portraits(args.portraits)
    if both := sorted(set(films) & set(portraits)):
        raise UsageError(f"{', '.join(both)} is in footage and a portrait", "rename one, or leave the portrait out")
    wish = Wish(args.calibrate, args.test, args.seed)
    wish.check({*films, *portraits})
    rendered: dict[Split, int] = {
        "train": args.rendered, "calibrate": args.rendered_calibrate, "test": args.rendered_test,
    }  # fmt: skip
    originals = [
        *footage_originals(films, wish.footage(films), args.clips),
        *portrait_originals(portraits, wish.portraits(portraits)),
        *rendered_originals(rendered, args.seed),
    ]
    if not swaps:
        names = tuple(name for name in names if name != "swap")
    return planned(originals, names, swaps, seed=args.seed)


def _swaps(args: ArenaMake) -> list[SwapWeights]:
    from prosopon.arena.making.plan import SwapWeights

    return [SwapWeights.parsed(text) for text in args.swap]


def _settings(args: ArenaMake) -> dict[str, Any]:
    """What decided the arena, and which weights made its fakes."""
    from prosopon.arena.making.faking import WEIGHTS
    from prosopon.models.catalogue import find
    from prosopon.train.trained import find_trained

    weights: dict[str, Any] = {}
    for generator, name in WEIGHTS.items():
        if generator in args.generators:
            weights[generator] = {"name": name, "sha256": find(name).sha256}
    if "swap" in args.generators:
        found = [(swap, find_trained(swap.weights, "train swap")) for swap in _swaps(args)]
        weights["swap"] = [
            {"name": entry.name, "sha256": entry.sha256, "source": swap.source, "target": swap.target}
            for swap, entry in found
        ]
    return {
        "seed": args.seed,
        "clips": args.clips,
        "generators": args.generators,
        "weights": weights,
        "faces": args.faces,
    }


def _tell(args: ArenaMake, outcome: Outcome, console: Console) -> None:
    arena = outcome.arena
    counts = _counts(arena)
    console.answer(
        {
            "arena": args.output,
            "sha256": arena.sha256(),
            "clips": counts,
            "people": {split: len(arena.people(split)) for split in SPLITS},
            "frames": len(arena.store),
            "left_out": [{"name": one.name, "generator": one.generator, "why": one.why} for one in outcome.left_out],
            "sheet": args.output / SHEET,
        }
    )
    rows = [[name, *(counts[name].get(split, 0) for split in SPLITS)] for name in counts]
    rows.append(["(people)", *(len(arena.people(split)) for split in SPLITS)])
    console.table(["clips", *SPLITS], rows)
    for one in outcome.left_out:
        console.note(f"left out: {one.name}: {one.why}")
    console.say(f"{args.output}: {len(arena.clips)} clips, {len(arena.store)} frames; some are shown in {SHEET}")
    console.say("scratch for teaching and measuring: not marked, not signed, not to be passed on")


def _counts(arena: Arena) -> Mapping[str, Mapping[str, int]]:
    """How many clips there are by generator and material, and by split."""
    found: dict[str, Counter[str]] = {}
    for generator in (ORIGINAL, *arena.generators):
        for clip in arena.where(generators=(generator,)):
            found.setdefault(f"{generator}, {clip.material}", Counter())[clip.split] += 1
    return {name: dict(counter) for name, counter in found.items()}
