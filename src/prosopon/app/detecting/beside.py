"""Detection beside verification: what `prosopon verify --detect` adds to its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prosopon.app.detecting.as_json import file_as_json, setting_as_json
from prosopon.app.detecting.examine import Examined, Examiner
from prosopon.app.detecting.page import add_detection, verdict_box
from prosopon.app.detecting.page_of_detectors import add_detectors, calibrations
from prosopon.app.detecting.page_style import STYLE
from prosopon.app.detecting.text import lines
from prosopon.app.report import Report
from prosopon.core.errors import MediaError
from prosopon.core.progress import Progress
from prosopon.detect.judging.judge import Judge
from prosopon.detect.judging.reasons import FileReason, Why
from prosopon.detect.judging.roster import Roster
from prosopon.media.read import read
from prosopon.vouch.evidence import Evidence


@dataclass(frozen=True)
class Detected:
    """What detectors say about a file whose evidence is known.

    Attributes:
        examined: what was found.
        examiner: who found it.
    """

    examined: Examined
    examiner: Examiner

    @classmethod
    def of(cls, path: Path, evidence: Evidence, progress: Progress) -> Detected:
        """Ask all detectors that can be asked.

        Raises:
            MissingError: the face finder cannot be opened.
        """
        examiner = Examiner(Judge(Roster.open()))
        try:
            examined = examiner.detect(path, read(path, progress=progress), evidence, progress)
        except MediaError as error:
            examined = Examined(path, evidence=evidence, problem=Why.of(FileReason.UNREADABLE, error.what))
        return cls(examined, examiner)

    def as_json(self) -> dict[str, Any]:
        """Under a key of its own."""
        return {"detection": {**file_as_json(self.examined, provenance=False), **setting_as_json(self.examiner)}}

    def lines(self) -> Iterator[str]:
        """For people; what the file says of itself was said before."""
        yield ""
        yield "Detection:"
        yield from lines(self.examined, self.examiner, beside=True)

    def onto(self, report: Report) -> None:
        """Put it onto a page."""
        report.section("What detectors say")
        report.fragment(verdict_box(self.examined, beside=True), STYLE)
        add_detection(report, self.examined, self.examiner.judge)
        add_detectors(report, self.examiner, calibrations(self.examined))
