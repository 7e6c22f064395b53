"""What detectors said of one video, as plain values that a journal can keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prosopon.arena import journal
from prosopon.core.score import Reason
from prosopon.detect.judging.judge import Judgement
from prosopon.detect.judging.opinion import Opinion
from prosopon.detect.judging.reasons import FileReason
from prosopon.detect.judging.verdict import Verdict

_DIGITS = 5


@dataclass(frozen=True)
class Said:
    """What one detector said about the most prominent person, or the sound.

    Attributes:
        value: 0 to 1, not calibrated; None where it abstained.
        log10_lr: what its calibration makes of that; None where it has none.
        counts: whether that would be taken as evidence: not so beyond what it was calibrated on.
        judges: whether it takes part in verdicts at all.
        why_not: code of the reason why it does not count; empty where it does.
        because: the same in words.
        per_frame: values of single frames that it judged.
        seconds: how long it took.
    """

    value: float | None
    log10_lr: float | None = None
    counts: bool = False
    judges: bool = True
    why_not: str = ""
    because: str = ""
    per_frame: tuple[float, ...] = ()
    seconds: float = 0.0

    @classmethod
    def of(cls, opinion: Opinion) -> Said:
        """From what it answered."""
        score, why = opinion.score, opinion.why_not
        frames = () if score.per_frame is None else tuple(float(value) for value in score.per_frame)
        return cls(
            value=score.value,
            log10_lr=score.log10_lr,
            counts=opinion.log10_lr is not None,
            judges=opinion.expert.judges,
            why_not="" if why is None else why.code,
            because="" if why is None else why.because,
            per_frame=tuple(round(value, _DIGITS) for value in frames if value == value),  # noqa: PLR0124 - not NaN
            seconds=round(opinion.seconds, 4),
        )

    @classmethod
    def read(cls, table: dict[str, Any]) -> Said:
        """Back from plain values."""
        return cls(**{**table, "per_frame": tuple(table["per_frame"])})


@dataclass(frozen=True)
class Answer:
    """What came of one video after one degradation.

    Attributes:
        key: of the video.
        under: name of the degradation.
        verdict: of the whole tool.
        reasons: codes of why it is inconclusive.
        log10_lr: of all detectors together, also where the verdict was withdrawn; None where nobody's answer counts.
        detectors: by name.
        n_frames, n_looked, n_found: frames, those searched for faces, and those of them with one.
        face_px: size of the most prominent face; None where there is none.
        seconds: how long it took.
    """

    key: str
    under: str
    verdict: str
    reasons: tuple[str, ...] = ()
    log10_lr: float | None = None
    detectors: Mapping[str, Said] = field(default_factory=dict)
    n_frames: int = 0
    n_looked: int = 0
    n_found: int = 0
    face_px: float | None = None
    seconds: float = 0.0

    @classmethod
    def of(cls, key: str, under: str, found: Judgement, seconds: float) -> Answer:
        """From what was judged: about the most prominent person, and the sound."""
        subjects = (*found.people[:1], *((found.sound,) if found.sound is not None else ()))
        ratios = [one.log10_lr for one in subjects if one.log10_lr is not None]
        looked = found.looked
        return cls(
            key=key,
            under=under,
            verdict=found.verdict.value,
            reasons=tuple(why.code for why in found.reasons),
            log10_lr=found.log10_lr if found.log10_lr is not None else next(iter(ratios), None),
            detectors={one.expert.name: Said.of(one) for subject in subjects for one in subject.opinions},
            n_frames=0 if looked is None else looked.n_frames,
            n_looked=0 if looked is None else looked.n_looked,
            n_found=0 if looked is None else looked.n_with_faces,
            face_px=found.people[0].face_px if found.people else None,
            seconds=round(seconds, 3),
        )

    @classmethod
    def failed(cls, key: str, under: str) -> Answer:
        """Of a video that cannot be read."""
        return cls(key, under, Verdict.INCONCLUSIVE.value, (FileReason.UNREADABLE.value,))

    @classmethod
    def read(cls, table: dict[str, Any]) -> Answer:
        """Back from plain values."""
        said = {name: Said.read(one) for name, one in table["detectors"].items()}
        return cls(**{**table, "reasons": tuple(table["reasons"]), "detectors": said})

    @property
    def has_face(self) -> bool:
        """Whether somebody was found."""
        return Reason.NO_FACE not in self.reasons and self.n_found > 0


def open_journal(path: Path | None, about: Mapping[str, Any]) -> journal.Journal[Answer]:
    """The journal of an evaluation.

    Args:
        path: the file; None keeps nothing.
        about: the data set, the detectors with their weights, and how videos are looked at.
    """
    return journal.Journal(path, about, Answer.read, lambda answer: (answer.key, answer.under))
