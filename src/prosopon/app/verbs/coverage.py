"""`prosopon coverage`: whether one person's faces show the poses and expressions that another one's need."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from numpy.typing import NDArray
from PIL import Image

from prosopon.app.args import Force
from prosopon.app.console import Console
from prosopon.app.faces_marks import picture_as_parent, writers_for
from prosopon.app.faces_options import ALIGNMENT
from prosopon.app.report import Report
from prosopon.core.clip import Frame
from prosopon.core.errors import ExitCode, FileExistsAlready, MissingError, UsageError
from prosopon.faces.alignment import Aligned, read_alignment
from prosopon.faces.coverage import AXES, Coverage, Described, cover, described, worst
from prosopon.faces.coverage_chart import coverage_chart
from prosopon.faces.crops import plain_png
from prosopon.faces.gaps import Gap, combinations, extremes
from prosopon.faces.sheet import contact_sheet
from prosopon.media.outputs import replacing

_NUMBERS, _CHART, _SHEET = "coverage.json", "coverage.png", "gaps.png"
_ON_SHEET = 16
_SHEET_PX = 128


@dataclass(frozen=True)
class CoverageOf:
    """Do a source's faces show the poses and expressions of a target's? Told before training a face swap, not after.

    Both are folders that prosopon faces made, of one person each. With -o a folder is made: a page, maps of pose and
    expression, and the target's faces that the source has nothing like, each beside its nearest one.
    """

    source: Annotated[Path, tyro.conf.Positional]
    """Folder of the faces that are learnt from: whose face is put on."""
    target: Annotated[Path, tyro.conf.Positional]
    """Folder of the faces that are replaced."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """Folder that is made; without it nothing is written."""
    force: Force = False
    """Replace a folder that this verb made before."""


def run(args: CoverageOf, console: Console) -> int:
    """Compare, tell, write the folder."""
    _check(args)
    source, target = _faces(args.source), _faces(args.target)
    console.start("comparing", None)
    coverage = cover(source, target)
    gaps = [*extremes(coverage), *combinations(coverage)]
    answer = _answer(args, coverage, gaps)
    if args.output is not None:
        _write(args, args.output, coverage, gaps, answer)
    console.answer(answer)
    console.say(_verdict(coverage))
    console.table(_HEAD, _rows(coverage))
    for gap in gaps:
        console.say(f"- {gap.words}")
    console.say(
        "nothing was written; give -o FOLDER for a page" if args.output is None else f"{args.output / 'index.html'}"
    )
    return ExitCode.FINE


def _check(args: CoverageOf) -> None:
    for folder in (args.source, args.target):
        if not (folder / ALIGNMENT).is_file():
            raise MissingError(f"{folder} has no {ALIGNMENT}", f"make it with: prosopon faces FILE -o {folder}")
    output = args.output
    if output is None or not (output.exists() or output.is_symlink()):
        return
    if not args.force:
        raise FileExistsAlready(f"{output} exists already", "choose another name, or replace it with --force")
    if not output.is_dir() or (any(output.iterdir()) and not (output / _NUMBERS).is_file()):
        raise UsageError(f"{output} was not made by this verb", "choose another folder")


def _faces(folder: Path) -> Described:
    return described(read_alignment(folder / ALIGNMENT).faces)


def _verdict(coverage: Coverage) -> str:
    share = float(coverage.far.mean())
    if share == 0:
        return "every frame of the target has a near neighbour among the source's faces"
    shown = "less than 0.1" if share < 0.001 else f"{100 * share:.1f}"
    return f"{shown} % of the target's frames have no near neighbour among the source's faces"


_HEAD = ("", "faces", "distance: median", "95 % within", "largest", "without a near neighbour")


def _rows(coverage: Coverage) -> list[tuple[object, ...]]:
    return [
        ("target to source", *_spread(coverage.distances, coverage.near)),
        ("source's halves to each other (baseline)", *_spread(coverage.own, coverage.near)),
    ]


def _spread(distances: NDArray[np.float64], near: float) -> tuple[object, ...]:
    median, most = np.quantile(distances, (0.5, 0.95))
    far = f"{100 * float((distances > near).mean()):.1f} %"
    return len(distances), f"{median:.2f}", f"{most:.2f}", f"{distances.max():.2f}", far


def _answer(args: CoverageOf, coverage: Coverage, gaps: Sequence[Gap]) -> dict[str, Any]:
    return {
        "source": args.source,
        "target": args.target,
        "output": args.output,
        "faces": {"source": len(coverage.source.faces), "target": len(coverage.target.faces)},
        "unknown": {"source": coverage.source.n_unknown, "target": coverage.target.n_unknown},
        "near": coverage.near,
        "far_share": float(coverage.far.mean()),
        "distance": _quantiles(coverage.distances),
        "baseline": _quantiles(coverage.own),
        "ranges": {name: _ranges(coverage, axis) for axis, name in enumerate(AXES)},
        "gaps": [asdict(gap) for gap in gaps],
    }


def _quantiles(distances: NDArray[np.float64]) -> dict[str, float]:
    median, most, largest = np.quantile(distances, (0.5, 0.95, 1.0)).tolist()
    return {"median": median, "q95": most, "largest": largest}


def _ranges(coverage: Coverage, axis: int) -> dict[str, list[float]]:
    return {
        name: [float(one.values[:, axis].min()), float(one.values[:, axis].max())]
        for name, one in (("source", coverage.source), ("target", coverage.target))
    }


def _write(args: CoverageOf, output: Path, coverage: Coverage, gaps: Sequence[Gap], answer: dict[str, Any]) -> None:
    with replacing(output) as folder:
        folder.mkdir()
        plain_png(coverage_chart(coverage), folder / _CHART)
        has_sheet = _sheet(args, coverage, folder / _SHEET)
        plain = {key: str(value) if isinstance(value, Path) else value for key, value in answer.items()}
        (folder / _NUMBERS).write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
        _page(args, coverage, gaps, folder, has_sheet=has_sheet).write(folder / "index.html")


def _sheet(args: CoverageOf, coverage: Coverage, path: Path) -> bool:
    """The worst faces of the target, each beside its nearest of the source; False where there are no pictures."""
    shown: list[tuple[Path, str]] = []
    for index in worst(coverage, _ON_SHEET):
        pairs = (
            (args.target, coverage.target, index, f"{coverage.distances[index]:.1f}: "),
            (args.source, coverage.source, int(coverage.nearest[index]), "nearest: "),
        )
        found = [(_picture(folder, one.faces[at]), f"{said}{_doing(one, at)}") for folder, one, at, said in pairs]
        shown += [(picture, said) for picture, said in found if picture is not None] if all(p for p, _ in found) else []
    if not shown:
        return False
    sheet = contact_sheet([(_read(picture), said) for picture, said in shown], side_px=_SHEET_PX, columns=8)
    files = dict.fromkeys(picture for picture, _ in shown)
    writers_for([picture_as_parent(picture) for picture in files], "faces.coverage").picture(sheet, path)
    return True


def _picture(folder: Path, one: Aligned) -> Path | None:
    """A face's crop; None where it is not there, or named outside its folder."""
    if one.crop is None:
        return None
    path = (folder / one.crop).resolve()
    return path if path.is_file() and path.is_relative_to(folder.resolve()) else None


def _read(path: Path) -> Frame:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def _doing(one: Described, index: int) -> str:
    yaw, pitch, eyes, mouth = one.values[index]
    return f"{yaw:.0f}/{pitch:.0f} e{eyes:.1f} m{mouth:.2f}"


def _page(args: CoverageOf, coverage: Coverage, gaps: Sequence[Gap], folder: Path, *, has_sheet: bool) -> Report:
    report = Report(
        f"Do the faces of {args.source.name} cover those of {args.target.name}?",
        f"{len(coverage.source.faces)} faces to learn from, {len(coverage.target.faces)} to replace",
        "Compared are yaw, pitch, how far eyes and mouth are open, and the shape of brows, eyes, nose and lips without "
        "place, size, pose and the person's own features. Light, occlusion and how many faces there are of each kind "
        "are not.",
    )
    # As far apart as the source's own halves is as near as anybody could ask.
    report.answer(_verdict(coverage), good=float(coverage.far.mean()) <= 0.05)
    report.table(_HEAD, _rows(coverage))
    report.text(
        "Distances are in spreads of the source: 1 is as far as its faces are from their mean along one of yaw, pitch, "
        f"eyes, mouth and shape. Up to {coverage.near:.2f} a neighbour is near: 95 % of the source's faces have one in "
        "its other half, or 1.5 where they are nearer."
    )
    report.section("What is missing", "" if gaps else "Nothing that happens in a hundredth of the target's frames.")
    if gaps:
        report.table(("gap", "of the target", "of the source"), [_gap_row(gap) for gap in gaps])
    report.section("Where they are")
    report.media((folder / _CHART, "the brighter, the more faces; red cells have faces of the target alone"))
    if has_sheet:
        report.section("The farthest", "Faces of the target, each before the source's face that is nearest to it.")
        report.media((folder / _SHEET, "distance: yaw/pitch in degrees, eyes over usual (e), mouth (m)"))
    return report


def _gap_row(gap: Gap) -> tuple[str, str, str]:
    return gap.words, f"{100 * gap.target_share:.1f} %", f"{100 * gap.source_share:.1f} %"
