"""How mouths are learnt to go with sounds, and what comes of it: everybody is judged by what was learnt from others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import UsageError
from prosopon.core.progress import Progress
from prosopon.datasets.people import owned_media
from prosopon.detect.avsync.expectation import OTHER_WORDS, Expectation
from prosopon.detect.avsync.lips import Lips
from prosopon.detect.avsync.matching import Match, matched
from prosopon.detect.avsync.sound import Heard
from prosopon.detect.avsync.speakers import Spoken, Trial, spoken, trials
from prosopon.detect.learning.calibrate import Answers, calibration_of
from prosopon.detect.learning.figures import auc, eer
from prosopon.detect.learning.material import ENOUGH_PX
from prosopon.detect.learning.proving import Proof
from prosopon.detect.learning.trainable import Fitted, Material

_LEAST_PEOPLE = 3
_WEAK = 2 / 3
"""The value of a likelihood ratio of 2, from which on there is weak evidence."""
_SHIFTS_S = (-0.4, -0.2, -0.08, 0.08, 0.2, 0.4)
"""By how much sounds are shifted to see whether that is found."""
_NEAR_S = 0.041
"""A frame of 25 a second, beside which nobody hears an offset."""


@dataclass(frozen=True)
class Judged:
    """A trial with what was found, by weights that know nothing of the person."""

    trial: Trial
    match: Match
    loudness: float
    """Correlation of the inner lips' opening with the loudness of speech: the comparison that needs no learning."""
    shift_errors_s: tuple[float, ...] = ()
    """How far off the offsets are that are found where the sound was shifted."""
    value: float = float("nan")


def fitted(material: Material, progress: Progress) -> Fitted:
    """Lips and expectation of everybody in the footage; see `proof` for what that is worth.

    Raises:
        UsageError: fewer than three people speak in it.
    """
    clips = _clips(material, progress)
    judged = _judged(clips, material.seed)
    lips = _lips(clips)
    state = {**lips.state(), **_expectation(judged).state()}
    people = sorted({clip.person for clip in clips})
    card = {
        "technique": "avsync",
        "config": "studio",
        "learnt_from": {"people": len(people), "clips": len(clips), "finders": sorted({c.finder for c in clips})},
    }
    inputs = {one.label: sha256_of(one.path) for one in owned_media(material.footage)}
    return Fitted(state, card, inputs)


def proof(material: Material, progress: Progress) -> Proof:
    """Calibration and figures of people judged by what was learnt from the others.

    Beside them those of a plain comparison: the inner lips' opening with the loudness of speech, without learning.
    """
    judged = _leaving_out(_judged(_clips(material, progress), material.seed))
    values = np.array([one.value for one in judged])
    fake = np.array([one.trial.fake for one in judged])
    people = tuple(one.trial.person for one in judged)
    answers = Answers(values, fake, people, tuple(dict(one.trial.measures) for one in judged))
    even = _everybody_alike(_with_kept_lips(answers), material.seed)
    kept = f"{1 - OTHER_WORDS:.0%} of the fakes keep lips and sound together, as face swaps do"
    data = (
        f"{len(judged)} clips of {len(set(people))} people, 3 to 12 s long, with their own sound and with that "
        "of other words of the same people, half of them with noise and codecs; everybody judged by what "
        f"others taught, and counted alike; {kept}"
    )
    calibration = calibration_of(even, data)
    # Larger faces are read better than these, not worse.
    ranges = {name: (low, max(high, ENOUGH_PX)) for name, (low, high) in calibration.ranges.items()}
    calibration = replace(calibration, real=int((~fake).sum()), fakes=int(fake.sum()), ranges=ranges)
    if calibration.slope > 1:
        # Values are likelihood ratios as they are. That they might say more is what so few people cannot show.
        calibration = replace(calibration, slope=1.0, offset=0.0, ece_after=calibration.ece_before)
    figures: dict[str, Mapping[str, Any]] = {}
    for clips in sorted({one.trial.clips for one in judged}):
        some = [one for one in judged if one.trial.clips == clips]
        figures[f"{clips} clips joined" if clips > 1 else "1 clip"] = _figures(some)
    return Proof(calibration, figures)


def _with_kept_lips(answers: Answers) -> Answers:
    """With fakes that keep lips and sound together: their answers are those about real clips."""
    real = np.flatnonzero(~answers.fake)
    wanted = round(answers.fake.sum() * (1 - OTHER_WORDS) / OTHER_WORDS)
    more = np.resize(real, wanted)
    at = np.concatenate((np.arange(len(answers.fake)), more))
    return Answers(
        answers.values[at],
        np.concatenate((answers.fake, np.ones(wanted, bool))),
        tuple(answers.people[i] for i in at),
        tuple(answers.measures[i] for i in at),
    )


def _everybody_alike(answers: Answers, seed: int) -> Answers:
    """Answers drawn such that everybody counts as much as everybody else, however many clips there are of them."""
    people = np.array(answers.people)
    most = max(int((people == person).sum()) for person in set(answers.people))
    rng = np.random.default_rng([seed, 5])
    drawn = [rng.choice(np.flatnonzero(people == person), most) for person in sorted(set(answers.people))]
    at = np.concatenate(drawn)
    return Answers(
        answers.values[at],
        answers.fake[at],
        tuple(answers.people[i] for i in at),
        tuple(answers.measures[i] for i in at),
    )


def _clips(material: Material, progress: Progress) -> tuple[Spoken, ...]:
    clips = tuple(spoken(material.footage, material.seed, progress))
    people = sorted({clip.person for clip in clips})
    if len(people) < _LEAST_PEOPLE:
        raise UsageError(
            f"{len(people)} people are seen and heard speaking in this footage",
            f"give videos of {_LEAST_PEOPLE} or more, a folder each, with --footage",
        )
    return clips


def _lips(clips: Sequence[Spoken]) -> Lips:
    both = [(clip.inputs(sound), clip.signals) for clip in clips for sound in range(len(clip.sounds))]
    return Lips.fitted([inputs for inputs, _ in both], [signals for _, signals in both])


def _judged(clips: Sequence[Spoken], seed: int) -> list[Judged]:
    """All trials of everybody, each by lips that were fitted to the others."""
    found = []
    for number, person in enumerate(sorted({clip.person for clip in clips})):
        lips = _lips([clip for clip in clips if clip.person != person])
        for finder in sorted({clip.finder for clip in clips}):
            mine = [clip for clip in clips if clip.person == person and clip.finder == finder]
            for trial in trials(mine, np.random.default_rng([seed, number])) if mine else ():
                match = matched(trial.passages, trial.sound, lips)
                if match is not None:
                    shifted = () if trial.fake else _shift_errors(trial, lips)
                    found.append(Judged(trial, match, _loudness(match, trial.sound), shifted))
    return found


def _leaving_out(judged: Sequence[Judged]) -> list[Judged]:
    """With values by an expectation that was fitted to the others."""
    found = []
    for person in sorted({one.trial.person for one in judged}):
        expected = _expectation([one for one in judged if one.trial.person != person])
        found += [replace(one, value=expected.value(one.match)) for one in judged if one.trial.person == person]
    return found


def _expectation(judged: Sequence[Judged]) -> Expectation:
    return Expectation.fitted(
        [one.match for one in judged if not one.trial.fake], [one.match for one in judged if one.trial.fake]
    )


def _loudness(match: Match, sound: Heard) -> float:
    level = np.interp(match.times, sound.times, sound.level_db)
    return float(np.corrcoef(match.signals[:, 0], level)[0, 1])


def _shift_errors(trial: Trial, lips: Lips) -> tuple[float, ...]:
    errors = []
    for shift in _SHIFTS_S:
        later = replace(trial.sound, start_s=trial.sound.start_s + shift)
        match = matched(trial.passages, later, lips)
        if match is not None:
            errors.append(match.offset_s - shift)
    return tuple(errors)


def _figures(judged: Sequence[Judged]) -> dict[str, Any]:
    fake = np.array([one.trial.fake for one in judged])
    values = np.array([one.value for one in judged])
    loudness = np.array([one.loudness for one in judged])
    by_person = [
        auc(values[mine], fake[mine])
        for person in {one.trial.person for one in judged}
        if (mine := np.array([one.trial.person == person for one in judged])).any()
    ]
    errors = np.abs([error for one in judged for error in one.shift_errors_s])
    return {
        "auc": round(auc(values, fake), 4),
        "auc_of_the_worst_person": round(float(np.nanmin(by_person)), 4),
        "auc_of_loudness_alone": round(auc(-loudness, fake), 4),
        "eer": round(eer(values, fake), 4),
        "real_ones_accused": round(float(np.mean(values[~fake] >= _WEAK)), 4),
        "others_found": round(float(np.mean(values[fake] >= _WEAK)), 4),
        "median_offset_error_ms": round(1000 * float(np.median(errors)), 1),
        "offsets_within_a_frame": round(float(np.mean(errors <= _NEAR_S)), 4),
        "compared_s": round(float(np.mean([one.match.seconds for one in judged])), 2),
        "real": int((~fake).sum()),
        "fakes": int(fake.sum()),
        "people": len({one.trial.person for one in judged}),
    }
