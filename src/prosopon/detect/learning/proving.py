"""What a detector is worth once it has learnt: its calibration, and how it does on people whom nothing has seen yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from prosopon.core.calibration import Calibration
from prosopon.core.progress import SILENT, Progress
from prosopon.core.protocols import Detector
from prosopon.datasets.arena.arena import ORIGINAL, Arena, ArenaClip
from prosopon.datasets.degradations import NAMED, draw
from prosopon.detect.learning.calibrate import Answers, answers_of, calibration_of
from prosopon.detect.learning.figures import auc, ece, eer
from prosopon.detect.learning.frame_detector import FrameDetector
from prosopon.detect.learning.trainable import CalibratesItself, Material, arena_clips
from prosopon.detect.learning.weighing import clip_weights

TESTED = ("none", "crf28+half")
"""What is done to the clips of a test, by the names of `datasets.degradations`."""
_AS_THEY_ARE = "as they are"


@dataclass(frozen=True)
class Proof:
    """What a detector is worth.

    Attributes:
        calibration: for the card; None for detectors that only measure.
        figures: for the card, JSON-able: by what was done to the clips, then by figure.
    """

    calibration: Calibration | None
    figures: Mapping[str, Mapping[str, Any]]


@runtime_checkable
class ProvesItself(Protocol):
    """A detector that is calibrated and tested in a way of its own."""

    def proved(self, material: Material, progress: Progress) -> Proof:
        """What it is worth."""
        ...


def proved(detector: Detector, material: Material, progress: Progress = SILENT) -> Proof:
    """Calibrate a detector on the people kept for that, and test it on others.

    Generators that are held out play no part in the calibration, and are told apart in the test.

    Args:
        detector: as it has been taught.
        material: what it was taught with.
        progress: hears of every clip.

    Raises:
        UsageError: it answers about no clips of one kind.
    """
    if isinstance(detector, ProvesItself):
        return detector.proved(material, progress)
    if isinstance(detector, FrameDetector):
        detector.draws_heat = False
    if isinstance(detector, CalibratesItself):
        return _by_own_clips(detector, material, progress)
    arena = material.fakes
    progress.start("calibrating", 2 * _count(arena, "calibrate", material.held_out))
    answers = joined(
        [
            answers_of(detector, arena_clips(arena, "calibrate", held_out=material.held_out), progress),
            answers_of(
                detector,
                arena_clips(arena, "calibrate", held_out=material.held_out, degraded=draw, seed=material.seed),
                progress,
            ),
        ]
    )
    clips = [clip for clip in arena.where(split="calibrate") if clip.generator not in material.held_out]
    answers = replace(answers, weights=np.tile(clip_weights(arena, clips), 2))
    people = len(set(answers.people))
    data = (
        f"{len(answers.people) // 2} clips of {people} people whom it has not learnt from, as they are and degraded by "
        f"chance: originals and fakes by {', '.join(material.generators)}{_counting(clips)}"
    )
    calibration = calibration_of(answers, data)
    progress.start("testing", len(TESTED) * _count(arena, "test", ()))
    figures = {name: _tested(detector, material, name, calibration, progress) for name in TESTED}
    return Proof(calibration, figures)


def _counting(clips: Sequence[ArenaClip]) -> str:
    """How much rendered people count, where there are others too."""
    mixed = len({clip.material == "rendered" for clip in clips}) > 1
    return "; rendered people count no more than the others together" if mixed else ""


def joined(parts: Sequence[Answers]) -> Answers:
    """Several sets of answers as one."""
    return Answers(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.fake for part in parts]),
        tuple(person for part in parts for person in part.people),
        tuple(measures for part in parts for measures in part.measures),
        None
        if any(part.weights is None for part in parts)
        else np.concatenate([part.weights for part in parts if part.weights is not None]),
    )


def _count(arena: Arena, split: str, held_out: Sequence[str]) -> int:
    return sum(clip.generator not in held_out for clip in arena.where(split=split))


def _tested(
    detector: Detector, material: Material, degradation: str, calibration: Calibration, progress: Progress
) -> dict[str, Any]:
    arena = material.fakes
    clips = arena.where(split="test")
    answers = answers_of(detector, arena_clips(arena, "test", degraded=lambda _rng: NAMED[degradation]), progress)
    generator = np.array([clip.generator for clip in clips])
    values, given = answers.values, answers.given
    real = given & (generator == ORIGINAL)

    def against(names: Sequence[str]) -> float:
        chosen = real | (given & np.isin(generator, names))
        return auc(values[chosen], answers.fake[chosen])

    known = given & ~np.isin(generator, material.held_out)
    within = known & np.array([not calibration.outside(measures) for measures in answers.measures])
    likely = np.array([_posterior(calibration, value) for value in values[within]])
    figures = {
        "auc": against(material.generators),
        "auc_held_out": against(material.held_out),
        "eer": eer(values[known], answers.fake[known]),
        "ece_before": ece(values[known], answers.fake[known]),
        "ece_after": ece(likely, answers.fake[within]),
        "within_calibration": float(within.sum() / max(1, known.sum())),
        **{f"auc_{name}": against([name]) for name in arena.generators},
        **_by_material(answers, [clip.material for clip in clips], known),
    }
    counted = {
        "real": int(real.sum()),
        "fakes": int((given & ~real).sum()),
        "people": len(arena.people("test")),
        "answered": float(given.mean()) if len(given) else 0.0,
    }
    return {name: round(value, 4) for name, value in figures.items() if np.isfinite(value)} | counted


def _by_material(answers: Answers, material: Sequence[str], known: np.typing.NDArray[np.bool_]) -> dict[str, float]:
    """The AUC of known generators on each kind of material, where there is more than one."""
    kinds = np.array(material)
    if len(set(material)) < 2:
        return {}
    return {
        f"auc_on_{kind}": auc(answers.values[chosen], answers.fake[chosen])
        for kind in sorted(set(material))
        if (chosen := known & (kinds == kind)).any()
    }


def _by_own_clips(detector: Detector, material: Material, progress: Progress) -> Proof:
    assert isinstance(detector, CalibratesItself)  # noqa: S101 - asked by the caller
    progress.start("calibrating", None)
    answers = answers_of(detector, detector.calibration_clips(material, "calibrate"), progress)
    data = f"{len(answers.people)} clips of {len(set(answers.people))} people whom it has not learnt from"
    calibration = calibration_of(answers, data)
    progress.start("testing", None)
    tested = answers_of(detector, detector.calibration_clips(material, "test"), progress)
    given = tested.given
    values, fake = tested.values[given], tested.fake[given]
    figures = {
        "auc": auc(values, fake),
        "eer": eer(values, fake),
        "ece_before": ece(values, fake),
        "ece_after": ece(np.array([_posterior(calibration, value) for value in values]), fake),
    }
    counted = {
        "real": int((~fake).sum()),
        "fakes": int(fake.sum()),
        "people": len(set(tested.people)),
        "answered": float(given.mean()) if len(given) else 0.0,
    }
    return Proof(
        calibration,
        {_AS_THEY_ARE: {name: round(value, 4) for name, value in figures.items() if np.isfinite(value)} | counted},
    )


def _posterior(calibration: Calibration, value: float) -> float:
    """The probability of a fake where as many are fakes as are not."""
    return float(1 / (1 + 10 ** -calibration.log10_lr(value)))
