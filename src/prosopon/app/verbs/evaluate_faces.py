"""`prosopon evaluate faces`: measure one face finder against another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from prosopon.app.args import Flag, Force, Inputs
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, MediaError, MissingError, UsageError

if TYPE_CHECKING:
    from prosopon.core.clip import Frame
    from prosopon.core.faces import Face
    from prosopon.faces.comparison import Met, Tally
    from prosopon.faces.finder import FaceFinder

_SUFFIXES = (".html",)
_WHAT_IT_IS = (
    "Truth is what the other finder finds in the clear pictures. Errors are mean distances of 68 landmarks in units of "
    "the distance of the outer corners of the eyes. Baseline: the mean face laid into the box that was found. "
    "Trials spoil a picture in one way; the truth stays that of the clear picture. Frontal: yaw up to 20 degrees."
)
_YAWS = ((0.0, 10.0), (10.0, 20.0), (20.0, 40.0), (40.0, 90.0))


@dataclass(frozen=True)
class EvaluateFaces:
    """Measure a face finder against another: found, missed and false faces, errors of landmarks and pose.

    Pictures and frames as they are first, then some of them rotated, blurred, dark, hidden in part, and so on.
    """

    data: Inputs
    """Pictures, videos and folders of them; people that neither finder has learnt from."""
    finder: Literal["builtin", "mediapipe"] = "builtin"
    """Who is measured."""
    against: Literal["builtin", "mediapipe"] = "mediapipe"
    """Who is right."""
    weights: str = "faces.builtin"
    """Weights of the built-in finder that is measured: a name, or a path to a .safetensors."""
    every: int = 10
    """Look at every n-th frame of videos."""
    without_faces: tuple[Path, ...] = ()
    """Folders of pictures that show nobody; all that is found there is false."""
    trials: int = 24
    """Spoil so many of the pictures, in every way; 0 for none."""
    both: Flag = False
    """Put the finder that is right to the trials as well, for comparison."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """Write the tables as one HTML page too, with maps of where it fails."""
    force: Force = False
    """Overwrite what is there."""

    def __post_init__(self) -> None:
        if self.every < 1:
            raise UsageError(f"every is {self.every}", "give 1 for every frame, 2 for every other")
        if self.trials < 0:
            raise UsageError(f"trials is {self.trials}", "give 0 for none, or a number of pictures")
        if not self.data and not self.without_faces:
            raise UsageError("there is nothing to measure on", "name pictures, videos or folders of them")


def run(args: EvaluateFaces, console: Console) -> int:
    """Measure and tell."""
    if args.output is not None:
        from prosopon.media.outputs import check_output

        check_output(args.output, force=args.force, inputs=[*args.data], suffixes=_SUFFIXES)
    from prosopon.app.error_maps import landmark_map, turn_map
    from prosopon.app.report import Report
    from prosopon.faces.comparison import Tally, compare
    from prosopon.faces.finder import open_finder

    finder, right = _finder(args), open_finder(args.against)
    clear, chosen = Tally(), _Sample(args.trials)
    console.start("comparing", None)
    for frame in _frames(args.data, args.every, console):
        truth = right.find(frame)
        clear.add(compare(finder, frame, truth))
        if len(truth) == 1 and truth[0].landmarks is not None:
            chosen.offer(frame, truth[0])
        console.advance()
    empty = Tally()
    for frame in _frames(args.without_faces, args.every, console):
        empty.add(compare(finder, frame, []))

    tables: dict[str, tuple[Sequence[str], list[Sequence[object]]]] = {
        "Pictures as they are": (_HEAD, [_row("all", clear), _row("frontal", clear.frontal()), *_yaw_rows(clear)])
    }
    if empty.pictures:
        tables["Pictures without faces"] = (
            ("pictures", "false", "a picture", "surest"),
            [
                (
                    empty.pictures,
                    len(empty.false),
                    f"{empty.false_a_picture:.3f}",
                    _number(max(empty.false, default=None)),
                )
            ],
        )
    answers: dict[str, Any] = {"clear": _facts(clear), "empty": _facts(empty)}
    met: list[Met] = [*clear.met]
    if chosen.held:
        columns, lines, spoilt = _trials(args, finder, right, chosen.held, console)
        tables["Trials"] = (columns, lines)
        answers |= {name: facts for name, (_, facts) in spoilt.items()}
        met += [one for tally, _ in spoilt.values() for one in tally.met]
    console.answer({"finder": finder.name, "against": right.name, **answers})
    for title, (columns, lines) in tables.items():
        console.say(title)
        console.table(columns, lines)
    if args.output is not None:
        report = Report(f"{finder.name} against {right.name}", _WHAT_IT_IS)
        for title, (columns, lines) in tables.items():
            report.section(title)
            report.table(columns, lines)
        report.section(
            "Where it errs", "Mean errors of all pictures above: of each landmark, and by turns of the head."
        )
        report.svg(landmark_map(met), turn_map(met))
        report.write(args.output)
        console.say(f"{args.output}")
    return ExitCode.FINE


def _finder(args: EvaluateFaces) -> FaceFinder:
    from prosopon.faces.finder import open_finder

    if args.finder != "builtin":
        return open_finder(args.finder)
    from prosopon.faces.builtin.finder import BuiltinFinder

    return BuiltinFinder.open(args.weights)


def _trials(
    args: EvaluateFaces, finder: FaceFinder, right: FaceFinder, held: Sequence[tuple[Frame, Face]], console: Console
) -> tuple[Sequence[str], list[Sequence[object]], dict[str, tuple[Tally, dict[str, Any]]]]:
    """Head and rows of the table of trials, and by trial what came of it."""
    import numpy as np

    from prosopon.faces.comparison import Tally, compare
    from prosopon.faces.trials import trials

    rows: list[Sequence[object]] = []
    outcome: dict[str, tuple[Tally, dict[str, Any]]] = {}
    console.start("trials", len(trials()))
    for trial in trials():
        tally, other = Tally(), Tally()
        for number, (frame, clear_face) in enumerate(held):
            spoilt, face = trial.spoil(frame, clear_face, np.random.default_rng([7, number]))
            tally.add(compare(finder, spoilt, [face]))
            if args.both:
                other.add(compare(right, spoilt, [face]))
        name = f"{trial.kind} {trial.level}"
        rows.append((*_row(name, tally), *_row("", other)[2:4]) if args.both else _row(name, tally))
        outcome[name] = tally, _facts(tally) | ({"against": _facts(other)} if args.both else {})
        console.advance()
    head = (*_HEAD, *(f"{args.against} {title}" for title in _HEAD[2:4])) if args.both else _HEAD
    return head, rows, outcome


class _Sample:
    """Some of many pictures, evenly spread, without ever holding more than twice as many."""

    def __init__(self, most: int) -> None:
        self._most, self._step, self._n = most, 1, 0
        self._held: list[tuple[Frame, Face]] = []

    def offer(self, frame: Frame, face: Face) -> None:
        """Take a picture, or pass it over."""
        if self._most and self._n % self._step == 0:
            self._held.append((frame, face))
            if len(self._held) > 2 * self._most:
                self._held, self._step = self._held[::2], 2 * self._step
        self._n += 1

    @property
    def held(self) -> list[tuple[Frame, Face]]:
        """The pictures."""
        surplus = max(1, -(-len(self._held) // max(1, self._most)))
        return self._held[::surplus]


def _frames(places: Sequence[Path], every: int, console: Console) -> Iterator[Frame]:
    from prosopon.media.read import read
    from prosopon.media.search import find_media

    for place in places:
        if not place.exists():
            raise MissingError(f"there is no {place}", "give pictures, videos or folders of them")
        paths = [file.path for file in find_media([place])] if place.is_dir() else [place]
        for path in paths:
            try:
                yield from (frame for index, frame in enumerate(read(path).frames()) if index % every == 0)
            except MediaError as error:
                console.note(f"{path.name} is left out: {error.what}")


_HEAD = (
    "", "faces", "found %", "error %", "median %", "90 % below", "baseline %", "false a picture", "yaw off",
    "pitch off", "roll off", "confidence", "ms",
)  # fmt: skip


def _row(name: str, tally: Tally) -> tuple[object, ...]:
    facts = _facts(tally)
    numbers = ("found", "nme", "nme_median", "nme_90")
    off = facts["pose_off_deg"]
    return (
        name,
        facts["faces"],
        *(_number(facts[key], 100) for key in (*numbers, "baseline")),
        f"{facts['false_a_picture']:.3f}",
        *(_number(angle) for angle in off),
        _number(facts["confidence"]),
        _number(facts["ms"]),
    )


def _yaw_rows(tally: Tally) -> list[tuple[object, ...]]:
    from prosopon.faces.comparison import Tally

    rows = []
    for low, high in _YAWS:
        part = Tally([one for one in tally.met if low <= abs(one.yaw) < high])
        if part.met:
            rows.append(_row(f"yaw {low:.0f} to {high:.0f}", part))
    return rows


def _facts(tally: Tally) -> dict[str, Any]:
    confidences = [one.confidence for one in tally.met]
    return {
        "pictures": tally.pictures,
        "faces": tally.faces,
        "found": _known(tally.found),
        "false": len(tally.false),
        "false_a_picture": tally.false_a_picture,
        "nme": _known(tally.nme()),
        "nme_median": _known(tally.nme(0.5)),
        "nme_90": _known(tally.nme(0.9)),
        "baseline": _known(tally.baseline()),
        "pose_off_deg": [_known(angle) for angle in tally.pose_off()],
        "confidence": sum(confidences) / len(confidences) if confidences else None,
        "ms": tally.ms,
    }


def _known(value: float) -> float | None:
    """JSON has no nan."""
    return None if math.isnan(value) else value


def _number(value: float | None, times: float = 1.0) -> str:
    return "-" if value is None else f"{value * times:.2f}"
