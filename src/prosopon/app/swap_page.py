"""The page of `prosopon evaluate swap`: tables, learning curves, and the faces themselves beside each other."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prosopon.app.report import Report
from prosopon.arena.swap_figures import FIGURES, Figures
from prosopon.arena.swap_truth import EXACT
from prosopon.core.history import SourceType, Step
from prosopon.core.progress import Progress
from prosopon.faces.sheet import contact_sheet
from prosopon.train.several_curves import several_curves
from prosopon.vouch.publish import publish_picture

if TYPE_CHECKING:
    from prosopon.app.swap_snapshots import Snapshot
    from prosopon.arena.swap_contest import Standing

WHAT_IT_IS = (
    "Every clip is swapped, and what comes out is measured before it is encoded, as is the untouched target and a "
    "picture of the source that was bent onto the target's landmarks, for which nothing was learnt. Whose face: 0 the "
    "target's, 1 the source's, by the face alone, brought to one colour; the cosines beside it are of the same "
    "embedding. Detail: fine structure over that of the target's face; a face that lacks it is blurred, and that is a "
    "little like everybody. The head's cosines see hair, neck and background too, which no swap changes. Expression: "
    "how far the landmarks' movement is from the target's, in per cent of the distance of the eyes' outer corners, "
    "beside that of a face that does not move. Lids and lips followed: how much of the opening and closing is seen, "
    "best at 1. Flicker: what changes from frame to frame and does not in the target, in grey levels; change: what "
    "changes at all. Equal outside: pixels beyond the crop that is swapped, which must be 1."
)
WHAT_THE_TRUTH_IS = (
    "Rendered people who gave the same performance: the source's own film is what the target's should have become. "
    "Both are cut out by their true landmarks and compared inside the answer's face. No swap reaches it, since heads "
    "keep their shape: the answer itself, bent onto the target, says how near one can come."
)


def rows(standings: Sequence[Standing], names: Sequence[str], titles: Mapping[str, str]) -> tuple[list[str], list[Any]]:
    """Head and rows of a table of means: a line for each that has any of the figures."""
    table = []
    for one in standings:
        mean = {**one.mean, **one.exact_mean}
        if any(name in mean for name in names):
            table.append((one.name, *(told(name, mean.get(name)) for name in names)))
    return ["", *(titles[name] for name in names)], table


def told(name: str, value: float | None) -> str:
    """A figure as text."""
    if value is None:
        return "-"
    if name in {"pose_deg", "exact_psnr"}:
        return f"{value:.2f}"
    # What must be 1 is never rounded up to it.
    return f"{math.floor(value * 1e6) / 1e6:.6g}" if name.startswith("outside") else f"{value:.3f}"


def write_page(
    folder: Path,
    standings: Sequence[Standing],
    taken: Sequence[Snapshot],
    facts: Mapping[str, object],
    *,
    progress: Progress,
) -> Path:
    """Write `index.html` and the sheets that it shows.

    Returns:
        The page.
    """
    page = Report("Face swaps, measured", WHAT_IT_IS)
    page.facts(facts)
    if any(one.clips for one in standings):
        page.section("Mean over the clips")
        page.table(*rows(standings, [*FIGURES], FIGURES))
    if any(one.exact for one in standings):
        page.section("Against the exact answer", WHAT_THE_TRUTH_IS)
        page.table(*rows(standings, [*EXACT], EXACT))
    drawings = _curves(standings, taken)
    if drawings:
        page.section("With training time", "Dashed: what does not learn, and what a swap can be expected to reach.")
        page.svg(*drawings)
    for clip in dict.fromkeys(name for one in standings for name in one.shown):
        page.section(clip)
        page.media((_sheet(folder, clip, standings, progress), clip))
        page.table(*_clip_table(clip, standings))
    path = folder / "index.html"
    page.write(path)
    return path


def _clip_table(clip: str, standings: Sequence[Standing]) -> tuple[list[str], list[Any]]:
    titles = {**FIGURES, **EXACT}
    found: dict[str, Figures] = {one.name: {**one.clips.get(clip, {}), **one.exact.get(clip, {})} for one in standings}
    names = [name for name in titles if any(name in figures for figures in found.values())]
    table = [
        (who, *(told(name, figures[name].value if name in figures else None) for name in names))
        for who, figures in found.items()
        if figures
    ]
    return ["", *(titles[name] for name in names)], table


def _curves(standings: Sequence[Standing], taken: Sequence[Snapshot]) -> list[str]:
    """One for each figure in which snapshots differ in time."""
    from prosopon.app.swap_snapshots import lines

    drawings = []
    means = {one.name: {**one.mean, **one.exact_mean} for one in standings}
    still = {one.name for one in standings if one.kind != "swap"}
    for name, title in {**FIGURES, **EXACT}.items():
        values = {who: mean[name] for who, mean in means.items() if name in mean}
        drawn = lines(taken, values)
        if any(len(points) > 1 for points in drawn.values()):
            levels = {who: value for who, value in values.items() if who in still}
            drawings.append(several_curves(title, "minutes of training", drawn, levels))
    return drawings


def _sheet(folder: Path, clip: str, standings: Sequence[Standing], progress: Progress) -> Path:
    """The heads of a clip, a row for each contestant, published as the synthetic pictures that they are."""
    shown = [(one.name, one.shown[clip]) for one in standings if one.shown.get(clip)]
    columns = max(len(heads) for _, heads in shown)
    pictures = [(head, name if not place else "") for name, heads in shown for place, head in enumerate(heads)]
    sheet = contact_sheet(pictures, side_px=160, columns=columns)
    path = folder / f"{re.sub('[^A-Za-z0-9]+', '-', clip).strip('-').lower()}.png"
    step = Step("arena.swap.sheet", {"clip": clip}, source_type=SourceType.COMPOSITE)
    publish_picture(sheet, path, step, progress=progress)
    return path
