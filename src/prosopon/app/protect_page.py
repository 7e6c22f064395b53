"""The page of `prosopon protect`: what it cannot do first, then what was changed, and what is left of it where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prosopon.app.report import Report
from prosopon.arena.survival import Measured, Survival, Survived, Visibility, crop_of
from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.progress import Progress
from prosopon.disrupt.heads.head import Head
from prosopon.faces.sheet import contact_sheet
from prosopon.vouch.publish import publish_picture

LIMITS = (
    "What this cannot do. It disturbs the networks that it was made against, and says nothing about any other. "
    "JPEG alone often removes such noise (BlurGuard, arXiv 2511.00143; DCT-Shield, 2504.17894). Another network can "
    "purify the picture, and after one such pass nothing of the protection is left (MagDR, 2103.14211; Purify Once, "
    "Edit Freely, 2603.13028). A network that is trained further on such pictures is no longer disturbed (LoRA "
    "patching, 2510.03747; TSDF, 2508.07795). Pictures that are out already stay as they are. It makes misuse more "
    "laborious for some; it stops nobody who means it."
)
"""The first lines of the page, and of what the console says."""
WHAT_IS_MEASURED = (
    "The file as it was written, read back, and sent on its way for real. Each figure stands three times: of the "
    "protected photo, of the untouched photo after the same way, and of the photo with the same change upside down, "
    "which is as large and aimed at nothing. All are compared with what the network makes of the untouched original. "
    "An effect stands out (*) where it is at least twice the larger of the other two. That need not spoil what a "
    "network makes: publications call a picture broken from a squared error of 0.05 on, which a head that was merely "
    "moved reaches, too. Look at the pictures."
)
FIGURES = {
    "masked_l2": "error where edited",
    "l2": "squared error",
    "l1": "absolute error",
    "disrupted": "share broken",
    "keypoints": "keypoints moved",
    "segments": "segments changed",
    "cosine": "cosine",
    "recognised": "recognised",
}
"""What figures are called in tables."""
_SHOWN_PX = 192
_MAGNIFIED = 10
"""The difference is shown so many times as large as it is."""


@dataclass(frozen=True, eq=False)
class Case:
    """A photo that was protected.

    Attributes:
        clip: what it was read as.
        untouched: the photo, `uint8 (H, W, 3)`.
        protected: the protected one, read back from its file.
        heads: in pixels of both, the most prominent first.
        nets: those that were measured.
    """

    clip: Clip
    untouched: Frame
    protected: Frame
    heads: Sequence[Head]
    nets: Sequence[Measured]

    def step(self, op: str, source_type: SourceType, **params: object) -> Step:
        """How a sheet that shows it came about."""
        return Step(op, params, parents=(self.clip.as_parent(Relationship.PARENT),), source_type=source_type)


def write_page(
    folder: Path,
    case: Case,
    survived: Sequence[Survival],
    seen: Visibility,
    facts: Mapping[str, object],
    *,
    progress: Progress,
) -> Path:
    """Write `index.html`, and the sheets that it shows, published as what they are.

    Args:
        folder: exists.
        case: what is told about.
        survived: what was measured of each net.
        seen: how much of the change can be seen.
        facts: what else is told.
        progress: hears of every sheet.

    Returns:
        The page.
    """
    page = Report("A photo changed against face programs", LIMITS)
    page.facts(facts)
    page.section("What was changed", told_visibility(seen))
    page.media(
        (_before_after(folder, case, progress), f"before, after, and the difference {_MAGNIFIED} times as large")
    )
    page.section("What is left of it", WHAT_IS_MEASURED)
    page.table(*summary(survived))
    for attacked, heading in ((True, "Networks that were attacked"), (False, "Networks that were not attacked")):
        group = [one for one in survived if one.attacked is attacked]
        if group:
            page.section(heading)
        for one in group:
            page.section(one.name, one.about)
            sheet = _makes(folder, case, next(net for net in case.nets if net.name == one.name), progress)
            if sheet is not None:
                page.media((sheet, f"what {one.name} makes of the photo: above untouched, below protected"))
            page.table(*_table(one.ways))
    path = folder / "index.html"
    page.write(path)
    return path


def summary(survived: Sequence[Survival]) -> tuple[list[str], list[list[object]]]:
    """Head and rows of a table with one figure for each network and way, and a mark where it stands out."""
    ways = [one.way for one in survived[0].ways] if survived else []
    rows: list[list[object]] = []
    for one in sorted(survived, key=lambda survival: not survival.attacked):
        leading = one.ways[0].leading
        cells = [_cell(way, leading) for way in one.ways]
        rows.append([one.name, "yes" if one.attacked else "no", FIGURES.get(leading, leading), *cells])
    return ["network", "attacked", "figure", *ways], rows


def told_visibility(seen: Visibility) -> str:
    """How much of the change can be seen, in a sentence."""
    likeness = "" if seen.ssim is None else f", SSIM {seen.ssim:.3f}"
    identity = "" if seen.identity is None else f" The face reader finds both alike to {seen.identity:.3f} of 1."
    return (
        f"No value by more than {seen.largest} of 255 grey levels, around the head by {seen.mean:.1f} on the mean: "
        f"PSNR {seen.psnr:.1f} dB{likeness} there; {100 * seen.changed:.0f} % of all pixels.{identity}"
    )


def _cell(way: Survived, figure: str) -> str:
    value = way.protected.get(figure)
    if value is None:
        return "-"
    beside = way.untouched.get(figure, float("nan"))
    return f"{value:.3g} ({beside:.3g}){' *' if way.stands_out else ''}"


def _table(ways: Sequence[Survived]) -> tuple[list[str], list[list[object]]]:
    names = list(dict.fromkeys(name for way in ways for name in way.protected))
    head = [
        "after",
        *(f"{FIGURES.get(name, name)}: {who}" for name in names for who in ("protected", "not", "upside down")),
    ]
    rows: list[list[object]] = []
    for way in ways:
        three = (way.protected, way.untouched, way.turned)
        rows.append([way.way, *(figures.get(name, "-") for name in names for figures in three)])
    return head, rows


def _before_after(folder: Path, case: Case, progress: Progress) -> Path:
    """A row for each head: before, after, and the difference on grey."""
    shown: list[tuple[Frame, str]] = []
    height, width = case.untouched.shape[:2]
    for head in case.heads:
        # Not the crop that networks see, which repeats the edges of the photo where a head reaches beyond them.
        place = head.region_in(width, height).slices
        before, after = (np.ascontiguousarray(picture[place]) for picture in (case.untouched, case.protected))
        apart = np.clip(128 + _MAGNIFIED * (after.astype(np.int16) - before), 0, 255).astype(np.uint8)
        shown += [(before, "before"), (after, "after"), (apart, f"difference x {_MAGNIFIED}")]
    path = folder / "before-after.png"
    sheet = contact_sheet(shown, side_px=2 * _SHOWN_PX, columns=3)
    publish_picture(sheet, path, case.step("arena.protect.before_after", SourceType.ENHANCED), progress=progress)
    return path


def _makes(folder: Path, case: Case, net: Measured, progress: Progress) -> Path | None:
    """What a net makes of the first head: a row for the untouched photo, and one for the protected."""
    rows: list[tuple[Frame, str]] = []
    columns = 0
    for picture, caption in ((case.untouched, "the photo"), (case.protected, "protected")):
        crop, points = crop_of(picture, case.heads[0], net.side_px)
        made = (net if points is None else net.at_face(points)).makes(crop)
        if not made:
            return None
        columns = 1 + len(made)
        rows += [(crop, caption), *((frame, said) for said, frame in made)]
    path = folder / f"{re.sub('[^A-Za-z0-9]+', '-', net.name).strip('-').lower()}.png"
    step = case.step("arena.protect.makes", SourceType.COMPOSITE, net=net.name)
    publish_picture(contact_sheet(rows, side_px=_SHOWN_PX, columns=columns), path, step, progress=progress)
    return path
