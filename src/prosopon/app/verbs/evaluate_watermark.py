"""`prosopon evaluate watermark`: what a watermark survives, and how seldom it is seen where none is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from prosopon.app.args import Flag, Force, Inputs
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError
from prosopon.media.outputs import check_output

if TYPE_CHECKING:
    from prosopon.arena.watermarking.clip_ways import ClipWay
    from prosopon.arena.watermarking.method import Method
    from prosopon.arena.watermarking.outcome import Row
    from prosopon.arena.watermarking.picture_ways import PictureWay
    from prosopon.arena.watermarking.subjects import Subjects

_PEOPLE, _QUICK_PEOPLE = 12, 3
_CLIPS, _QUICK_CLIPS = 3, 1
_QUICK_SECONDS = 2.0


@dataclass(frozen=True)
class EvaluateWatermark:
    """Measure a watermark: how much of it is seen, what it survives, what it costs, how seldom it is imagined.

    Every picture and video gets bits of its own, is changed for real by Pillow and by H.264 encoders, and is read
    without knowing anything but the file. Shares of files are told with their exact 95 % intervals: 26 of 26 still
    leave 87 % open. Without inputs it is measured on rendered people.
    """

    inputs: Annotated[Inputs, tyro.conf.arg(metavar="FILES")] = ()
    """Pictures, videos, or folders of them; rendered people where there are none."""
    method: str = "stdm"
    """stdm, ours; hidden, the learnt one, for pictures; trustmark, Adobe's, where it is installed, for pictures."""
    quick: Flag = False
    """A few people and the main ways only."""
    ways: tuple[str, ...] = ()
    """Only these changes, by name, of pictures and videos."""
    people: int | None = None
    """So many rendered people; 12, or 3 with --quick."""
    clips: int | None = None
    """So many rendered videos; 3, or 1 with --quick."""
    limit: int | None = None
    """Take at most so many of the files."""
    seconds: float = 4.0
    """So much of each video."""
    after: str = ""
    """What this program makes of marked pictures of people, and whether it is still read there: animate, swap,
    protect, with commas between."""
    trials: int = 0
    """Look for marks in so many unmarked pictures, cut out of those given and changed in colour: a million takes
    minutes."""
    report: Annotated[Path | None, tyro.conf.arg(metavar="PAGE.html")] = None
    """Write a page with the tables and pictures."""
    seed: int = 0
    """Marks, places of crops and the like follow from it."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds faces, for --after."""
    force: Force = False
    """Overwrite an earlier page."""

    def __post_init__(self) -> None:
        for name, value, least in (
            ("people", self.people, 0), ("clips", self.clips, 0), ("limit", self.limit, 1), ("trials", self.trials, 0),
            ("seed", self.seed, 0),
        ):  # fmt: skip
            if value is not None and value < least:
                raise UsageError(f"{name} is {value}", f"give {least} or more")
        if not 0.5 <= self.seconds <= 600:
            raise UsageError(f"seconds is {self.seconds:g}", "give 0.5 to 600")
        if not self.inputs and self.people == 0 and self.clips == 0:
            raise UsageError("there is nothing to mark", "give files, or --people 3")


def run(args: EvaluateWatermark, console: Console) -> int:
    """Measure and tell."""
    if args.report is not None:
        check_output(args.report, force=args.force, inputs=args.inputs, suffixes=(".html", ".htm"))

    from prosopon.app.watermark_page import tell
    from prosopon.arena.watermarking.evaluation import evaluate
    from prosopon.arena.watermarking.named import open_method

    picture_ways, clip_ways = _ways(args)
    method = open_method(args.method)
    subjects = _subjects(args, method, console)
    found = evaluate(
        method, subjects, picture_ways, clip_ways, products=_products(args, method, subjects, console),
        trials=args.trials, seed=args.seed, progress=console,
    )  # fmt: skip
    if args.report is not None:
        from prosopon.app.watermark_page import write_page

        write_page(args.report, found, method, subjects, progress=console)
    console.answer({**found.as_json(), "report": args.report})
    tell(found, console)
    if args.report is not None:
        console.say(f"report: {args.report}")
    return ExitCode.FINE


def _ways(args: EvaluateWatermark) -> tuple[list[PictureWay], list[ClipWay]]:
    """What happens to pictures and to clips."""
    from prosopon.arena.watermarking import clip_ways, picture_ways

    known = (*picture_ways.PICTURE_WAYS, *clip_ways.CLIP_WAYS)
    for name in args.ways:
        if name not in known:
            raise UsageError(
                f"nothing called {name!r} happens to pictures here", f"use {'; '.join(dict.fromkeys(known))}"
            )
    pictures = args.ways or (picture_ways.QUICK if args.quick else tuple(picture_ways.PICTURE_WAYS))
    clips = args.ways or (clip_ways.QUICK if args.quick else tuple(clip_ways.CLIP_WAYS))
    return (
        [way for name, way in picture_ways.PICTURE_WAYS.items() if name in pictures],
        [way for name, way in clip_ways.CLIP_WAYS.items() if name in clips],
    )


def _subjects(args: EvaluateWatermark, method: Method, console: Console) -> Subjects:
    from prosopon.arena.watermarking.subjects import given, rendered

    if args.inputs:
        return given(args.inputs, limit=args.limit, seconds=args.seconds, progress=console)
    people = args.people if args.people is not None else (_QUICK_PEOPLE if args.quick else _PEOPLE)
    clips = args.clips if args.clips is not None else (_QUICK_CLIPS if args.quick else _CLIPS)
    seconds = min(args.seconds, _QUICK_SECONDS) if args.quick else args.seconds
    return rendered(people, 0 if method.marked is None else clips, seconds=seconds, progress=console)


def _products(args: EvaluateWatermark, method: Method, subjects: Subjects, console: Console) -> list[Row]:
    """What this program makes of marked pictures."""
    words = [word.strip() for word in args.after.split(",") if word.strip()]
    if not words:
        return []
    from prosopon.arena.watermarking.products import measure_products
    from prosopon.faces.finder import open_finder

    finder = open_finder(args.faces)
    return measure_products(method, subjects.pictures, words, finder, seed=args.seed, progress=console)[0]
