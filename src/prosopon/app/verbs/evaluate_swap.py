"""`prosopon evaluate swap`: measure trained face swaps on clips that they have not learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from prosopon.app.args import Flag, Force
from prosopon.app.console import Console
from prosopon.app.report import check_report
from prosopon.core.errors import ExitCode, UsageError
from prosopon.create.swap.merge.settings import MergeSettings
from prosopon.faces.parsing.parser import Name

if TYPE_CHECKING:
    from prosopon.app.swap_snapshots import Snapshot
    from prosopon.arena.swap_contest import Contestant, Ground, Standing
    from prosopon.faces.finder import FaceFinder
    from prosopon.faces.parsing.parser import FaceParser

_SHOWN = (
    "identity", "identity_source", "nearer_source", "detail", "expression", "pose_deg", "lips", "flicker", "change",
    "found", "outside_equal",
)  # fmt: skip
"""What the table on the console has room for."""


@dataclass(frozen=True)
class EvaluateSwap:
    """Measure trained face swaps on clips of the target that they have not learnt from.

    Whose face it is taken for, whether it does what the target did, whether it flickers, and whether anything else was
    changed; beside the untouched target, and a picture of the source bent onto the target's landmarks. With --truth
    against the exact answer. Of several snapshots of a training the report draws how they get better.
    """

    source: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """Folder with faces of the person whose face is wanted, made by prosopon faces."""
    model: Annotated[tuple[str, ...], tyro.conf.arg(aliases=["-m"], metavar="RUN")] = ()
    """Run folders, or weights by name or path; none measures what needs no learning."""
    target: Annotated[tuple[Path, ...], tyro.conf.arg(aliases=["-t"], metavar="FILES")] = ()
    """Clips of the target."""
    truth: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIRS")] = ()
    """What prosopon studio render --same-motion wrote: rendered people, the source and the target among them."""
    as_people: Annotated[tuple[int, int], tyro.conf.arg(name="as", metavar="SOURCE TARGET")] = (0, 1)
    """With --truth: the numbers of the source and the target."""
    backups: Flag = False
    """Measure the backups too that training has kept in the run folders."""
    settings: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """A TOML file that says how faces are put in, as for prosopon swap."""
    parser: Name = "auto"
    """Who says what is before a face, for masks that ask for it."""
    every: int = 1
    """Look at every n-th frame; all are swapped."""
    size: int = 128
    """Side of the crops that are compared with the exact answer, in pixels."""
    faces: Literal["auto", "mediapipe", "builtin"] = "auto"
    """Who finds faces."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the nets: auto takes bf16 where the machine has units for it."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1 ..."""
    report: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="DIR")] = None
    """Write a page with tables, curves and pictures into this folder."""
    force: Force = False
    """Overwrite an earlier report."""

    def __post_init__(self) -> None:
        if not self.target and not self.truth:
            raise UsageError("there is nothing to swap", "give --target CLIP, or --truth DIR")
        if self.every < 1:
            raise UsageError(f"every is {self.every}", "give 1 for every frame, 2 for every other")
        if not 32 <= self.size <= 1024:
            raise UsageError(f"size is {self.size}", "give 32 to 1024 pixels")
        for kind, files in (("target", self.target), ("truth", self.truth)):
            if len({path.name for path in files}) < len(files):
                raise UsageError(f"two of --{kind} have the same name", "rename one of them")


def run(args: EvaluateSwap, console: Console) -> int:
    """Measure and tell."""
    check_report(args.report, force=args.force)
    settings = MergeSettings() if args.settings is None else MergeSettings.from_toml(args.settings)

    from prosopon.app.swap_snapshots import snapshots
    from prosopon.arena.swap_contest import contest
    from prosopon.create.swap.merge.masks import needs
    from prosopon.faces.finder import open_finder
    from prosopon.faces.parsing.parser import open_parser

    taken = snapshots(args.model, backups=args.backups)
    asks_parser = {"parsed", "parsed_predicted"} & set(needs(settings.mask))
    parser = open_parser(args.parser) if asks_parser and taken else None
    finder = open_finder(args.faces)
    ground = _ground(args, finder, console)
    standings = contest(ground, [_contestant(one, args, settings, parser, console) for one in taken], progress=console)
    facts = {
        "source": str(args.source),
        "faces": finder.name,
        "every": args.every,
        "the target is known by": "the other clips" if len(ground.clips) > 1 else "the clip itself",
        "settings": "the defaults" if args.settings is None else str(args.settings),
    }
    if args.report is not None:
        from prosopon.app.swap_page import write_page

        args.report.mkdir(parents=True, exist_ok=True)
        write_page(args.report, standings, taken, facts, progress=console)
    console.answer(
        {
            **facts,
            "swaps": {one.name: one.as_json() for one in standings},
            "report": None if args.report is None else args.report / "index.html",
        }
    )
    _tell(standings, console)
    if args.report is not None:
        console.say(f"report: {args.report / 'index.html'}")
    return ExitCode.FINE


def _ground(args: EvaluateSwap, finder: FaceFinder, console: Console) -> Ground:
    from prosopon.arena.swap_contest import ground_of
    from prosopon.arena.swap_people import footage
    from prosopon.arena.swap_truth import exact_pair
    from prosopon.datasets.face_set import face_store
    from prosopon.faces.reader.reader import FaceReader

    store = face_store(args.source, progress=console)
    pairs = [exact_pair(folder, *args.as_people) for folder in args.truth]
    clips = [footage(path, finder, progress=console) for path in args.target]
    films = [(pair, footage(pair.target.clip, finder, progress=console)) for pair in pairs]
    return ground_of(store, clips, films, finder, FaceReader.open(), every=args.every, side_px=args.size)


def _contestant(
    one: Snapshot, args: EvaluateSwap, settings: MergeSettings, parser: FaceParser | None, console: Console
) -> Contestant:
    from prosopon.arena.swap_contest import Contestant
    from prosopon.arena.swap_quality import Swap
    from prosopon.core.clip import Clip
    from prosopon.core.faces import Tracks
    from prosopon.create.swap.options import SwapOptions
    from prosopon.create.swap.technique import FaceSwap
    from prosopon.models.device import pick_device, pick_precision

    device = pick_device(args.device)
    precision = pick_precision(args.precision, device)
    if one.perceptual:
        console.note(f"{one.name} has learnt from features of faces: whose face it is taken for may flatter it")

    def opened() -> Swap:
        model = FaceSwap.from_weights(one.entry.path).to(device)

        def swap(clip: Clip, tracks: Tracks) -> Clip:
            return model.create(
                {"target": tracks}, target=clip, options=SwapOptions(settings), precision=precision, parser=parser,
                progress=console,
            )  # fmt: skip

        return swap

    return Contestant(one.name, opened, one.entry.card.get("face_type", "full"), one.facts())


def _tell(standings: Sequence[Standing], console: Console) -> None:
    from prosopon.app.swap_page import rows
    from prosopon.arena.swap_figures import FIGURES
    from prosopon.arena.swap_truth import EXACT

    tables: list[tuple[tuple[str, ...], Any]] = [(_SHOWN, FIGURES), (tuple(EXACT), EXACT)]
    for names, titles in tables:
        head, table = rows(standings, names, titles)
        if table:
            console.table(head, table)
    still = next((one.mean["expression_still"] for one in standings if "expression_still" in one.mean), None)
    if still is not None:
        console.say(f"expression of a face that does not move: {still:.3f}")
