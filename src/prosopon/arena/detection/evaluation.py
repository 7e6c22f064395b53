"""`Evaluation`: all that is measured of detectors on one data set, as a table of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prosopon.arena.detection.answers import Answer
from prosopon.arena.detection.figures import Row, chance_row, row_of
from prosopon.arena.detection.heard import WHOLE, Heard, heard_of
from prosopon.arena.detection.parts import ALL, Part, parts_of
from prosopon.arena.detection.resampling import drawn_weights
from prosopon.arena.detection.videos import DataSet, Video
from prosopon.arena.proportions import Proportion
from prosopon.core.progress import SILENT, Progress
from prosopon.detect.judging.verdict import Verdict

ACCUSED = (Verdict.WEAK, Verdict.MODERATE, Verdict.STRONG)


@dataclass(frozen=True)
class Faces:
    """How many videos a face was found in, after one degradation.

    Attributes:
        real, fake: of the real ones, of the fakes.
        unreadable: videos that could not be read.
    """

    real: Proportion
    fake: Proportion
    unreadable: int

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "real": self.real.as_json(),
            "fake": self.fake.as_json(),
            "unreadable": self.unreadable,
        }


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        data: what on.
        rows: every detector and the whole tool, after every degradation, on all parts of the videos.
        heard: what each said of all videos, by name and degradation.
        faces: in how many videos there is a face, by degradation.
        declined: how often each reason made the whole tool decline, by degradation.
        unasked: detectors that were not asked, and why.
    """

    data: DataSet
    rows: tuple[Row, ...]
    heard: Mapping[tuple[str, str], Heard]
    faces: Mapping[str, Faces]
    declined: Mapping[str, Mapping[str, int]]
    unasked: Mapping[str, str]

    def row(self, name: str, under: str, part: str = ALL) -> Row:
        """One of them.

        Raises:
            KeyError: there is none.
        """
        for row in self.rows:
            if (row.name, row.under, row.part) == (name, under, part):
                return row
        raise KeyError((name, under, part))

    @property
    def names(self) -> tuple[str, ...]:
        """Detectors, then the whole tool."""
        return tuple(dict.fromkeys(name for name, _ in self.heard))

    @property
    def unders(self) -> tuple[str, ...]:
        """Degradations."""
        return tuple(dict.fromkeys(under for _, under in self.heard))

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "data": self.data.about(),
            "rows": [row.as_json() for row in self.rows],
            "faces": {under: faces.as_json() for under, faces in self.faces.items()},
            "declined": {under: dict(reasons) for under, reasons in self.declined.items()},
            "not_asked": dict(self.unasked),
            "positive": "fake = 1; the higher value is the faker",
            "eer": "root of 1 - x - TPR(x), vertices of the ROC joined by straight lines",
            "without_an_answer": "counts as 0.5; figures called _found leave it out",
            "ece": "10 bins of equal width, fakes and real ones weighing the same in all",
            "intervals": "95 % over people drawn with replacement, 1000 times; none with fewer than 5 people",
        }


def evaluated(
    data: DataSet,
    answers: Sequence[Answer],
    *,
    held_out: Collection[str] = (),
    unasked: Mapping[str, str] | None = None,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Evaluation:
    """All figures.

    Args:
        data: whose videos were asked about, every one of them after every degradation.
        answers: in any order.
        held_out: generators that detectors have not learnt from although they have from the others.
        unasked: detectors that were not asked, and why.
        seed: of the resampling.
        progress: hears of every row.
    """
    by_under: dict[str, dict[str, Answer]] = {}
    for answer in answers:
        by_under.setdefault(answer.under, {})[answer.key] = answer
    names = sorted({name for answer in answers for name in answer.detectors})
    parts = parts_of(data.videos, held_out)
    weights = [drawn_weights([data.videos[i].people for i in part.videos], seed) for part in parts]
    rows: list[Row] = []
    heard: dict[tuple[str, str], Heard] = {}
    progress.start("computing figures", len(by_under) * (len(names) + 1) * len(parts))
    for under, found in by_under.items():
        told = [found[video.key] for video in data.videos]
        rows.append(chance_row(under, parts[0], data.videos))
        for name in (*names, WHOLE):
            heard[name, under] = heard_of(name, data.videos, told)
            for part, drawn in zip(parts, weights, strict=True):
                rows.append(row_of(name, under, part, heard[name, under], drawn, in_full=_in_full(part)))
                progress.advance()
    progress.finish()
    return Evaluation(
        data,
        tuple(rows),
        heard,
        {under: _faces(data.videos, found) for under, found in by_under.items()},
        {under: dict(Counter(r for one in found.values() for r in one.reasons)) for under, found in by_under.items()},
        dict(unasked or {}),
    )


def _in_full(part: Part) -> bool:
    return part.kind != "generator"


def _faces(videos: Sequence[Video], answers: Mapping[str, Answer]) -> Faces:
    def share(label: int) -> Proportion:
        some = [answers[video.key] for video in videos if video.label == label]
        return Proportion(sum(one.has_face for one in some), len(some))

    unreadable = sum("unreadable" in answers[video.key].reasons for video in videos)
    return Faces(share(0), share(1), unreadable)
