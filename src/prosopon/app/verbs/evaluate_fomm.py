"""`prosopon evaluate fomm`: measure a trained First Order Motion Model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from prosopon.app.args import Force
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError
from prosopon.create.fomm.options import WEIGHTS, Motion, MotionOptions

if TYPE_CHECKING:
    from prosopon.arena.reconstruction import Reconstruction
    from prosopon.arena.tally import Measure, Tally

_FPS = 25
"""Frames a second that the studio renders, which steadying is told."""
_TITLES = {
    "l1": "L1",
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "akd": "AKD (px)",
    "akd_eyes": "AKD eyes",
    "akd_mouth": "AKD mouth",
    "mkr": "MKR",
    "jitter": "jitter (px)",
    "lids": "lids followed",
    "lips": "lips followed",
    "identity": "identity kept",
}
_WHAT_THE_NUMBERS_ARE = (
    "Beside each number stands that of copying the source; a ratio of 1 is no better than not moving. Of PSNR, "
    "SSIM and identity more is better, of errors less. AKD: mean difference of 68 landmarks' coordinates in pixels of "
    "a picture of 256; MKR: share of frames whose face is not found again. Lids and lips followed: how much of the "
    "true opening and closing is seen, best at 1; a copy has 0. Jitter: how far the landmarks' accelerations are from "
    "the true ones. "
    "Identity: cosine of embeddings with those of the true frames; a copy shows the right person by definition."
)
_WHAT_IT_IS = (
    "Every video is rebuilt from its first frame with its own motion and compared with itself. " + _WHAT_THE_NUMBERS_ARE
)
_WHAT_THE_TRUTH_IS = (
    "Each rendered person's first frame is moved like another person's film and compared with their own film of the "
    "same performance: the exact answer. "
)


@dataclass(frozen=True)
class EvaluateFomm:
    """Measure a model as its paper does, rebuilding videos from their first frame, or against the exact answer.

    With --faces none the middle of the pictures is compared and the keypoint distances are left out.
    """

    data: Path | None = None
    """Folder of videos that the model has not learnt from, a sub-folder for each person."""
    truth: Path | None = None
    """Instead: what `prosopon studio render --same-motion` wrote. Each person is moved like another, and compared with
    their own film of the same performance."""
    weights: str = WEIGHTS
    """Name in `prosopon weights list`, or a path to a .safetensors."""
    motion: Motion = "auto"
    """With --truth: how motion is carried over, as for prosopon animate."""
    steady_ms: float = MotionOptions.steady_ms
    """With --truth: how strongly it is kept from trembling, as for prosopon animate."""
    every: int = 1
    """Look at every n-th frame."""
    max_clips: int | None = None
    """Stop after so many videos."""
    size: int = 256
    """Side of the pictures that are compared, in pixels."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the nets: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    faces: Literal["auto", "mediapipe", "builtin", "none"] = "auto"
    """Who finds faces."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """Write the tables as one HTML page too."""
    force: Force = False
    """Overwrite what is there."""

    def __post_init__(self) -> None:
        if (self.data is None) == (self.truth is None):
            raise UsageError("there must be either --data or --truth", "give one of them")
        if self.every < 1:
            raise UsageError(f"every is {self.every}", "give 1 for every frame, 2 for every other")
        if self.max_clips is not None and self.max_clips < 1:
            raise UsageError(f"max-clips is {self.max_clips}", "give 1 or more")
        if not 32 <= self.size <= 1024:
            raise UsageError(f"size is {self.size}", "give 32 to 1024 pixels")


def run(args: EvaluateFomm, console: Console) -> int:
    """Measure and tell."""
    if args.output is not None:
        from prosopon.media.outputs import check_output

        check_output(args.output, force=args.force, inputs=[args.data, args.truth], suffixes=(".html",))

    from prosopon.arena.cross_identity import measure_truth
    from prosopon.arena.reconstruction import find_clips, measure
    from prosopon.create.fomm.carrying import carried_as
    from prosopon.create.fomm.reconstruct import Reconstructor
    from prosopon.create.fomm.technique import FirstOrderMotion
    from prosopon.faces.finder import open_finder
    from prosopon.faces.reader.reader import FaceReader
    from prosopon.models.catalogue import READER, catalogue
    from prosopon.models.device import pick_device, pick_precision

    files = {} if args.data is None else find_clips(args.data)
    device = pick_device(args.device)
    precision = pick_precision(args.precision, device)
    model = FirstOrderMotion.from_weights(args.weights)
    model.to(device)
    finder = None if args.faces == "none" else open_finder(args.faces)
    if finder is None:
        console.note("without a face finder the middle of the picture is compared, and no keypoint distances")
    embedder = FaceReader.open() if finder is not None and READER in catalogue() else None
    reconstruct = Reconstructor(
        model.animator(precision),
        net_size_px=model.config.size_px,
        any_size=model.config.generator.head == "blend",
        relative=args.truth is not None,
        finder=finder,
        options=MotionOptions(motion=args.motion, steady_ms=args.steady_ms),
        fps=_FPS / args.every,
    )
    if args.truth is not None:
        result = measure_truth(
            args.truth, reconstruct, finder, embedder=embedder, size_px=args.size, every=args.every,
            max_pairs=args.max_clips, progress=console,
        )  # fmt: skip
    else:
        result = measure(
            files, reconstruct, finder, embedder=embedder, size_px=args.size, every=args.every,
            max_clips=args.max_clips, progress=console,
        )  # fmt: skip
    facts = {
        "weights": model.weights_name,
        "weights_sha256": model.weights_sha256,
        "precision": str(precision).removeprefix("torch."),
        "device": str(device),
        "motion": "absolute" if args.truth is None else carried_as(args.motion, model.config.landmark_groups),
    }
    console.answer({**facts, **result.as_json(), "report": args.output})
    _tell(result, console)
    if args.output is not None:
        _write_page(result, facts, args)
        console.say(f"report: {args.output}")
    return ExitCode.FINE


def _tell(result: Reconstruction, console: Console) -> None:
    head = ("metric", "model", "copied source", "ratio")
    console.table(head, [_row(name, measure) for name, measure in result.total.measures().items()])
    total = result.total
    console.say(f"{total.n_clips} clips, {total.n_frames} frames, {len(result.skipped)} skipped")


def _row(name: str, measure: Measure) -> tuple[str, ...]:
    shown = ("-" if value is None else f"{value:.4f}" for value in (measure.value, measure.copy, measure.ratio))
    return (_TITLES[name], *shown)


def _write_page(result: Reconstruction, facts: dict[str, str | None], args: EvaluateFomm) -> None:
    from prosopon.app.report import Report

    assert args.output is not None  # noqa: S101 - the caller has checked
    what = _WHAT_IT_IS if args.truth is None else f"{_WHAT_THE_TRUTH_IS}{_WHAT_THE_NUMBERS_ARE}"
    page = Report(f"{'Reconstruction' if args.truth is None else 'Animation'} with {facts['weights']}", what)
    page.facts({**facts, "faces": result.back_end or "none", "size (px)": result.size_px, "every": result.every})
    page.section("All clips")
    page.table(("metric", "model", "copied source", "ratio"), [_row(n, m) for n, m in result.total.measures().items()])
    for heading, tallies in (("People", result.people), ("Clips", result.clips)):
        page.section(heading)
        page.table(("", "frames", *_TITLES.values()), [_summary(name, tally) for name, tally in tallies.items()])
    if result.skipped:
        page.section("Skipped")
        page.table(("file", "why"), [*result.skipped.items()])
    page.write(args.output)


def _summary(name: str, tally: Tally) -> tuple[object, ...]:
    """One line: every metric with the copied source's in brackets."""

    def cell(measure: Measure) -> str:
        if measure.value is None:
            return "-"
        return f"{measure.value:.4f}" if measure.copy is None else f"{measure.value:.4f} ({measure.copy:.4f})"

    return (name, tally.n_frames, *(cell(measure) for measure in tally.measures().values()))
