"""What `prosopon lookup` draws: a suspect beside its original, and where they differ; and a page of all that."""

from __future__ import annotations

from pathlib import Path

from prosopon.app.report import Report
from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.core.progress import Progress
from prosopon.faces.sheet import contact_sheet
from prosopon.vouch.lookup.heat import heat_over
from prosopon.vouch.lookup.report import Answer, Compared, LookupReport, Match
from prosopon.vouch.publish import publish

WHAT_IT_MEANS = (
    "Fingerprints propose, and what is called a match was laid over the original pixel on pixel. A region is marked "
    "where the error is at least four times what re-encoding leaves elsewhere in the same picture. The same says "
    "that nothing stands out like that; small changes can hide below it. A difference says where, not who, when or "
    "why: the copy may have been changed, or your original may be one of several versions. No match proves nothing: "
    "only what was added, or published here, can be found."
)
_SIDE_PX = 384


def publish_comparison(clip: Clip, compared: Compared, path: Path, *, force: bool, progress: Progress) -> None:
    """Write a picture of one comparison, published as what it is.

    Args:
        clip: the suspect.
        compared: what was found.
        path: .png or .jpg.
        force: overwrite what is there.
        progress: told about every stage.

    Raises:
        ProsoponError: as `vouch.publish.publish`.
    """
    step = Step(
        "app.lookup.comparison",
        {"time_s": compared.time_s, "regions": len(compared.difference.regions)},
        parents=(clip.as_parent(Relationship.PARENT),),
        source_type=SourceType.ENHANCED,
    )
    publish(Clip.still(comparison(compared), name=path.stem, step=step), path, force=force, progress=progress)


def comparison(compared: Compared) -> Frame:
    """The suspect, its original, and the suspect with what differs in colour, side by side."""
    kind = "your original" if compared.is_full else "what is kept of the original"
    share = 100 * compared.difference.share
    shown = [
        (compared.frame, "what was looked up"),
        (compared.original, kind),
        (heat_over(compared), f"differs on {share:.1f} % of the picture" if share else "nothing differs"),
    ]
    return contact_sheet(shown, side_px=_SIDE_PX, columns=3)


def write_page(path: Path, clip: Clip, report: LookupReport, *, force: bool, progress: Progress) -> None:
    """Write the page, and the pictures that it shows beside it.

    Raises:
        ProsoponError: as `vouch.publish.publish`.
    """
    page = Report(f"Looked up: {clip.name}", report.text, WHAT_IT_MEANS)
    page.answer(report.answer.value, good=report.answer is not Answer.DIFFERS)
    page.facts(
        {
            "file": clip.name,
            "SHA-256": clip.sha256 or "",
            "quality of its fingerprint": report.quality,
            "key frames of originals searched": report.searched[0],
            "published records searched": report.searched[1],
        }
    )
    for number, match in enumerate(report.matches, start=1):
        page.section(match.name, match.text)
        page.facts(_facts(match))
        if match.compared:
            picture = path.with_name(f"{path.stem}-{number}.png")
            publish_comparison(clip, match.compared[0], picture, force=force, progress=progress)
            page.media((picture, "what was looked up; the original; where they differ"))
            page.table(*_regions(match.compared[0]))
    page.write(path)


def _facts(match: Match) -> dict[str, object]:
    facts: dict[str, object] = {
        "it is": "your original" if match.of == "original" else "published here",
        "SHA-256": match.sha256,
        "distance of 256 bits": match.distance,
        "key frames that match": f"{100 * match.matched:.0f} %",
    }
    if match.offset_s is not None:
        facts["begins at second"] = round(match.offset_s, 2)
    if match.compared:
        place = match.compared[0].registration
        facts["structure that fits"] = f"{100 * place.fit:.0f} %"
        facts["lies within the original"] = f"{100 * place.overlap:.0f} %"
    return facts


def _regions(compared: Compared) -> tuple[list[str], list[list[object]]]:
    head = ["left", "top", "right", "bottom", "% of the picture", "times the expected error"]
    return head, [
        [round(one.left), round(one.top), round(one.right), round(one.bottom), 100 * one.share, one.strength]
        for one in compared.difference.regions
    ]
