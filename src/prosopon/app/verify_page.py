"""The page of `prosopon verify`: each kind of evidence for itself, the history as a tree, what nothing of it proves."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from prosopon.app.report import EMBEDDABLE, Report
from prosopon.app.verify_text import answers, declared, details
from prosopon.core.clip import Frame
from prosopon.vouch.evidence import Evidence
from prosopon.vouch.manifest.history_page import STYLE, tree_fragment
from prosopon.vouch.manifest.report_text import checked_by
from prosopon.vouch.manifest.strangers_text import shown
from prosopon.vouch.store.recovery import Recovered

_FOOTER = (
    "A signature shows who said something about which bytes, never that it is true. A watermark can be copied and "
    "removed. A log shows that an entry was there at some time. A look-up shows likeness. No evidence is no evidence: "
    "it shows neither that something is genuine nor that it is not."
)


def write_page(evidence: Evidence, path: Path, also: Callable[[Report], None] = lambda _: None) -> None:
    """Write the page as one file that works without a network.

    Args:
        evidence: what was found out.
        path: where it goes.
        also: puts more onto it, after what the file says of itself.

    Raises:
        MediaError: it cannot be written.
    """
    file = evidence.credential.path
    report = Report(
        f"What is known of {shown(file.name)}", "Each kind of evidence for itself; none sums them up.", _FOOTER
    )
    for told in declared(evidence):
        report.text(told)
    report.table(
        ("evidence", "answer", "what that means"),
        [*answers(evidence)],
    )
    _pictures(report, evidence)
    history = evidence.credential.history
    if history is not None:
        report.section("What its credential tells", evidence.credential.meaning)
        report.fragment(tree_fragment(history), STYLE)
    else:
        report.section("No credential", evidence.credential.meaning)
    also(report)
    report.section("Details")
    for line in details(evidence):
        report.text(line)
    report.text(checked_by(evidence.credential))
    report.write(path)


def _pictures(report: Report, evidence: Evidence) -> None:
    """The file, and beside it what was kept of the one that it was led back to."""
    file, recovered = evidence.credential.path, evidence.recovered
    shows = file.is_file() and file.suffix.lower() in EMBEDDABLE
    if recovered is None:
        if shows:
            report.section("The file itself")
            report.media((file, _caption(evidence)), beside=_EMPTY)
        return
    report.section("What it was led back to", shown(recovered.text, 2000))
    report.text("Compare for yourself: the file, and the small picture that was kept of what was published.")
    if shows:
        report.media((file, _caption(evidence)), beside=_kept(recovered))
    else:
        report.fragment(_kept(recovered))
    told = recovered.credential.report
    if told is not None and told.history is not None:
        report.text("The credential that was kept; recovered, not byte-verified:")
        report.fragment(tree_fragment(told.history), STYLE)


def _caption(evidence: Evidence) -> str:
    return f"{shown(evidence.credential.path.name)}, sha256 {evidence.sha256}"


_EMPTY = "<figure></figure>"
"""Keeps a picture that stands alone to half of the page."""


def _kept(recovered: Recovered) -> str:
    caption = html.escape(f"kept: {shown(recovered.record.title)}, {recovered.record.time}")
    return (
        f'<figure><img src="data:image/jpeg;base64,{_jpeg(recovered.thumbnail)}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _jpeg(picture: Frame) -> str:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=85)
    return base64.b64encode(content.getvalue()).decode("ascii")
