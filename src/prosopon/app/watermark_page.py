"""What `prosopon evaluate watermark` tells: tables for the console, and a page with them and with pictures."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from prosopon.app.console import Console
from prosopon.app.report import Report
from prosopon.arena.watermarking import outcome, published
from prosopon.arena.watermarking.clips import growth
from prosopon.arena.watermarking.evaluation import Evaluation
from prosopon.arena.watermarking.method import Method
from prosopon.arena.watermarking.pictures import Measured, chance
from prosopon.arena.watermarking.subjects import Subjects
from prosopon.arena.watermarking.unmarked import Chance, Search
from prosopon.arena.watermarking.visibility import MAGNIFIED, difference, summary
from prosopon.core.clip import Frame
from prosopon.core.history import SourceType, Step
from prosopon.core.progress import Progress
from prosopon.faces.sheet import contact_sheet
from prosopon.vouch.publish import publish_picture

LIMITS = (
    "A watermark is a label, not evidence. Whoever wants it gone can have it gone: drawing a picture anew with a "
    "diffusion model removes it, and so does enough of anything. Whoever has this program can put it on anything. No "
    "mark means nothing."
)
HOW = (
    "Every picture and video carries bits of its own. It is changed for real, by Pillow and by H.264 encoders, and "
    "read from the pixels alone. Decoded: all 64 bits right, with the exact 95 % interval (Clopper, Pearson). "
    "Bits right: of the coded ones before correction, read where the picture lies once it is put back as it was. "
    "Corrected: share of the coded bits that had to be, where all came out right."
)
_SHOWN, _SHOWN_PX = 6, 224


def tell(found: Evaluation, console: Console) -> None:
    """All tables on the console."""
    for name, measured in (("pictures", found.pictures), ("videos", found.clips)):
        if measured is not None:
            console.say(f"{name}: {_quality(measured)}")
            console.table(outcome.HEAD, outcome.table(measured.rows))
    if found.growths:
        console.say(_growth(found))
    if found.products:
        console.say("made of marked pictures by this program, and marked twice:")
        console.table(outcome.HEAD, outcome.table(found.products))
    for line in _unmarked(found.chance, found.search):
        console.say(line)
    if found.chance is not None:
        console.table(*_calibration(found.chance))
    console.say(published.NOTE)
    for name, *told, source in published.table():
        console.say(f"  {name}: {'; '.join(one for one in told if one != '-')} [{source}]")
    console.say(LIMITS)


def write_page(path: Path, found: Evaluation, method: Method, subjects: Subjects, *, progress: Progress) -> None:
    """Write the page; what it shows is in it.

    Args:
        path: of the page.
        found: what was measured.
        method, subjects: of the pictures that are shown.
        progress: hears of the pictures.
    """
    page = Report(f"The watermark {found.method}, measured", LIMITS)
    page.facts({"method": found.about, "seed": found.seed})
    page.section("How it was measured", HOW)
    for name, measured in (("Pictures", found.pictures), ("Videos", found.clips)):
        if measured is not None:
            page.section(name, _quality(measured))
            page.table(outcome.HEAD, outcome.table(measured.rows))
            page.table(("after", "what was done"), [(row.way, row.about) for row in measured.rows])
    if found.growths:
        page.text(_growth(found))
    if found.products:
        about = "By this program, which marks anew what it publishes; marked again: it is the newer mark that counts."
        page.section("Made of marked pictures", about)
        page.table(outcome.HEAD, outcome.table(found.products))
    if found.search is not None:
        page.section("Where there is no mark", " ".join(_unmarked(found.chance, found.search)))
        if found.chance is not None:
            page.table(*_calibration(found.chance))
    page.section("Published by others", published.NOTE)
    page.table(published.HEAD, published.table())
    with tempfile.TemporaryDirectory() as folder:
        if subjects.pictures:
            sheet = Path(folder) / "marked.png"
            step = Step("arena.watermarking.sheet", {"method": method.name}, source_type=SourceType.ENHANCED)
            publish_picture(_sheet(method, subjects, found.seed), sheet, step, progress=progress)
            page.section("What can be seen of it", f"Unmarked, marked, and the difference times {MAGNIFIED}.")
            page.media((sheet, "unmarked, marked, difference"))
        page.write(path)


def _sheet(method: Method, subjects: Subjects, seed: int) -> Frame:
    rows: list[tuple[Frame, str]] = []
    for picture in subjects.pictures[:_SHOWN]:
        marked = method.embed(picture.frame, method.random_mark(chance(seed, picture.name)))
        rows += [
            (picture.frame, picture.name), (marked, "marked"),
            (difference(picture.frame, marked), f"difference x {MAGNIFIED}"),
        ]  # fmt: skip
    return contact_sheet(rows, side_px=_SHOWN_PX, columns=6)


def _quality(measured: Measured) -> str:
    told = summary(measured.seen)
    ssim = "" if told["ssim_mean"] is None else f"; SSIM {told['ssim_mean']:.4f}, least {told['ssim_least']:.4f}"
    flicker = "" if told["flicker_mean"] is None else f"; flicker {told['flicker_mean']:.3f} levels"
    return (
        f"{told['items']} marked, PSNR {told['psnr_mean']:.1f} dB, least {told['psnr_least']:.1f} dB{ssim}{flicker}"
    )  # fmt: skip


def _growth(found: Evaluation) -> str:
    told = growth(found.growths)
    return (
        f"files of {told['clips']} videos grew by {100 * told['together']:+.2f} % at crf {told['crf']} "
        f"(median {100 * told['median']:+.2f} %, most {100 * told['most']:+.2f} %)"
    )


def _unmarked(chance_found: Chance | None, search: Search | None) -> list[str]:
    lines = []
    if search is not None:
        lines.append(
            f"no mark: {search.found} of {search.pictures} unmarked pictures read as marked by the whole search, "
            f"{search.hypotheses:,} placements tried, smallest p-value {search.smallest_p:.2g}."
        )
    if chance_found is not None:
        lines.append(
            f"One hypothesis each in {chance_found.pictures:,} unmarked pictures: the smallest p-value is "
            f"{chance_found.smallest_p:.2g}, and no p-value may come more often than itself; an entirely plain picture "
            f"has {chance_found.plain_p:.2g}. Beside it how far bits are from coins, since plain parts of all pictures "
            f"read as the key's dither: the mean of a bit is up to {chance_found.largest_bias:.3f} from a half (coins: "
            f"{chance_found.expected_bias:.3f}), and of {chance_found.pairs:,} pairs of words from unrelated pictures "
            f"the nearest are {chance_found.nearest} of {chance_found.bits} bits apart (coins: "
            f"{chance_found.expected_nearest})."
        )
    return lines


def _calibration(chance_found: Chance) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
    """Head and rows."""
    told = [(f"p-value {tail.limit:g} or less", tail) for tail in chance_found.p_tails]
    told += [(f"words {tail.limit:.0f} bits apart or less", tail) for tail in chance_found.tails]
    rows = [
        (name, f"{tail.expected:,.1f}", f"{tail.seen:,}", f"{tail.seen / tail.expected:.2f}") for name, tail in told
    ]
    return ("in unmarked pictures", "by the rule, or of coins", "seen", "ratio"), rows
