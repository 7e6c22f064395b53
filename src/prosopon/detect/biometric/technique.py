"""`Biometric`: does the person of a clip move as one who is known does?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, get_args

import numpy as np
from numpy.typing import NDArray

from prosopon.core.calibration import Calibration
from prosopon.core.clip import Clip
from prosopon.core.errors import CheckpointError, MissingError
from prosopon.core.faces import Tracks
from prosopon.core.protocols import Needs
from prosopon.core.score import Reason, Score, Series
from prosopon.detect.biometric.correlations import LEAST_FOUND, PAIRS, WINDOW_S, Windows, windows
from prosopon.detect.biometric.model import PersonModel, sigmoid
from prosopon.detect.biometric.recording import Joins, recording_of
from prosopon.detect.biometric.signals import IN_WORDS, NAMES, Kind, Signals, kind_of, signals_of
from prosopon.detect.learning.trained import Trained
from prosopon.detect.learning.weights import Opened, calibration_in
from prosopon.faces.likeness import joined_across_cuts
from prosopon.models.checkpoint import load
from prosopon.train.trained import find_trained

TECHNIQUE = "biometric"
PERSON, SIGNALS, JOINS = "person", "signals", "joins"
"""What a card names besides what all cards do."""
_TOLD = 3
_SAID_LOG10_LR = 0.3
"""From twice as likely on it is said plainly how the person moves."""
_SHOWN = ("pitch", "roll", "mouth_h", "mouth_v")


@dataclass(frozen=True)
class About:
    """Whom a model is of, and of which signals.

    Attributes:
        person: who.
        kind: what action units are read from.
        joins: how the pieces of a clip are joined.
    """

    person: str
    kind: Kind
    joins: Joins = "centred"

    def as_card(self) -> dict[str, str]:
        """What a card says of it."""
        return {PERSON: self.person, SIGNALS: self.kind, JOINS: self.joins}

    @classmethod
    def of_card(cls, card: Mapping[str, Any], name: str) -> Self:
        """Back from the card of the weights `name`.

        Raises:
            CheckpointError: it does not say.
        """
        kinds: dict[Any, Kind] = {kind: kind for kind in get_args(Kind)}
        ways: dict[Any, Joins] = {joins: joins for joins in get_args(Joins)}
        if card.get(SIGNALS) not in kinds or card.get(JOINS) not in ways:
            raise CheckpointError(f"the card of {name} does not say what it was learnt from", "train it again")
        return cls(str(card.get(PERSON, name)), kinds[card[SIGNALS]], ways[card[JOINS]])


class Biometric(Trained):
    """A model of one person, and clips compared with it. Its values are of 'not this person', not of 'synthetic'.

    Args:
        model: of the person.
        about: whom it is of.
        calibration: what values are worth.
        card: of the weights.
    """

    needs: ClassVar[frozenset[Needs]] = frozenset({Needs.MOTION})
    judges: ClassVar[bool] = True
    technique: ClassVar[str] = TECHNIQUE

    def __init__(
        self,
        model: PersonModel,
        about: About,
        calibration: Calibration | None = None,
        card: Mapping[str, Any] | None = None,
    ) -> None:
        self.model, self.about = model, about
        self.calibration = calibration
        self.card = dict(card or {})

    @property
    def sides(self) -> tuple[str, str]:
        """What a value of 1 and one of 0 speak for: not what they do elsewhere."""
        return "somebody else", self.about.person

    @classmethod
    def tiny(cls) -> Self:
        """A person who moves at random, for tests."""
        vectors = np.random.default_rng(0).uniform(-1, 1, (4, len(PAIRS)))
        usual, spread = np.zeros(len(PAIRS)), np.ones(len(PAIRS))
        model = PersonModel(vectors, np.full(4, 0.25), 0.0, 0.01, 0.5, 0.1, usual, spread)
        return cls(model, About("nobody", "landmarks"))

    @classmethod
    def from_weights(cls, weights: str | None = None) -> Self:
        """The detector with a person's model by name, path or run folder.

        Raises:
            MissingError: none was named, since nobody's comes with the package; or it is not there.
            CheckpointError: it is damaged, or no person's model.
        """
        line = "prosopon train biometric --person DIR -o RUN"
        if weights is None:
            raise MissingError(
                "nobody was named whom the person could be", f"learn somebody with {line}, then detect --person RUN"
            )
        entry = find_trained(weights, "train biometric --person DIR")
        if entry.technique != TECHNIQUE:
            raise MissingError(
                f"the weights {entry.name} are of {entry.technique}, not of a person", f"learn one: {line}"
            )
        state, card = load(entry.path)
        return cls.of(Opened(entry.name, entry.sha256, state, card, calibration_in(card, entry.name)))

    @classmethod
    def made_of(cls, opened: Opened) -> Self:
        """With the model of a person.

        Raises:
            CheckpointError: it is none.
        """
        model, about = PersonModel.of(opened.state, opened.name), About.of_card(opened.card, opened.name)
        return cls(model, about, opened.calibration, opened.card)

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """How unlike the known person the most prominent one moves; 1 is unlike.

        Windows of 10 s are compared; a clip's value is the sigmoid of the mean of their logits, a frame's that of the
        windows that it lies in.
        """
        main = joined_across_cuts(tracks).main
        if main is None or not any(face.landmarks is not None for face in main.faces.values()):
            return Score.abstain(Reason.NO_FACE, f"no face was found in {clip.name}")
        if self.about.kind == "blendshapes" and kind_of(main) != "blendshapes":
            return Score.abstain(
                Reason.OUTSIDE_CALIBRATION,
                f"{self.about.person} was learnt from MediaPipe's blendshapes, and {tracks.back_end} gives none",
            )
        signals = signals_of(main, clip.times, self.about.kind)
        recording = recording_of(self.about.person, [signals])
        found = windows(recording, self.about.joins)
        series = _measured(signals)
        if not len(found):
            why = (
                f"the face is found in less than {LEAST_FOUND:.0%} of every {WINDOW_S:.0f} s"
                if found.left_out
                else f"the face can be followed for {recording.seconds:.1f} s, and {WINDOW_S:.0f} s are needed"
            )
            return Score(value=None, series=series, abstained=Reason.TOO_SHORT, because=why)
        logits = self.model.logits(found.features)
        by_window = sigmoid(logits)
        per_frame = _per_frame(signals, found, logits)
        value = float(sigmoid(np.array([logits.mean()]))[0])
        times = np.asarray(clip.times, np.float64)
        return Score(
            value=value,
            per_frame=per_frame,
            series=(Series(f"unlike {self.about.person}", "", times, per_frame), *series),
            measures={
                "windows": float(len(found)),
                "windows_apart": float(len(found.apart())),
                "signals_still": float(found.still.mean()),
                "most_unlike": float(by_window.max()),
                "least_unlike": float(by_window.min()),
            },
            evidence=self._evidence(found, float(logits.mean())),
            calibration=self.calibration,
        )

    def _evidence(self, found: Windows, logit: float) -> tuple[str, ...]:
        speaks = self._speaks(logit)
        said = (
            f"moves unlike {self.about.person}: evidence only if this is said to be {self.about.person}"
            if speaks >= 1
            else f"moves like {self.about.person}"
            if speaks <= -1
            else f"neither like nor unlike {self.about.person}"
        )
        here = found.features.mean(0)
        apart = (here - self.model.usual) / np.maximum(self.model.spread, 0.1)
        most = np.argsort(-np.abs(apart))[: _TOLD if speaks > 0 else 0].tolist()
        return (said, *(self._pair(index, float(here[index])) for index in most))

    def _speaks(self, logit: float) -> float:
        """How much a clip speaks for somebody else, 1 from where that is worth saying; by the calibration if any."""
        if self.calibration is None:
            return (logit + 0.5) / 1.5
        value = float(sigmoid(np.array([logit]))[0])
        return self.calibration.log10_lr(value) / _SAID_LOG10_LR

    def _pair(self, index: int, here: float) -> str:
        first, second = (IN_WORDS[NAMES[signal]] for signal in PAIRS[index])
        return f"{first} and {second}: correlation {here:+.2f}, usual {self.model.usual[index]:+.2f}"


def _per_frame(signals: Signals, found: Windows, logits: NDArray[np.float64]) -> NDArray[np.float32]:
    """The mean of the windows over each frame in which the face was found; NaN where there is none."""
    first = np.searchsorted(signals.times, found.spans[:, 0] - 1e-6)
    after = np.searchsorted(signals.times, found.spans[:, 1] + 1e-6)
    sums, counts = np.zeros(len(signals.times) + 1), np.zeros(len(signals.times) + 1)
    for places, sign in ((first, 1), (after, -1)):
        np.add.at(sums, places, sign * logits)
        np.add.at(counts, places, sign)
    sums, counts = np.cumsum(sums)[:-1], np.cumsum(counts)[:-1]
    per_frame = np.full(len(signals.times), np.nan, np.float32)
    seen = (counts > 0.5) & signals.found
    per_frame[seen] = sigmoid(sums[seen] / counts[seen])
    return per_frame


def _measured(signals: Signals) -> tuple[Series, ...]:
    units = {"pitch": "degrees", "roll": "degrees", "mouth_h": "cm of a mean head", "mouth_v": "cm of a mean head"}
    return tuple(
        Series(IN_WORDS[name], units[name], signals.times, signals.values[:, NAMES.index(name)].astype(np.float32))
        for name in _SHOWN
    )
