"""`prosopon evaluate partswap`: measure parts that were found without labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from prosopon.app.args import Force
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, MissingError, UsageError
from prosopon.create.partswap.options import WEIGHTS
from prosopon.faces.parsing.parser import Name

if TYPE_CHECKING:
    from prosopon.arena.part_segmentation import PartScores

_WHAT_IT_IS = (
    "Landmark error: the centres of the parts are fitted to the 68 landmarks on one half of the clips by least "
    "squares; on the other half the mean absolute errors of all 136 coordinates are summed, in pixels of a picture of "
    "256 (the published protocol; less is better). Foreground and head IoU: what belongs to any part against the "
    "person's mask, and against that of the head without neck and clothes, which hardly move. Consistency IoU: the "
    "parts of a bent picture against those of the picture, bent. The baseline does not look at the picture: it is the "
    "mean landmarks, or mean mask, of the first half. The grid is as many parts that never move."
)


@dataclass(frozen=True)
class EvaluatePartswap:
    """Measure parts that were found without labels, on people that the nets have not learnt from.

    Rendered people bring exact landmarks and masks; of footage the face finder tells the landmarks, and a face parser
    the masks, which makes the foreground's figure no better than the parser.
    """

    truth: Path | None = None
    """What `prosopon studio render` wrote."""
    data: Path | None = None
    """Instead: a folder of videos, a sub-folder for each person."""
    weights: str = WEIGHTS
    """Name in `prosopon weights list`, or a path to a .safetensors."""
    every: int = 5
    """Look at every n-th frame."""
    max_clips: int | None = None
    """Stop after so many clips."""
    parser: Literal["none"] | Name = "auto"
    """With --data: who tells the person from the background; none leaves the foreground out."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """With --data: who finds the landmarks."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """Write the tables as one HTML page too."""
    force: Force = False
    """Overwrite what is there."""

    def __post_init__(self) -> None:
        if (self.data is None) == (self.truth is None):
            raise UsageError("there must be either --truth or --data", "give one of them")
        if self.every < 1:
            raise UsageError(f"every is {self.every}", "give 1 for every frame, 2 for every other")
        if self.max_clips is not None and self.max_clips < 2:
            raise UsageError(f"max-clips is {self.max_clips}", "give 2 or more")


def run(args: EvaluatePartswap, console: Console) -> int:
    """Measure and tell."""
    if args.output is not None:
        from prosopon.media.outputs import check_output

        check_output(args.output, force=args.force, inputs=[args.data, args.truth], suffixes=(".html",))

    from itertools import islice

    from prosopon.arena.part_samples import footage_samples, rendered_samples
    from prosopon.arena.part_segmentation import measure_parts
    from prosopon.arena.reconstruction import find_clips
    from prosopon.create.partswap.technique import PartSwap
    from prosopon.faces.finder import open_finder
    from prosopon.faces.parsing.parser import open_parser
    from prosopon.models.device import pick_device

    model = PartSwap.from_weights(args.weights)
    model.checked((0,))
    model.to(pick_device(args.device))
    facts: dict[str, object] = {"weights": model.weights_name, "weights_sha256": model.weights_sha256}
    if args.truth is not None:
        samples = rendered_samples(args.truth, every=args.every, progress=console)
        facts |= {"landmarks": "exact", "masks": "exact"}
    else:
        assert args.data is not None  # noqa: S101 - checked when the words were read
        finder = open_finder(args.faces)
        parser = None if args.parser == "none" else open_parser(args.parser)
        samples = footage_samples(
            find_clips(args.data), finder, parser=parser, every=args.every, progress=console
        )  # fmt: skip
        facts |= {"landmarks": finder.name, "masks": None if parser is None else parser.name}
    try:
        scores = measure_parts(islice(samples, args.max_clips), model.segments_of)
    except ValueError as error:
        raise MissingError(str(error), "give a folder with more clips that show a face") from None
    console.answer({**facts, "every": args.every, **scores.as_json(), "report": args.output})
    console.table(("", "parts", "baseline", "fixed grid"), _rows(scores))
    console.say(f"{len(scores.clips)} clips: fitted on {scores.fitted} frames, tested on {scores.tested}")
    if args.output is not None:
        from prosopon.app.report import Report

        page = Report(f"Parts of {model.weights_name}", _WHAT_IT_IS)
        page.facts({name: value for name, value in facts.items() if value is not None})
        page.table(("", "parts", "baseline", "fixed grid"), _rows(scores))
        page.section("Share of the picture")
        page.table(("part", "share"), [(number, f"{share:.3f}") for number, share in enumerate(scores.shares)])
        page.write(args.output)
        console.say(f"report: {args.output}")
    return ExitCode.FINE


def _rows(scores: PartScores) -> list[tuple[str, ...]]:
    from prosopon.arena.part_segmentation import described

    def told(value: float | None) -> str:
        return "-" if value is None else f"{value:.4g}"

    return [(name, told(one.value), told(one.baseline), told(one.grid)) for name, one in described(scores).items()]
