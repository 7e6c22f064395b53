"""A credential without its file: what can still be checked of it, and what no longer can."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import c2pa

from prosopon.vouch.manifest.binding import BARE
from prosopon.vouch.manifest.judgement import judge
from prosopon.vouch.manifest.reading import reading
from prosopon.vouch.manifest.report import Answer, Report
from prosopon.vouch.manifest.statuses import UNTRUSTED
from prosopon.vouch.manifest.trust import NOBODY, Trust

_BINDINGS = ("assertion.dataHash.", "assertion.bmffHash.", "assertion.boxesHash.", "assertion.collectionHash.")


@dataclass(frozen=True)
class KeptCredential:
    """A manifest store that was kept apart from its file.

    Attributes:
        report: what checking it gave; its integrity is broken by construction, since the bytes it is bound to are not
            these. None where it cannot be read.
        holds: whether the signature holds and everything in it is as it was signed, but for that binding.
        problem: why it does not hold; empty where it does.
    """

    report: Report | None
    holds: bool
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain values; of the report what does not need the file."""
        report = self.report
        if report is None:
            return {"holds": False, "problem": self.problem}
        return {
            "holds": self.holds,
            "problem": self.problem or None,
            "signature": report.signature.value,
            "trust": report.trust.value,
            "byte_verified": False,
            "synthetic": report.synthetic,
            "source_types": list(report.source_types),
            "generator": report.generator,
        }


def check_kept(title: str, manifest: bytes, trust: Trust = NOBODY) -> KeptCredential:
    """Check a manifest store without the file that it is bound to.

    Args:
        title: what the file was called.
        manifest: the manifest store.
        trust: lists of who is trusted.
    """
    try:
        with reading(io.BytesIO(b"\0"), kind=BARE, manifest=manifest, trust=trust) as found:
            report = judge(found, trust, {"path": Path(title), "credential": "kept"})
    except (c2pa.C2paError, OSError, ValueError) as error:
        return KeptCredential(None, False, f"it cannot be read: {' '.join(str(error).split())}")
    if report.signature is not Answer.VALID:
        return KeptCredential(report, False, "its signature does not hold")
    broken = [code for code in report.statuses.failure if code != UNTRUSTED and not code.startswith(_BINDINGS)]
    return KeptCredential(report, not broken, ", ".join(broken))
