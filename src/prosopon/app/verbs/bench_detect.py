"""`prosopon bench detect`: how fast each detector runs on this machine, and the whole command."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from prosopon.arena.detection.bench import Speed
    from prosopon.detect.judging.roster import Roster


@dataclass(frozen=True)
class BenchDetect:
    """Time detection here: every detector by itself, face finding apart, and the whole command, beside decoding alone.

    Everything takes turns; each figure is the median of several rounds. On a machine that does other work, look at how
    many times as long as decoding things take.
    """

    asked: Annotated[str, tyro.conf.arg(name="with", metavar="all|NAME,...")] = "all"
    """Which detectors: all that have weights, or names of prosopon list detect; NAME=WEIGHTS for other weights."""
    clip: Path | None = None
    """A video with a face; 20 s of somebody rendered who talks where none is given."""
    seconds: float = 20.0
    """Length of what is rendered."""
    rounds: int = 3
    """Timed rounds; medians are reported."""
    threads: int | None = None
    """CPU threads of PyTorch; as many as it takes when not given."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds faces."""

    def __post_init__(self) -> None:
        if not 1 <= self.rounds <= 1000:
            raise UsageError(f"rounds is {self.rounds}", "give 1 to 1000")
        if not 0.4 <= self.seconds <= 600:
            raise UsageError(f"seconds is {self.seconds:g}", "give 0.4 to 600")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads is {self.threads}", "give 1 or more")


def run(args: BenchDetect, console: Console) -> int:
    """Time and tell."""
    import torch

    from prosopon.arena.detection.bench import rendered_clip
    from prosopon.arena.detection.experts import open_roster
    from prosopon.detect.judging.roster import Asked

    if args.threads is not None:
        torch.set_num_threads(args.threads)
    roster = open_roster(Asked.parse(args.asked))
    with tempfile.TemporaryDirectory() as folder:
        path = args.clip or rendered_clip(Path(folder), args.seconds)
        speed = _timed(args, path, roster, console)
    console.answer(speed.as_json())
    console.table(
        ("", "frames a second", "ms a frame", "times as long as decoding", ""),
        [
            (
                one.name, f"{one.per_second:,.1f}", f"{1000 / one.per_second:.2f}", f"{one.decodings:.1f}",
                f"{one.frames} frames: {one.about}",
            )
            for one in speed.rates
        ],
    )  # fmt: skip
    for name, why in speed.missing.items():
        console.note(f"{name} is not timed: {why}")
    clip = speed.clip
    console.say(f"{clip['name']}, {clip['seconds']:.1f} s, {clip['frames']} frames of {clip['size']}")
    console.say(f"{speed.cpu}, {speed.threads} threads; medians of {speed.rounds} rounds")
    return ExitCode.FINE


def _timed(args: BenchDetect, path: Path, roster: Roster, console: Console) -> Speed:
    from prosopon.app.detecting.examine import Examiner
    from prosopon.arena.detection.bench import Command, time_detection
    from prosopon.detect.judging.judge import Judge
    from prosopon.detect.judging.manner import Manner
    from prosopon.faces.finder import open_finder
    from prosopon.vouch.evidence import gather

    finder = open_finder(args.faces)
    examiner = Examiner(Judge(roster, Manner(finder=args.faces), None, finder))
    commands = {
        "provenance": Command(
            lambda file: gather(file, alike=False), "credential, watermark and log, before detectors"
        ),
        "the whole command": Command(
            examiner.examine, "from the file to the answer: provenance, faces, all detectors, the panel of degradations"
        ),
    }
    return time_detection(path, roster, finder, commands, rounds=args.rounds, progress=console)
