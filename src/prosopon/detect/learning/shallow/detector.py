"""`FeatureDetector`: what detectors have in common that judge faces by measured features rather than by a net."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from prosopon.core.calibration import Calibration
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import CheckpointError
from prosopon.core.faces import Face, Tracks
from prosopon.core.progress import Progress
from prosopon.core.protocols import Needs
from prosopon.core.score import Reason, Score, Series
from prosopon.datasets.arena.arena import ORIGINAL, Arena, ArenaClip
from prosopon.datasets.degradations import draw
from prosopon.detect.learning.frame_detector import MOST_LOGIT, pooled
from prosopon.detect.learning.native import native_crops
from prosopon.detect.learning.shallow.fit import KINDS, Kind, chosen
from prosopon.detect.learning.shallow.model import ShallowModel
from prosopon.detect.learning.shallow.samples import Samples
from prosopon.detect.learning.trainable import Fitted, Material
from prosopon.detect.learning.trained import Trained
from prosopon.detect.learning.weights import Opened
from prosopon.faces.head_box import face_size

_LEARNT_FRAMES = 3
"""Frames of each clip that are learnt from in each look: neighbours say nearly the same."""
_LOOKS = 2
"""Looks at each clip: one as it is, the others degraded."""
_MOST_FRAMES = 16
"""Frames of a clip that are judged, spread over it: each takes tens of milliseconds, and the next says the same."""
_TELLING = 0.15
"""Change of the mean logit from which a group of features is worth a word."""


class FeatureDetector(Trained):
    """Features of faces at their own resolution, and a `ShallowModel` that judges them.

    A technique gives `technique`, `shipped`, `groups`, `side` and `features`. The value of a clip is the sigmoid of the
    mean of its frames' decisions.

    Args:
        model: the classifier.
        calibration: what values are worth.
        card: of the weights.
    """

    needs: ClassVar[frozenset[Needs]] = frozenset({Needs.FRAMES})
    judges: ClassVar[bool] = True
    side: ClassVar[float] = 1.3
    """Side of what is cut, in units of the face's size."""
    least_px: ClassVar[float] = 48.0
    """Faces that are smaller, in pixels of the frame, are not judged."""
    kinds: ClassVar[Sequence[Kind]] = KINDS
    """The classifiers that are tried."""
    groups: ClassVar[Mapping[str, slice]]
    """Features that are one thing to people: what the thing is -> where they are in the vector."""

    def __init__(
        self, model: ShallowModel, calibration: Calibration | None = None, card: Mapping[str, Any] | None = None
    ) -> None:
        self.model = model
        self.calibration = calibration
        self.card = dict(card or {})

    @classmethod
    def tiny(cls) -> Self:
        """One with a line drawn at random, for tests."""
        n = max(place.stop for place in cls.groups.values())
        line = np.random.default_rng(0).normal(size=2) / 10
        return cls(ShallowModel(np.zeros(n), np.ones(n), np.eye(n, 2), line, 0.0))

    @classmethod
    @abstractmethod
    def features(cls, crop: Frame) -> NDArray[np.float64]:
        """The features `(D,)` of a face `uint8 (S, S, 3)` at its own resolution, all finite."""

    @classmethod
    def made_of(cls, opened: Opened) -> Self:
        """With the classifier that was learnt.

        Raises:
            CheckpointError: they are not of these features.
        """
        model = ShallowModel.of(opened.state, opened.name)
        wanted = max(place.stop for place in cls.groups.values())
        if model.n_features != wanted:
            raise CheckpointError(
                f"{opened.name} judges {model.n_features} features, and {cls.technique} has {wanted}", "train it again"
            )
        return cls(model, opened.calibration, opened.card)

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """The answer about the most prominent person, or an abstention."""
        main = tracks.main
        places = {} if main is None else {i: face for i, face in main.faces.items() if face.landmarks is not None}
        if not places:
            return Score.abstain(Reason.NO_FACE, f"no face was found in {clip.name}")
        size = typical_px(places)
        if size < self.least_px:
            return Score.abstain(
                Reason.FACE_TOO_SMALL, f"the face is {size:.0f} pixels large, and {self.least_px:.0f} are needed"
            )
        rows = {index: self.features(crop) for index, crop in self._crops(clip, _spread(places))}
        if not rows:
            return Score.abstain(Reason.NO_FACE, f"no frame of {clip.name} shows the face")
        features = np.stack([*rows.values()])
        logits = self.model.decision(features).astype(np.float32)
        per_frame = np.full(len(clip), np.nan, np.float32)
        per_frame[[*rows]] = 1 / (1 + np.exp(-np.clip(logits, -MOST_LOGIT, MOST_LOGIT)))
        times = np.asarray(clip.times, np.float64)
        return Score(
            value=pooled(logits),
            per_frame=per_frame,
            series=(Series("value by frame", "", times, per_frame), *self.series(times, rows)),
            measures={"frames": float(len(rows)), "face_px": size, **self.measures(features)},
            evidence=self.evidence(features),
            calibration=self.calibration,
        )

    def series(self, times: NDArray[np.float64], rows: Mapping[int, NDArray[np.float64]]) -> tuple[Series, ...]:
        """What else is worth showing over time, by the features of each frame; nothing where a technique adds none."""
        return ()

    def measures(self, features: NDArray[np.float64]) -> dict[str, float]:
        """What is worth telling of the features `(N, D)` of a clip."""
        return {}

    def evidence(self, features: NDArray[np.float64]) -> tuple[str, ...]:
        """Which groups of features speak for or against a fake, the strongest first.

        A group's share is by how much the mean logit falls when all of its features are those of an average face of the
        training; shares need not add up to the whole, since groups go together.
        """
        whole = float(self.model.decision(features).mean())
        shares = {}
        for name, place in self.groups.items():
            usual = features.copy()
            usual[:, place] = self.model.mean[place]
            shares[name] = whole - float(self.model.decision(usual).mean())
        ranked = sorted(shares.items(), key=lambda one: -abs(one[1]))
        return tuple(_told(name, share) for name, share in ranked if abs(share) >= _TELLING)

    @classmethod
    def fitted(cls, material: Material, progress: Progress) -> Fitted:
        """Fit a classifier on an arena's people, chosen in cross-validation over them.

        Raises:
            UsageError: there is nothing to learn from.
        """
        arena = material.fakes
        samples = cls.samples(arena, "train", material.generators, material.seed, progress)
        best = chosen(samples, cls.kinds, material.seed, progress)
        card = {
            "technique": cls.technique,
            "config": "studio",
            "classifier": best.as_json(),
            "learnt_from": {
                "real_faces": int((~samples.fake).sum()),
                "fake_faces": int(samples.fake.sum()),
                "people": len(np.unique(samples.people)),
                "generators": list(material.generators),
            },
        }
        return Fitted(best.model.state(), card)

    @classmethod
    def samples(cls, arena: Arena, split: str, generators: Sequence[str], seed: int, progress: Progress) -> Samples:
        """Features of some frames of the originals and fakes of one split of an arena, as they are and degraded.

        Args:
            arena: where from.
            split: `train`, `calibrate` or `test`.
            generators: whose fakes count, beside the originals.
            seed: of the degradations: an original and its fakes get the same.
            progress: hears of every clip.
        """
        clips = arena.where(split=split, generators=(ORIGINAL, *generators))
        # Whose footage it is: the originals and fakes that show it are held out together.
        shown = [arena.original_of(clip).people[0] for clip in clips]
        people = sorted(set(shown))
        progress.start(f"measuring faces ({split})", len(clips))
        features, owners = [], []
        for number, (clip, who) in enumerate(zip(clips, shown, strict=True)):
            for look in range(_LOOKS):
                for row in cls._of_clip(arena, clip, look, seed):
                    features.append(row)
                    owners.append((clip.is_fake, number, people.index(who)))
            progress.advance()
        fake, numbers, who_each = np.array(owners, np.int64).reshape(-1, 3).T
        return Samples(np.array(features), fake.astype(bool), numbers, who_each)

    @classmethod
    def _of_clip(cls, arena: Arena, clip: ArenaClip, look: int, seed: int) -> Iterator[NDArray[np.float64]]:
        frames = np.asarray(arena.frames(clip))
        if look:
            frames = draw(np.random.default_rng([seed, look, *clip.original.encode()]))(frames)
        # Every look takes others, as evenly spread.
        at = (np.arange(_LEARNT_FRAMES) + (look + 0.5) / _LOOKS) * len(clip) / _LEARNT_FRAMES
        landmarks = arena.landmarks(clip)
        places = {int(index): Face.around(np.asarray(landmarks[int(index)])) for index in np.unique(at.astype(int))}
        if typical_px(places) >= cls.least_px:
            shown = Clip.of_frames(frames, clip.fps or 25)
            yield from (cls.features(crop) for _, crop in cls._crops(shown, places))

    @classmethod
    def _crops(cls, clip: Clip, places: Mapping[int, Face]) -> Iterator[tuple[int, Frame]]:
        """Those that are large enough to be measured: a face may shrink in the middle of a clip."""
        return (pair for pair in native_crops(clip, places, cls.side) if min(pair[1].shape[:2]) >= cls.least_px)


def _spread(places: Mapping[int, Face]) -> dict[int, Face]:
    """As many as are judged, the same way apart."""
    order = sorted(places)
    n = min(_MOST_FRAMES, len(order))
    return {order[at]: places[order[at]] for at in (np.arange(n) * len(order) // n).tolist()}


def typical_px(places: Mapping[int, Face]) -> float:
    """Median size of some faces in pixels of the frame; 0 where none has landmarks."""
    sizes = [face_size(face.landmarks) for face in places.values() if face.landmarks is not None]
    return float(np.median(sizes)) if sizes else 0.0


def _told(name: str, share: float) -> str:
    """What a group of features adds to the logit, in words."""
    return f"{name} as in {'fakes' if share > 0 else 'real footage'}: {math.exp(abs(share)):.1f} times the odds of that"
