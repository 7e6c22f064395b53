"""`Subject`: one person of a clip, or its sound, with all that was found out about it and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prosopon.core.clip import Clip
from prosopon.core.faces import Box, Tracks
from prosopon.core.protocols import Needs
from prosopon.core.score import Reason
from prosopon.detect.judging.fusion import Fusion
from prosopon.detect.judging.opinion import Opinion
from prosopon.detect.judging.panel import WORDS, Panel
from prosopon.detect.judging.reasons import Why, distinct
from prosopon.detect.judging.verdict import Verdict, verdict_of

_CONTRARY = 1.0
"""Detectors contradict each other when one says 10 : 1 for a fake and another 10 : 1 against it, in powers of ten."""
_OF_COMPRESSION = "blockiness"
"""The measure of the material that compression drives out of what was seen in calibration."""
_OTHERWISE = frozenset({Reason.NO_SOUND, Reason.NO_SPEECH, Reason.TOO_SHORT})
"""Why detectors of motion and sound have nothing to say: no reason as long as others could have spoken."""


@dataclass(frozen=True)
class Coverage:
    """How much of a clip an answer is about.

    Attributes:
        n_frames: frames of the clip, all of which were read.
        n_looked: frames that were searched for faces.
        n_found: of these, those in which the person was found.
        n_judged: frames that the detectors of excerpts were shown.
    """

    n_frames: int
    n_looked: int
    n_found: int
    n_judged: int = 0

    @property
    def share(self) -> float:
        """Of the frames that were searched, those with the person, 0 to 1."""
        return self.n_found / self.n_looked if self.n_looked else 0.0

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "frames_read": self.n_frames,
            "frames_searched": self.n_looked,
            "faces_found": self.n_found,
            "share": round(self.share, 4),
            "frames_judged": self.n_judged,
        }


@dataclass(frozen=True)
class Subject:
    """One person, or what is heard.

    Attributes:
        name: `person 1`, `sound`.
        opinions: of all detectors.
        verdict: what follows; never `DECLARED`.
        reasons: why it is inconclusive.
        log10_lr: of all detectors together, in powers of ten; None where nobody's answer counts.
        coverage: of a person; None of sound.
        box: where the face is on the whole, in pixels of the clip; None of sound.
        span_s: when the person is seen from and to, in seconds.
        face_px: the face's size; None of sound.
        material: measures of the material.
        panel: None where no frames were judged again.
        excerpt: what detectors of excerpts were shown; for pictures of it.
    """

    name: str
    opinions: tuple[Opinion, ...]
    verdict: Verdict
    reasons: tuple[Why, ...] = ()
    log10_lr: float | None = None
    coverage: Coverage | None = None
    box: Box | None = None
    span_s: tuple[float, float] | None = None
    face_px: float | None = None
    material: Mapping[str, float] = field(default_factory=dict)
    panel: Panel | None = None
    excerpt: tuple[Clip, Tracks] | None = None

    @property
    def is_judged(self) -> bool:
        """Whether something is said about it."""
        return self.verdict is not Verdict.INCONCLUSIVE

    def as_json(self) -> dict[str, Any]:
        """As plain values, pictures left out."""
        return {
            "name": self.name,
            "verdict": self.verdict.value,
            "reasons": [why.code for why in self.reasons],
            "because": [why.as_json() for why in self.reasons],
            "log10_lr": self.log10_lr,
            "coverage": None if self.coverage is None else self.coverage.as_json(),
            "box": None if self.box is None else [round(side, 1) for side in self.box],
            "from_s": None if self.span_s is None else round(self.span_s[0], 3),
            "to_s": None if self.span_s is None else round(self.span_s[1], 3),
            "face_px": None if self.face_px is None else round(self.face_px, 1),
            "material": {name: round(value, 4) for name, value in self.material.items()},
            "detectors": {opinion.expert.name: opinion.as_json() for opinion in self.opinions},
            "panel": None if self.panel is None else self.panel.as_json(),
        }


def ratio(opinions: Sequence[Opinion], fusion: Fusion, *, alone: bool) -> float | None:
    """What all answers that count come to, in powers of ten; None where none counts.

    Args:
        opinions: of all detectors that were asked.
        fusion: how answers become one.
        alone: whether one detector only was asked to judge: then it is what that one says.
    """
    counted = {one.expert.name: one.log10_lr for one in opinions if one.log10_lr is not None}
    others = besides(opinions)
    counted = {name: value for name, value in counted.items() if name not in others}
    fused = next(iter(counted.values())) if alone and len(counted) == 1 else fusion.log10_lr(counted)
    if fused is None and not others:
        return None
    return (fused or 0.0) + sum(others.values())


def besides(opinions: Sequence[Opinion]) -> dict[str, float]:
    """What those say who ask another question, by name in powers of ten.

    That somebody does not move as they should, or does not say what is heard, comes to what was seen in the pictures:
    neither follows from the other. That they do acquits nobody, because many fakes keep how somebody moves and speaks.
    """
    return {
        one.expert.name: max(0.0, one.log10_lr) for one in opinions if one.expert.asks_else and one.log10_lr is not None
    }


def verdict_on(
    opinions: Sequence[Opinion],
    log10_lr: float | None,
    fusion: Fusion,
    panel: Panel | None = None,
    against: Sequence[Why] = (),
) -> tuple[Verdict, tuple[Why, ...]]:
    """What follows from the answers, and why it is inconclusive where it is.

    Args:
        opinions: of all detectors that were asked.
        log10_lr: what their answers come to.
        fusion: how they did.
        panel: of the changed frames.
        against: what speaks against any answer.
    """
    reasons = list(against)
    if log10_lr is None:
        reasons += _why_nobody(opinions)
    else:
        quarrel = _quarrel(opinions, fusion)
        if quarrel:
            reasons.append(Why.of(Reason.DETECTORS_DISAGREE, quarrel))
        flips = () if panel is None else panel.flips(log10_lr)
        if flips:
            told = ", ".join(WORDS[name] for name in flips)
            reasons.append(Why.of(Reason.VERDICT_FLIPS, f"the answer turns round for the same frames: {told}"))
    if reasons or log10_lr is None:
        return Verdict.INCONCLUSIVE, distinct(reasons)
    verdict = verdict_of(log10_lr)
    unlooked = _why_nobody_looked(opinions)
    if unlooked and not verdict.is_evidence:
        return Verdict.INCONCLUSIVE, distinct(unlooked)
    return verdict, ()


def _why_nobody(opinions: Sequence[Opinion]) -> list[Why]:
    """Why none of the answers counts."""
    judging = [one for one in opinions if one.expert.judges]
    if not opinions:
        return [Why.of(Reason.NO_WEIGHTS, "no detector could be asked")]
    if not judging:
        names = ", ".join(one.expert.name for one in opinions)
        told = f"only {names} could be asked: what that measures is shown, and never counts as evidence"
        return [Why.of(Reason.ONLY_MEASURED, told)]
    found = [why for one in judging if (why := one.why_not) is not None]
    found = [why for why in found if why.code not in _OTHERWISE] or found
    if not found:
        names = ", ".join(one.expert.name for one in judging)
        return [Why.of(Reason.ONLY_MEASURED, f"what {names} say has no weight where all are taken together")]
    compressed = any(_OF_COMPRESSION in one.outside for one in judging)
    return [*found, *([Why.of(Reason.TOO_COMPRESSED)] if compressed else [])]


def _why_nobody_looked(opinions: Sequence[Opinion]) -> list[Why]:
    """Why the picture itself was judged by none of those who could: lips that fit the sound are not the picture.

    Empty where somebody did, or nobody was asked to.
    """
    looking = [
        one
        for one in opinions
        if one.expert.judges and not one.expert.asks_else and not one.expert.has_need(Needs.SOUND)
    ]
    if any(one.log10_lr is not None for one in looking):
        return []
    return [why for one in looking if (why := one.why_not) is not None]


def _quarrel(opinions: Sequence[Opinion], fusion: Fusion) -> str:
    """Who of those that matter contradicts whom; empty where nobody does."""
    asked = [one for one in opinions if not one.expert.asks_else and fusion.knows(one.expert.name)]
    said = {one.expert.name: one.log10_lr for one in asked if one.log10_lr is not None}
    for_fake = ", ".join(name for name, value in said.items() if value >= _CONTRARY)
    against = ", ".join(name for name, value in said.items() if value <= -_CONTRARY)
    return f"{for_fake} for a fake, {against} against it" if for_fake and against else ""
