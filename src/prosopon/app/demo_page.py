"""The page that the demo leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from prosopon.app.demo_parts import PartsMade
from prosopon.app.demo_scene import Scene
from prosopon.app.report import Report

if TYPE_CHECKING:
    from prosopon.app.demo_copy import Copy
    from prosopon.vouch.manifest.report import Report as Verdict

_PROVES = (
    "The seal says who wrote the file and that it was not changed since; it does not say that what is shown happened. "
    "Anybody can take a seal off by filming the screen: that there is none proves nothing. The signer here is a "
    "certificate made on this computer, which nobody has reason to trust; hence 'untrusted'."
)


def write_page(
    page: Path,
    scene: Scene,
    result: Path,
    compare: Path,
    *,
    verdicts: tuple[Verdict, Verdict],
    copy: Copy,
    photograph: Path,
    parts: PartsMade,
    figures: Mapping[str, Mapping[str, float]],
    seconds: Mapping[str, float],
    frames: int,
) -> None:
    """Write `index.html`: the videos, the verification before and after tampering, a face found, figures, timings."""
    good, bad = verdicts
    report = Report(
        "Prosopon: a picture moves, and says that it was made", scene.about, "Made by `prosopon demo`. " + _PROVES
    )
    panels = "source, driving, result" + (", exact answer" if scene.exact is not None else "")
    report.section("Side by side", f"From left to right: {panels}.")
    report.media((compare, panels))
    report.section("One by one")
    shown = [
        (scene.source.path, "source: the picture that shall move"),
        (scene.driving.path, "driving: whose motion is taken"),
        (result, "result: signed, and labelled as synthetic"),
    ]
    if scene.exact is not None:
        shown.append((scene.exact.path, "exact answer: rendered, not generated"))
    report.media(*((path, caption) for path, caption in shown if path is not None))
    report.section(
        "Parts swapped",
        "From left to right: source, target, the parts that a net found without labels, hair and lips of the source on "
        "the target"
        + (". Then the other way round: a target, and the face of the other on it" if parts.face else "")
        + ". What is called by name is found by a face parser.",
    )
    report.media((parts.compare, "source, target, parts, swaps"))
    report.media(*parts.files())
    report.section("Verified")
    report.answer(
        f"The result as it was written: integrity {good.integrity}, signature {good.signature}.", good=not good.is_bad
    )
    report.answer(
        f"A copy with one bit changed: integrity {bad.integrity}, signature {bad.signature}.", good=not bad.is_bad
    )
    report.table(
        ("", "integrity", "signature", "trust", "synthetic"),
        [
            (name, verdict.integrity, verdict.signature, verdict.trust, str(verdict.synthetic).lower())
            for name, verdict in (("result.mp4", good), ("tampered.mp4", bad))
        ],
    )
    report.text(_PROVES)
    report.section(
        "A copy that lost its credential",
        "The result, half as large and encoded again, with nothing left but its pixels, as after most uploads.",
    )
    report.answer(copy.text, good=copy.is_recognised)
    report.section(
        "A face found",
        "The built-in finder, which needs no download, on a real photograph: NASA's portrait of the astronaut Eileen "
        "Collins, in the public domain. Lines are drawn over it; nothing is made of it.",
    )
    report.media((photograph, "box and 68 landmarks"))
    if figures:
        report.section(
            "How near the exact answer is",
            "Means over all frames, of the whole picture. The unmoved source is the baseline: what one gets by doing "
            "nothing.",
        )
        report.table(
            ("", "L1 (lower is nearer)", "SSIM (higher is nearer)"),
            [
                (name, f"{figures[key]['l1']:.4f}", f"{figures[key]['ssim']:.3f}")
                for name, key in (("result", "result"), ("unmoved source", "source"))
            ],
        )
    report.section("How long it took", f"{frames} frames, on this computer.")
    report.table(("stage", "seconds"), [(name, f"{value:.1f}") for name, value in seconds.items()])
    report.write(page)
