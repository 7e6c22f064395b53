"""`prosopon evaluate detect`: measure detectors, and the whole tool, on videos that are known to be real or fake."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from prosopon.app.args import Flag, Force
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError
from prosopon.core.home import home
from prosopon.media.outputs import check_output

if TYPE_CHECKING:
    from prosopon.arena.detection.answers import Answer
    from prosopon.arena.detection.examining import Examiner
    from prosopon.arena.detection.fusing import Fitted
    from prosopon.arena.detection.videos import DataSet
    from prosopon.arena.journal import Journal

_FUSED_SPLIT = "calibrate"


@dataclass(frozen=True)
class EvaluateDetect:
    """Measure detectors, and all of them together, on videos and pictures that are known to be real or fake.

    Reads FaceForensics++, Celeb-DF, DFDC, DFDCP, DeeperForensics, UADFV, lists of DeepfakeBench, arenas, tables with
    path and label, and folders with real/ and fake/ or files called real_... and fake_...: told by what is in them;
    nothing is downloaded. A fake is 1 everywhere. Intervals are over people, not videos, and what got no answer is
    told and counted. Broken off, the same command goes on where it was.
    """

    data: Path
    """The data set: a folder, a CSV file, or a JSON file of DeepfakeBench."""
    asked: Annotated[str, tyro.conf.arg(name="with", metavar="all|NAME,...")] = "all"
    """Which detectors: all that have weights, or names of prosopon list detect; NAME=WEIGHTS for other weights, and
    plain=RUN for the baseline of train detector plain beside them."""
    under: str = "none"
    """What is done to the videos, with commas between: none, crf28, half, crf28+half, crf35, jpeg50, blur, noise."""
    split: str | None = None
    """Which split: test where the data set has one, else everything; all takes all."""
    compression: str | None = None
    """Of FaceForensics++ and lists of it: raw, c23 or c40."""
    pictures: Path | None = None
    """Where the paths of a list begin, if they are not found beside it."""
    frames: int = 32
    """So many frames of each video are shown to detectors that look at single frames, evenly spaced."""
    limit: int | None = None
    """At most so many videos of each generator, and of the real ones."""
    quick: Flag = False
    """Do not judge every video again compressed, resized, cropped and blurred: verdicts are then withdrawn less
    often."""
    report: Annotated[Path | None, tyro.conf.arg(metavar="PAGE.html")] = None
    """Write a page with tables and curves."""
    fit_fusion: Annotated[Path | None, tyro.conf.arg(metavar="OUT.toml")] = None
    """Instead: fit how detectors' answers become one on the split calibrate of an arena, each clip degraded by
    chance, and write that."""
    fusion: Annotated[Path | None, tyro.conf.arg(metavar="FILE.toml")] = None
    """How answers become one; the one that comes with the package when not given."""
    hold_out: tuple[str, ...] = ()
    """Generators that no detector has learnt from; what the cards of their weights say when not given."""
    seed: int = 0
    """Resampling and chance follow from it."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds faces."""
    force: Force = False
    """Overwrite earlier results."""

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= 10_000:
            raise UsageError(f"frames is {self.frames}", "give 1 to 10000")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"limit is {self.limit}", "give 1 or more")
        if self.seed < 0:
            raise UsageError(f"seed is {self.seed}", "give 0 or more")
        if self.fit_fusion is not None and self.report is not None:
            raise UsageError("--fit-fusion writes no page", "give one of the two")


def run(args: EvaluateDetect, console: Console) -> int:
    """Measure and tell."""
    for path, suffix in ((args.report, (".html", ".htm")), (args.fit_fusion, (".toml",))):
        if path is not None:
            check_output(path, force=args.force, inputs=(args.data,), suffixes=suffix)

    from prosopon.arena.detection.examining import all_ways, drawn_ways
    from prosopon.arena.detection.fusing import UNDERS
    from prosopon.datasets.degradations import named

    unders = tuple(dict.fromkeys(word.strip() for word in args.under.split(",") if word.strip()))
    for under in unders:
        named(under)
    if not unders:
        raise UsageError("there is nothing that is done to the videos", "give --under none")
    data, examiner = _data(args), _examiner(args)
    fits = args.fit_fusion is not None
    wanted = drawn_ways(data.videos, UNDERS, args.seed) if fits else all_ways(data.videos, unders)
    with _journal(examiner, data, [under for _, under in wanted]) as journal:
        if journal.n_recalled:
            console.note(f"{journal.n_recalled} answers were given before and are not asked for again")
        try:
            answers = examiner.examine(wanted, journal, console)
        except KeyboardInterrupt:
            console.note(f"{len(journal)} of {len(wanted)} answers are kept; the same command goes on")
            raise
        code = (_fuse if fits else _measure)(args, examiner, data, answers, console)
        journal.forget()
    return code


def _data(args: EvaluateDetect) -> DataSet:
    """The videos that are asked about."""
    from prosopon.arena.detection.readers.recognise import read_data
    from prosopon.arena.detection.videos import Wanted

    split = args.split or (_FUSED_SPLIT if args.fit_fusion is not None else None)
    data = read_data(args.data, Wanted(args.compression, args.pictures)).split_off(split).limited(args.limit)
    kinds = {video.label for video in data.videos}
    if len(kinds) == 2:
        return data
    only = "fakes" if 1 in kinds else "real videos"
    note = f"there are only {only}: how often they are accused is told, and not how well they are told apart"
    return replace(data, notes=(*data.notes, note))


def _examiner(args: EvaluateDetect) -> Examiner:
    from prosopon.arena.detection.examining import Examiner
    from prosopon.arena.detection.experts import open_roster
    from prosopon.detect.judging.fusion import Fusion
    from prosopon.detect.judging.judge import Judge
    from prosopon.detect.judging.manner import Manner
    from prosopon.detect.judging.roster import Asked
    from prosopon.faces.excerpt import RUN
    from prosopon.faces.finder import open_finder

    roster = open_roster(Asked.parse(args.asked))
    if not roster.experts:
        raise UsageError("no detector can be asked", "train some: prosopon train detector NAME --arena DIR -o RUN")
    finder = open_finder(args.faces)
    run_frames = min(RUN, args.frames)
    manner = Manner(
        runs=max(1, args.frames // run_frames), run=run_frames, finder=args.faces,
        panel=not args.quick and args.fit_fusion is None,
    )  # fmt: skip
    fusion = None if args.fusion is None else Fusion.read(args.fusion)
    return Examiner(Judge(roster, manner, fusion, finder), finder, args.frames)


def _held_out(args: EvaluateDetect, examiner: Examiner) -> tuple[str, ...]:
    """Generators whose fakes none of the detectors has learnt from, of those who say so."""
    from prosopon.arena.detection.experts import held_out_by

    said = [names for expert in examiner.judge.roster.experts if (names := held_out_by(expert))]
    return args.hold_out or tuple(name for name in (said[0] if said else ()) if all(name in names for names in said))


def _journal(examiner: Examiner, data: DataSet, unders: Sequence[str]) -> Journal[Answer]:
    """What was said before in the same command, kept on disk until there is a result.

    Another command has another file, so that two may run at the same time.
    """
    from prosopon.arena.detection.answers import open_journal

    done = hashlib.sha256("\n".join(unders).encode()).hexdigest()
    about = {**examiner.about(), "data": data.sha256(), "unders": done}
    name = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:24]
    return open_journal(home() / "evaluations" / f"{name}.jsonl", about)


def _measure(args: EvaluateDetect, examiner: Examiner, data: DataSet, answers: list[Answer], console: Console) -> int:
    from prosopon.app.detection_page import write_page
    from prosopon.app.detection_tables import LIMITS, tell
    from prosopon.arena.detection import published
    from prosopon.arena.detection.evaluation import evaluated

    roster, held_out = examiner.judge.roster, _held_out(args, examiner)
    unasked = {name: why.because for name, why in roster.left_out.items()}
    found = evaluated(data, answers, held_out=held_out, unasked=unasked, seed=args.seed, progress=console)
    facts = {
        "detectors": ", ".join(expert.name for expert in roster.experts),
        "held out": ", ".join(held_out) or "nothing known",
        "fusion": examiner.judge.fused_by.data or "none was fitted: the mean of all answers",
        "faces": examiner.finder.name,
        "frames": args.frames,
        "panel of degradations": "no" if args.quick else "yes",
        "seed": args.seed,
    }
    if args.report is not None:
        write_page(args.report, found, facts)
    console.answer(
        {
            **found.as_json(),
            "experts": {expert.name: expert.as_json() for expert in roster.experts},
            "how": {**facts, "held_out": list(held_out), "fusion": examiner.judge.fused_by.as_json()},
            "published": {"note": published.NOTE, "columns": published.HEAD[1:], "frame_auc": published.FRAME_AUC},
            "limits": LIMITS,
            "report": args.report,
        }
    )
    tell(found, console)
    if args.report is not None:
        console.say(f"report: {args.report}")
    return ExitCode.FINE


def _fuse(args: EvaluateDetect, examiner: Examiner, data: DataSet, answers: list[Answer], console: Console) -> int:
    from prosopon.arena.detection.fusing import UNDERS, fit_fusion
    from prosopon.arena.detection.ratios import Table

    assert args.fit_fusion is not None  # noqa: S101 - asked by the caller
    held_out = _held_out(args, examiner)
    table = Table.of(data.videos, answers, held_out)
    without = f" without those of {', '.join(held_out)}" if held_out else ""
    about = (
        f"{len(table.labels)} clips of {len(table.everybody)} people whom no detector has learnt from: originals and "
        f"fakes{without}, each degraded by chance ({', '.join(UNDERS)})"
    )
    fitted = fit_fusion(table, about, seed=args.seed)
    _write(args.fit_fusion, fitted)
    console.answer({**fitted.as_json(), "data": data.about(), "output": args.fit_fusion})
    console.table(
        ("detector", "weight"), [(name, f"{weight:.3f}") for name, weight in fitted.fusion.weights.items()]
    )  # fmt: skip
    console.table(
        ("on people held out", "AUC", "ECE", "by chance", "Cllr"),
        [
            (name, *(f"{figures[key]:.3f}" for key in ("auc", "ece", "ece_by_chance", "cllr")))
            for name, figures in _named(fitted)
        ],
    )
    console.say(f"fitted on {about}")
    console.say(f"{args.fit_fusion}: at most {10**fitted.fusion.most_log10_lr:.0f} : 1 either way")
    return ExitCode.FINE


def _named(fitted: Fitted) -> list[tuple[str, Mapping[str, Any]]]:
    return [("the mean of all answers", fitted.figures["mean"]), ("fitted", fitted.figures["fitted"])]


def _write(path: Path, fitted: Fitted) -> None:
    from prosopon.media.outputs import replacing

    with replacing(path) as temporary:
        temporary.write_text(fitted.fusion.as_toml(), encoding="utf-8")
