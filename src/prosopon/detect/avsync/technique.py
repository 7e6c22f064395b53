"""`AvSync`: does the mouth that is seen say what is heard?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from prosopon.core.calibration import Calibration
from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError
from prosopon.core.faces import Tracks
from prosopon.core.progress import Progress
from prosopon.core.protocols import Needs
from prosopon.core.score import Reason, Score, Series
from prosopon.detect.avsync.expectation import Expectation
from prosopon.detect.avsync.fitting import fitted, proof
from prosopon.detect.avsync.lips import Lips
from prosopon.detect.avsync.matching import NONE, OFFSETS_S, Match, matched
from prosopon.detect.avsync.mouth import HZ, SIGNALS, Passage, passages
from prosopon.detect.avsync.sound import INPUTS, Heard, listened
from prosopon.detect.learning.proving import Proof
from prosopon.detect.learning.trainable import Fitted, Material
from prosopon.detect.learning.trained import Trained
from prosopon.detect.learning.weights import Opened

_LEAST_FPS = 15.0
_LEAST_SPEECH_S = 0.8
_LEAST_COMPARED_S = 1.0
_STILL = 0.007
"""Of the outer lips' opening, in distances between the eyes: mouths that move less do not speak, or cannot be read."""
_SURE = 0.25
"""`Match.confidence` from which an offset is told."""
_FAR_S = 0.2
_EVEN = 0.5


class _CannotTellError(Exception):
    """Mouth and sound cannot be compared."""

    def __init__(self, reason: Reason, because: str) -> None:
        super().__init__(because)
        self.reason = reason
        self.because = because


@dataclass(frozen=True)
class _Compared:
    match: Match
    passages: tuple[Passage, ...]
    sound: Heard


class AvSync(Trained):
    """Mouth opening against speech: the offset between them, and whether they belong together at all.

    Args:
        lips: which movement goes with a sound.
        expectation: what agreement to expect.
        calibration: what values are worth.
    """

    technique: ClassVar[str] = "avsync"
    shipped: ClassVar[str | None] = "avsync.studio"
    needs: ClassVar[frozenset[Needs]] = frozenset({Needs.MOTION, Needs.SOUND})
    judges: ClassVar[bool] = True
    sides: ClassVar[tuple[str, str]] = ("words of somebody else", "words of the mouth that is seen")
    """What its values speak for. Fakes that keep lips and sound together are no side of it: it never acquits."""

    def __init__(self, lips: Lips, expectation: Expectation, calibration: Calibration | None = None) -> None:
        self.lips = lips
        self.expectation = expectation
        self.calibration = calibration

    @classmethod
    def tiny(cls) -> Self:
        """One that expects movements at random, for tests."""
        lips = np.random.default_rng(0).normal(size=(INPUTS, len(SIGNALS)))
        return cls(Lips(lips), Expectation(0.5, 0.2, 0.0, 0.2, 4.0))

    @classmethod
    def made_of(cls, opened: Opened) -> Self:
        """With the parts that the weights hold.

        Raises:
            CheckpointError: they do not fit.
        """
        return cls(
            Lips.of_state(opened.state, opened.name),
            Expectation.of_state(opened.state, opened.name),
            opened.calibration,
        )

    @classmethod
    def fitted(cls, material: Material, progress: Progress) -> Fitted:
        """Learn from footage of people who speak; see `fitting`."""
        return fitted(material, progress)

    def proved(self, material: Material, progress: Progress) -> Proof:
        """What its values are worth: each person is judged by what was learnt from the others."""
        return proof(material, progress)

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """Whether the most prominent person says what is heard."""
        try:
            compared = self._compared(clip, tracks)
        except _CannotTellError as error:
            return Score.abstain(error.reason, error.because)
        match = compared.match
        measures = {
            "correlation_without_offset": match.correlation(NONE),
            "best_correlation": match.correlation(match.best),
            "agreement_without_offset": float(match.agreements[NONE]),
            "best_agreement": float(match.agreements[match.best]),
            "confidence": match.confidence,
            "compared_s": match.seconds,
        }
        sure = match.confidence >= _SURE
        if sure:
            measures["offset_ms"] = 1000 * match.offset_s
        value = self.expectation.value(match)
        return Score(
            value=value,
            series=self._series(compared),
            measures=measures,
            evidence=_evidence(match, value, sure=sure),
            calibration=self.calibration,
        )

    def _compared(self, clip: Clip, tracks: Tracks) -> _Compared:
        """Mouth and sound.

        Raises:
            _CannotTellError: they cannot be compared.
        """
        if clip.audio is None:
            raise _CannotTellError(Reason.NO_SOUND, f"{clip.name} has no sound")
        if tracks.main is None or not len(clip):
            raise _CannotTellError(Reason.NO_FACE, f"no face was found in {clip.name}")
        if len(clip) < 2 or float(np.median(np.diff(clip.times))) > 1 / _LEAST_FPS:
            raise _CannotTellError(
                Reason.TOO_SHORT, f"words cannot be seen in fewer than {_LEAST_FPS:g} frames a second"
            )
        seen = passages(tracks.main.faces, clip.times)
        if not seen:
            raise _CannotTellError(Reason.TOO_SHORT, "the mouth is nowhere seen for a second without a gap")
        try:
            sound = listened(clip.audio)
        except MediaError as error:
            raise _CannotTellError(Reason.NO_SOUND, error.what) from error
        if sound.speaking.sum() < _LEAST_SPEECH_S * HZ:
            raise _CannotTellError(Reason.NO_SPEECH, "nobody is heard speaking")
        if float(np.concatenate([one.signals for one in seen])[:, 1].std()) < _STILL:
            raise _CannotTellError(
                Reason.NO_SPEECH, "speech is heard, but this mouth hardly moves: somebody else may be speaking"
            )
        match = matched(seen, sound, self.lips)
        if match is None or match.seconds < _LEAST_COMPARED_S:
            raise _CannotTellError(
                Reason.TOO_SHORT, "there is less than a second in which the mouth moves and speech is heard"
            )
        return _Compared(match, seen, sound)

    def _series(self, compared: _Compared) -> tuple[Series, ...]:
        match, seen, sound = compared.match, compared.passages, compared.sound
        expected = self.lips.expected(sound.inputs)[:, 0]
        spread = float(np.concatenate([one.signals for one in seen])[:, 0].std())
        times, values = _with_gaps([(one.times, one.signals[:, 0] / spread) for one in seen])
        return (
            Series("mouth opening, as it is seen", "standard deviations", times, values),
            Series("mouth opening, as the sound would have it", "", sound.times, expected.astype(np.float32)),
            Series("agreement of both, over 3 s", "", match.times, match.over_time(match.best).astype(np.float32)),
        )


def _with_gaps(
    parts: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Series one after the other, with a NaN between."""
    times = np.concatenate([np.append(at, at[-1] + 1 / HZ) for at, _ in parts])
    values = np.concatenate([np.append(row, np.nan) for _, row in parts])
    return times, values.astype(np.float32)


def _evidence(match: Match, value: float, *, sure: bool) -> tuple[str, ...]:
    limits = "A face swap keeps the lips of the footage: this says nothing about whose face it is"
    if not sure:
        return (f"At no offset up to {1000 * OFFSETS_S[-1]:.0f} ms do mouth and sound clearly fit each other", limits)
    correlation = f"a correlation of {match.correlation(match.best):.2f}"
    how = "fit each other" if value < _EVEN else "fit each other less than those of people who say what is heard"
    late = 1000 * match.offset_s
    if abs(late) < 1000 / HZ:
        said = f"Mouth and sound {how}: {correlation} without an offset"
    else:
        said = f"Mouth and sound {how}: {correlation} where the sound comes {abs(late):.0f} ms "
        said += "after the picture" if late > 0 else "before the picture"
    if abs(match.offset_s) > _FAR_S:
        said += ", further off than recordings usually are; players and editing programs do that as well as fakes"
    return (said, limits)
