"""What both judges of voices learn from, and what they are worth on people and vocoders that they have not heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Audio, Clip
from prosopon.core.errors import UsageError
from prosopon.core.faces import Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.people import Split
from prosopon.detect.audio.cepstra import Cepstra
from prosopon.detect.audio.net import Listener, ListenerConfig
from prosopon.detect.audio.recipe import NET, HeldOutVoices, ListenerRecipe
from prosopon.detect.audio.recordings import FORMANT, REAL, VOICES, Recordings, recordings
from prosopon.detect.audio.rooms import NAMED, draw
from prosopon.detect.audio.vocoders.named import Sound
from prosopon.detect.audio.windows import Windows
from prosopon.detect.learning.calibrate import Answers, calibration_of
from prosopon.detect.learning.figures import auc, ece, eer
from prosopon.detect.learning.proving import Proof
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.media.heard import RATE
from prosopon.models.checkpoint import load, load_strict, part
from prosopon.train.schedule import Schedule
from prosopon.train.trained import find_trained

if TYPE_CHECKING:
    from prosopon.detect.audio.technique import SyntheticVoice

HELD_OUT = "world"
"""The vocoder that nothing that ships has heard, so that the error on unknown ones can be told."""
_SCHEDULE = Schedule(peak=2e-3, warm_up=40, horizon=480, weight_decay=1e-2)
_DEGRADED = "some way"
_DRAWS = 300


def training(material: Material, options: LearningOptions) -> ListenerRecipe:
    """The recipe of a listener, with mixtures of cepstra beside it.

    Raises:
        UsageError: nobody speaks in the footage, or nobody is left to learn from.
        MissingError: footage, or weights to start from, are not there.
    """
    heard = _recordings(material, SILENT)
    people = heard.split(_settled(material))
    learnt = _of(people, "train")
    kinds = tuple(kind for kind in heard.kinds if kind != HELD_OUT)
    if not heard.of(learnt, [REAL]):
        raise UsageError("there is nobody to learn from", "give videos or sounds with speech, with --footage")
    cepstra = Cepstra.fitted(heard, learnt, kinds, material.seed)
    net = Listener(ListenerConfig())
    if options.start_from is not None:
        entry = find_trained(options.start_from, "train detector audio")
        load_strict(net, part(load(entry.path)[0], NET), entry.name)
    names = sorted(set(learnt) - set(VOICES))
    return ListenerRecipe(
        options.name,
        net,
        Windows(heard, learnt, kinds),
        options.schedule(_SCHEDULE),
        card=options.card(
            "audio",
            "studio",
            model=asdict(net.config),
            learnt_from={"people": names, "fakes": list(kinds), "never_heard": HELD_OUT},
        ),
        data={"people": names, "kinds": list(kinds), "held_out": HELD_OUT},
        beside=cepstra.state(),
        inputs={"recordings": heard.store.sha256()},
        held_out=HeldOutVoices(heard, _of(people, "calibrate"), heard.kinds, (HELD_OUT,)),
    )


def proof(detector: SyntheticVoice, material: Material, progress: Progress) -> Proof:
    """Calibration on the people kept for that, figures on others: by vocoder, and by what happened to the sound.

    The vocoder that was never heard plays no part in the calibration.
    """
    heard = _recordings(material, progress)
    people = heard.split(_settled(material))
    known = tuple(kind for kind in heard.kinds if kind not in (HELD_OUT, FORMANT))
    kept = _of(people, "calibrate")
    answers = [_asked(detector, heard, kept, known, way) for way in (None, _DEGRADED)]
    calibration = calibration_of(_together([one.answers for one in answers]), _data(heard, kept, known))
    others = _of(people, "test")
    figures: dict[str, Mapping[str, Any]] = {}
    for name in (*NAMED, _DEGRADED):
        way = None if name == "as it is" else name
        asked = {kind: _asked(detector, heard, others, [kind], way, real=False) for kind in heard.kinds}
        real = _asked(detector, heard, others, [], way)
        figures[name] = _figures(real, asked, known, calibration.log10_lr)
    return Proof(calibration, figures)


def sound_clip(sound: Sound, name: str) -> tuple[Clip, Tracks]:
    """Samples at `media.heard.RATE` as a clip without pictures."""
    clip = Clip(0, 0, lambda: iter(()), (), audio=Audio.of(sound, RATE), name=name)
    return clip, Tracks((), 0, "none")


def _recordings(material: Material, progress: Progress) -> Recordings:
    if not material.footage:
        raise UsageError("this detector learns from voices", "give videos or sounds with speech, with --footage")
    return recordings(material.footage, material.seed, progress)


def _settled(material: Material) -> dict[str, Split]:
    """Who has a split already, in the arena that other detectors learn from."""
    if material.arena is None:
        return {}
    return {who: clip.split for clip in material.arena.clips for who in clip.people}


def _of(people: Mapping[str, Split], wanted: Split) -> tuple[str, ...]:
    return tuple(person for person, split in people.items() if split == wanted)


@dataclass(frozen=True)
class _Asked:
    """Answers about some sounds.

    Attributes:
        answers: of the detector.
        ratios: of the cepstra, `(N,)`, NaN where there is none.
        names: of the recordings, `(N,)`.
    """

    answers: Answers
    ratios: NDArray[np.float64]
    names: tuple[str, ...]


def _asked(
    detector: SyntheticVoice,
    heard: Recordings,
    people: Sequence[str],
    kinds: Sequence[str],
    way: str | None,
    *,
    real: bool = True,
) -> _Asked:
    """What is said of some people's recordings and copies; a recording and its copies go the same way."""
    values, fake, who, measures, ratios, names = [], [], [], [], [], []
    for number in heard.of(people, [*kinds, *([REAL] if real else [])]):
        take, sound = heard.takes[number], heard.sound(number)
        if way == _DEGRADED:
            sound = draw(np.random.default_rng([*take.name.encode(), 2]))(sound)
        elif way is not None:
            sound = NAMED[way](sound)
        score = detector.score(*sound_clip(sound, take.name))
        values.append(float("nan") if score.value is None else score.value)
        fake.append(take.kind != REAL)
        who.append(take.person)
        measures.append({name: score.measures[name] for name in detector.material if name in score.measures})
        ratios.append(score.measures.get("cepstra_log_ratio", float("nan")))
        names.append(take.name)
    answers = Answers(np.array(values, np.float64), np.array(fake, bool), tuple(who), tuple(measures))
    return _Asked(answers, np.array(ratios, np.float64), tuple(names))


def _together(parts: Iterable[Answers]) -> Answers:
    held = [*parts]
    return Answers(
        np.concatenate([one.values for one in held]),
        np.concatenate([one.fake for one in held]),
        tuple(person for one in held for person in one.people),
        tuple(measures for one in held for measures in one.measures),
    )


def _data(heard: Recordings, people: Sequence[str], kinds: Sequence[str]) -> str:
    voices = [person for person in people if person not in VOICES]
    return (
        f"{len(heard.of(voices, [REAL]))} recordings of {len(voices)} people whom it has not learnt from and copies of "
        f"them by {', '.join(kinds)}, as they are and after rooms, noise and codecs"
    )


def _figures(
    real: _Asked, asked: Mapping[str, _Asked], known: Sequence[str], ratio: Callable[[float], float]
) -> dict[str, Any]:
    """Errors of all known vocoders together, of the one never heard, and of each; and those of the cepstra."""

    def against(kinds: Sequence[str]) -> _Sounds:
        return _Sounds.of([real, *(asked[kind] for kind in kinds if kind in asked)])

    some, other = against(known), against([HELD_OUT])
    likely = np.array([1 / (1 + 10 ** -ratio(value)) for value in some.values])
    low, high = some.interval()
    figures = {
        "auc": auc(some.values, some.fake),
        "auc_held_out": auc(other.values, other.fake),
        "eer": eer(some.values, some.fake),
        "eer_low": low,
        "eer_high": high,
        "eer_held_out": eer(other.values, other.fake),
        "eer_of_cepstra": eer(some.ratios, some.fake),
        "eer_of_cepstra_held_out": eer(other.ratios, other.fake),
        "ece_before": ece(some.values, some.fake),
        "ece_after": ece(likely, some.fake),
        **{f"eer_{kind}": eer(one.values, one.fake) for kind in asked if len((one := against([kind])).values)},
    }
    counts = {
        "real": int((~some.fake).sum()),
        "fakes": int(sum(len(one.names) for one in asked.values())),
        "people": len(set(real.answers.people)),
    }
    return {name: round(value, 4) for name, value in figures.items() if np.isfinite(value)} | counts


@dataclass(frozen=True)
class _Sounds:
    """Answers about real sounds and fakes, those that got one."""

    values: NDArray[np.float64]
    ratios: NDArray[np.float64]
    fake: NDArray[np.bool_]
    names: NDArray[np.str_]

    @classmethod
    def of(cls, parts: Sequence[_Asked]) -> Self:
        """All of them together."""
        values = np.concatenate([one.answers.values for one in parts])
        ratios = np.concatenate([one.ratios for one in parts])
        given = np.isfinite(values) & np.isfinite(ratios)
        fake = np.concatenate([one.answers.fake for one in parts])
        return cls(values[given], ratios[given], fake[given], np.array([n for one in parts for n in one.names])[given])

    def interval(self) -> tuple[float, float]:
        """Where 95 of 100 equal error rates lie if recordings, with their copies, are drawn anew."""
        rng = np.random.default_rng(0)
        different = sorted(set(self.names.tolist()))
        of = {name: np.flatnonzero(self.names == name) for name in different}
        drawn = []
        for _ in range(_DRAWS):
            at = np.concatenate([of[different[i]] for i in rng.integers(len(different), size=len(different))])
            drawn.append(eer(self.values[at], self.fake[at]))
        return float(np.nanquantile(drawn, 0.025)), float(np.nanquantile(drawn, 0.975))
