"""`prosopon evaluate reader`: measure the face reader on people whom it has not learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from prosopon.app.args import Force
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError
from prosopon.models.catalogue import READER

if TYPE_CHECKING:
    from prosopon.arena.face_reading import RenderedScores
    from prosopon.arena.verification import Verification

_PICTURES = 8
_WHAT_IT_IS = (
    "Rendered people bring the truth about parts, pose and expression; who is who is asked of rendered and, with "
    "--people, of real people. IoU: intersection over union. AUC: the chance that two pictures of one person are more "
    "alike than two of different people (guessing: 0.5); EER: the share of wrong answers where both kinds of error are "
    "as frequent. Pictures of one file are never paired."
)


@dataclass(frozen=True)
class EvaluateReader:
    """Measure the face reader: parts, pose and expression of rendered people, and who is who among real people."""

    people: tuple[Path, ...] = ()
    """Folders with pictures and videos of real people whom it has not learnt from, a sub-folder for each."""
    weights: str = READER
    """Name in `prosopon weights list`, or a path to a .safetensors."""
    rendered_people: int = 24
    """Measure on so many rendered people, whom no training has seen; 0 for none."""
    facekit: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """And on as many with faces of the ICT Face Model Light."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds the faces of real people."""
    frames: int = 6
    """Look at so many frames of each video."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """Write the tables as one HTML page too."""
    force: Force = False
    """Overwrite what is there."""

    def __post_init__(self) -> None:
        if self.rendered_people < 0 or self.frames < 1:
            raise UsageError("rendered-people is not negative, frames at least 1", "correct it")
        if not self.people and not self.rendered_people:
            raise UsageError("there is nothing to measure on", "give --people or --rendered-people")


def run(args: EvaluateReader, console: Console) -> int:
    """Measure and tell."""
    if args.output is not None:
        from prosopon.media.outputs import check_output

        check_output(args.output, force=args.force, inputs=[*args.people], suffixes=(".html",))
    from prosopon.app.report import Report
    from prosopon.arena.face_reading import measure_people, measure_rendered
    from prosopon.datasets.rendered_reader import RenderedReading, rendered_reading
    from prosopon.faces.finder import open_finder
    from prosopon.faces.reader.reader import FaceReader

    reader = FaceReader.open(args.weights)
    tables: dict[str, tuple[Sequence[str], list[Sequence[object]]]] = {}
    answers: dict[str, Any] = {"weights": args.weights}
    if args.rendered_people:
        kits = [None] if args.facekit is None else [None, args.facekit]
        wanted = [RenderedReading(args.rendered_people, _PICTURES, facekit=kit, held_out=True) for kit in kits]
        scores = measure_rendered(reader, [rendered_reading(one, progress=console) for one in wanted], progress=console)
        tables |= _rendered_tables(scores)
        answers["rendered"] = {**asdict(scores), "mean_iou": scores.mean_iou}
    if args.people:
        try:
            verdicts, people, pictures = measure_people(
                reader, args.people, open_finder(args.faces), frames=args.frames, progress=console
            )
        except ValueError as error:
            raise UsageError(
                f"there is nobody to compare: {error}", "give a sub-folder for each person, with two files or more"
            ) from error
        tables[f"Who is who: {people} real people, {pictures} pictures"] = _verdicts(verdicts)
        answers["people"] = {
            "people": people, "pictures": pictures, "likenesses": {k: asdict(v) for k, v in verdicts.items()},
        }  # fmt: skip
    console.answer({**answers, "report": args.output})
    for title, (columns, lines) in tables.items():
        console.say(title)
        console.table(columns, lines)
    if args.output is not None:
        report = Report("Face reader", _WHAT_IT_IS)
        for title, (columns, lines) in tables.items():
            report.section(title)
            report.table(columns, lines)
        report.write(args.output)
        console.say(f"report: {args.output}")
    return ExitCode.FINE


def _rendered_tables(scores: RenderedScores) -> dict[str, tuple[Sequence[str], list[Sequence[object]]]]:
    parts: list[Sequence[object]] = [
        (one.part.name.lower(), f"{one.iou:.3f}", "-" if one.by_landmarks is None else f"{one.by_landmarks:.3f}")
        for one in scores.parts
    ]
    parts.append(("mean", f"{scores.mean_iou:.3f}", "-"))
    turn: list[Sequence[object]] = [
        (name, f"{scores.pose_deg[i]:.2f}", f"{scores.pose_by_landmarks_deg[i]:.2f}")
        for i, name in enumerate(("yaw", "pitch"))
    ]
    state: list[Sequence[object]] = [
        (name, f"{wrong:.3f}", f"{spread:.3f}") for name, (wrong, spread) in scores.expression.items()
    ]
    return {
        f"Parts of rendered faces, {scores.pictures} pictures": (("part", "IoU", "by true landmarks alone"), parts),
        "Pose: mean error in degrees": (("angle", "reader", "by true landmarks"), turn),
        "Expression: mean error": (("coefficient", "reader", "always the mean"), state),
        "Who is who: rendered people in other hair, clothes and light": _verdicts(scores.people),
    }


def _verdicts(verdicts: Mapping[str, Verification]) -> tuple[Sequence[str], list[Sequence[object]]]:
    lines: list[Sequence[object]] = [
        (name, f"{one.auc:.3f}", f"{one.eer:.3f}", f"{one.threshold:.2f}", f"{one.same} / {one.different}")
        for name, one in verdicts.items()
    ]
    return ("likeness", "AUC", "EER", "at cosine", "pairs same / different"), lines
