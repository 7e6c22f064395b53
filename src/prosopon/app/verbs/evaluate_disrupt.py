"""`prosopon evaluate disrupt`: what protection against face programs does, how long it lasts, and how it transfers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from prosopon.app.args import Flag, Force
from prosopon.app.console import Console
from prosopon.app.report import check_report
from prosopon.core.errors import ExitCode, MissingError, ProsoponError, UsageError
from prosopon.media.read import read

if TYPE_CHECKING:
    from prosopon.arena.disruption.attacks import Attack
    from prosopon.arena.disruption.contest import Contest
    from prosopon.arena.disruption.opponents import Opponent
    from prosopon.arena.disruption.records import Record
    from prosopon.arena.disruption.subjects import Subject
    from prosopon.core.clip import Clip
    from prosopon.faces.finder import FaceFinder
    from prosopon.faces.reader.reader import FaceReader

JOURNAL = "unfinished.jsonl"
"""What has been measured so far, in the report's folder until the page is written."""
_QUICK_WAYS = ("png", "jpeg75", "half", "blur")
_QUICK_PEOPLE, _THOROUGH_PEOPLE = 2, 12


@dataclass(frozen=True)
class EvaluateDisrupt:
    """Measure protection: attacks against networks, what is left after JPEG, shrinking, blur, screens, and transfer.

    Every head is protected by every attack with the same budget, laundered for real, and shown to every network;
    beside it the untouched head after the same, and one with noise. By default a few rendered people and the main
    attacks; transfer is then measured on pictures as saved only. Two trainings of one network, one of them hardened
    against attacks, are compared by naming both as --victims.
    """

    victims: tuple[str, ...] = ()
    """Networks by name, path or run folder, where wanted with /answer; by default a usual set whose weights are
    there."""
    attacks: tuple[str, ...] = ()
    """Attacks by name; universal=WEIGHTS and protector=WEIGHTS take weights of your own."""
    launderings: tuple[str, ...] = ()
    """What pictures go through, by name; the first is the one under which transfer is measured."""
    on: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILES")] = ()
    """Portraits, or folders of them: the most prominent face of each is taken."""
    people: int | None = None
    """So many rendered people, whom no training has seen; 2 where no portraits are given, 12 with --thorough."""
    limit: int | None = None
    """Take at most so many of the portraits."""
    epsilon: float = 0.05
    """Largest change of a value, pictures being in -1 to 1: 0.05 is as published, 6 of 255 grey levels."""
    iterations: int = 10
    """Steps of the attacks that have several; a step is a fifth of epsilon, as published."""
    size: int = 256
    """Side of the heads' pictures; every network brings them to its own."""
    thorough: Flag = False
    """All attacks, all launderings, transfer after each of them: takes hours."""
    report: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="DIR")] = None
    """Write a page into this folder. What has been measured is kept there: stopped, the same command goes on."""
    drive: Annotated[Path | None, tyro.conf.arg(metavar="CLIP")] = None
    """With --report: let the heads, untouched and protected, move by this clip, as videos side by side."""
    seed: int = 0
    """Of the noise that attacks start from."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds faces."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the networks while they are attacked; effects are measured in fp32."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    force: Force = False
    """Overwrite an earlier report."""

    def __post_init__(self) -> None:
        if self.people is not None and self.people < 0:
            raise UsageError(f"people is {self.people}", "give 0 or more")
        if self.people == 0 and not self.on:
            raise UsageError("there is nothing to measure on", "give --people 3, or --on pictures")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"limit is {self.limit}", "give 1 or more")
        if not 64 <= self.size <= 1024:
            raise UsageError(f"size is {self.size}", "give 64 to 1024 pixels")
        if self.drive is not None and self.report is None:
            raise UsageError("--drive makes videos for a page", "add --report DIR")


def run(args: EvaluateDisrupt, console: Console) -> int:
    """Measure and tell."""
    check_report(args.report, force=args.force)
    driving = None if args.drive is None else _driving(args.drive)

    from prosopon.app.disruption_page import console_table, quality_table
    from prosopon.app.protect_page import LIMITS
    from prosopon.arena.disruption.cells import cells, qualities
    from prosopon.faces.finder import open_finder

    finder = open_finder(args.faces)
    contest = _contest(args, finder, console)
    records = _records(args, contest, console)
    table, seen = cells(contest.plan, records), qualities(contest.plan, records)
    facts = _facts(args, contest, finder)
    page = None
    if args.report is not None:
        from prosopon.app.disruption_drive import animated_rows
        from prosopon.app.disruption_page import Story, write_page

        args.report.mkdir(parents=True, exist_ok=True)
        videos = [] if driving is None else animated_rows(args.report, contest, driving, finder, progress=console)
        page = write_page(args.report, Story(contest, table, seen, facts, videos), progress=console)
        (args.report / JOURNAL).unlink(missing_ok=True)
    console.answer(
        {
            **facts,
            "victims": {label: _about(one) for label, one in contest.opponents.items()},
            "attacks": {name: one.about for name, one in contest.attacks.items()},
            "cells": [one.as_json() for one in table],
            "pictures_quality": seen,
            "limits": LIMITS,
            "report": page,
        }
    )
    console.table(*console_table(table))
    console.say("(in brackets: the untouched picture after the same, noise, the same change upside down as saved;")
    console.say("* at least twice the largest of them, which may still be nothing that anybody would see)")
    console.table(*_rounded(*quality_table(seen)))
    console.say(LIMITS)
    if page is not None:
        console.say(f"report: {page}")
    return ExitCode.FINE


def _driving(path: Path) -> Clip:
    clip = read(path)
    if len(clip) < 2:
        raise UsageError(f"{path} does not move", "give a video of somebody")
    return clip


def _contest(args: EvaluateDisrupt, finder: FaceFinder, console: Console) -> Contest:
    from prosopon.arena.disruption.contest import Contest
    from prosopon.arena.disruption.opponents import open_opponents
    from prosopon.arena.disruption.settings import Settings
    from prosopon.arena.survival import WAYS
    from prosopon.arena.victims.named import default_names
    from prosopon.models.device import pick_device, pick_precision

    settings = Settings(args.epsilon, args.iterations, args.seed)
    device = pick_device(args.device)
    attacks = _attacks(args)
    opponents = open_opponents(
        args.victims or default_names(), device, precision=pick_precision(args.precision, device)
    )
    launderings = args.launderings or (WAYS if args.thorough else _QUICK_WAYS)
    contest = Contest.of(
        _subjects(args, finder, console), opponents, attacks, launderings, settings=settings,
        everywhere=args.thorough, device=device,
    )  # fmt: skip
    for name in contest.unsuited:
        console.note(f"{name} can be made against none of these networks and is left out")
    console.note(contest.plan.told(len(contest.subjects)))
    return contest


def _attacks(args: EvaluateDisrupt) -> list[Attack]:
    """Those that are asked for; else the usual ones, and what was learnt as far as it is there."""
    from prosopon.arena.disruption.attacks import LEARNT, QUICK, THOROUGH, named

    if args.attacks:
        return [named(name) for name in dict.fromkeys(args.attacks)]
    found = [named(name) for name in (THOROUGH if args.thorough else QUICK)]
    for name in LEARNT:
        try:
            found.append(named(name))
        except MissingError:
            continue
    return found


def _subjects(args: EvaluateDisrupt, finder: FaceFinder, console: Console) -> list[Subject]:
    from prosopon.arena.disruption.subjects import portraits, rendered_people

    usual = 0 if args.on else _THOROUGH_PEOPLE if args.thorough else _QUICK_PEOPLE
    people = usual if args.people is None else args.people
    found = portraits(args.on, finder, args.size, limit=args.limit, progress=console) if args.on else []
    rendered = rendered_people(people, args.size, progress=console) if people else []
    # In turn, so that the first of them, which are shown, are of both kinds.
    return [one for pair in zip_longest(rendered, found) for one in pair if one is not None]


def _records(args: EvaluateDisrupt, contest: Contest, console: Console) -> list[Record]:
    from prosopon.arena.disruption.records import Journal

    path = None if args.report is None else args.report / JOURNAL
    with Journal(path, {**contest.about(), "precision": _precision(args, contest)}) as journal:
        if journal.n_recalled:
            console.note(f"{journal.n_recalled} protected pictures were measured before and are not measured again")
        try:
            return contest.run(journal, embedder=_reader(), progress=console)
        except KeyboardInterrupt:
            if args.report is not None:
                wanted = len(contest.plan.jobs) * len(contest.subjects)
                console.note(
                    f"{len(journal)} of {wanted} protected pictures are measured and kept; the same command goes on"
                )
            raise


def _reader() -> FaceReader | None:
    """Tells whether people are still themselves; None where its weights are not there."""
    from prosopon.faces.reader.reader import FaceReader

    try:
        return FaceReader.open()
    except ProsoponError:
        return None


def _facts(args: EvaluateDisrupt, contest: Contest, finder: FaceFinder) -> dict[str, Any]:
    rendered = sum(one.is_rendered for one in contest.subjects)
    return {
        "pictures": len(contest.subjects),
        "rendered_people": rendered,
        "portraits": len(contest.subjects) - rendered,
        **asdict(contest.settings),
        "step": contest.settings.step,
        "size_px": args.size,
        "launderings": list(contest.plan.launderings),
        "transfer_after": "each" if contest.plan.everywhere else contest.plan.launderings[0],
        "faces": finder.name,
        "device": str(contest.device),
        "precision": _precision(args, contest),
    }


def _precision(args: EvaluateDisrupt, contest: Contest) -> str:
    from prosopon.models.device import pick_precision

    return str(pick_precision(args.precision, contest.device)).removeprefix("torch.")


def _about(one: Opponent) -> dict[str, Any]:
    return {
        "about": one.victim.about,
        "weights": one.weights,
        "weights_sha256": one.sha256,
        "technique": one.technique,
        "side_px": one.victim.side_px,
    }


def _rounded(head: Sequence[str], rows: Sequence[Sequence[object]]) -> tuple[Sequence[str], list[list[object]]]:
    return head, [[f"{cell:.3f}" if isinstance(cell, float) else cell for cell in row] for row in rows]
