"""`SyntheticVoice`: was the voice that is heard recorded, or made?"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from prosopon.core.calibration import Calibration
from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError
from prosopon.core.faces import Tracks
from prosopon.core.progress import Progress
from prosopon.core.protocols import Needs
from prosopon.core.score import Reason, Score, Series
from prosopon.detect.audio.cepstra import Cepstra
from prosopon.detect.audio.learning import proof, training
from prosopon.detect.audio.net import Listener, ListenerConfig
from prosopon.detect.audio.recipe import MOST_LOGIT, NET, window_logits
from prosopon.detect.audio.recordings import MARGIN_S
from prosopon.detect.audio.vocoders.named import Sound
from prosopon.detect.audio.windows import WINDOW, cut_windows, window_starts
from prosopon.detect.learning.proving import Proof
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.detect.learning.trained import Trained
from prosopon.detect.learning.weights import Opened
from prosopon.media.heard import RATE, heard
from prosopon.media.short_time import stft
from prosopon.media.speech_activity import HOP_S, Activity, activity
from prosopon.models.checkpoint import load_strict, part
from prosopon.train.rebuild import from_table
from prosopon.train.recipe import Recipe

WHY_NO_VERDICT = (
    "It has learnt from few voices, and real ones from elsewhere may well sound made to it: "
    "this is shown, and does not count as evidence"
)
_LEAST_SPEECH_S = 0.8
_ENOUGH_DB = 40.0
"""Noise that is so far below speech counts as this, as do pauses that were emptied with an editor."""
_MOST_WINDOWS = 120
"""Of a long sound, spread over it."""


class SyntheticVoice(Trained):
    """A net that listens to the wave, and beside it the likelihood ratio of cepstra.

    The value is the sigmoid of the mean logit over windows of speech. It does not count as evidence, see
    `WHY_NO_VERDICT`. The mixtures of cepstra are told beside it and play no part in it: they are the plain baseline.

    Args:
        net: judges windows of sound.
        cepstra: the baseline; None for none.
        calibration: what values are worth.
    """

    technique: ClassVar[str] = "audio"
    shipped: ClassVar[str | None] = "audio.studio"
    needs: ClassVar[frozenset[Needs]] = frozenset({Needs.SOUND})
    judges: ClassVar[bool] = False
    material: ClassVar[tuple[str, ...]] = ("bandwidth_hz", "speech_above_noise_db")
    """Measures that say what kind of sound it is, to compare with what was calibrated on."""

    def __init__(self, net: Listener, cepstra: Cepstra | None = None, calibration: Calibration | None = None) -> None:
        self.net = net.eval().requires_grad_(False)
        self.cepstra = cepstra
        self.calibration = calibration

    @classmethod
    def tiny(cls) -> Self:
        """One with random weights, for tests."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return cls(Listener(ListenerConfig()))

    @classmethod
    def made_of(cls, opened: Opened) -> Self:
        """With the parts that the weights hold.

        Raises:
            CheckpointError: they do not fit.
        """
        with torch.random.fork_rng(devices=[]):
            net = Listener(from_table(ListenerConfig, opened.card.get("model", {}), opened.name))
        load_strict(net, part(opened.state, NET), opened.name)
        return cls(net, Cepstra.of_state(opened.state, opened.name), opened.calibration)

    @classmethod
    def training(cls, material: Material, options: LearningOptions) -> Recipe:
        """Recordings of people in footage, and copies of them; see `learning`."""
        return training(material, options)

    def proved(self, material: Material, progress: Progress) -> Proof:
        """What its values are worth, see `learning`."""
        return proof(self, material, progress)

    def score(self, clip: Clip, tracks: Tracks) -> Score:
        """Whether the voice in a clip's sound was made; who is seen plays no part."""
        if clip.audio is None:
            return Score.abstain(Reason.NO_SOUND, f"{clip.name} has no sound")
        try:
            sound = heard(clip.audio)
        except MediaError as error:
            return Score.abstain(Reason.NO_SOUND, error.what)
        found = activity(sound, RATE)
        if found.voiced_s < _LEAST_SPEECH_S / 2 or found.speech_s < _LEAST_SPEECH_S:
            return Score.abstain(Reason.NO_SPEECH, f"nobody is heard speaking in {clip.name}")
        at = _spoken(found, len(sound))
        voice = sound[at]
        starts = window_starts(len(voice))
        windows = cut_windows(voice)
        some = np.unique(np.linspace(0, len(windows) - 1, min(_MOST_WINDOWS, len(windows))).round().astype(int))
        logits = np.clip(window_logits(self.net, windows[some]), -MOST_LOGIT, MOST_LOGIT)
        values = 1 / (1 + np.exp(-logits))
        measures = {"speech_s": found.speech_s, "windows": float(len(some)), **_material(sound, found)}
        ratio = None if self.cepstra is None else self.cepstra.ratio(sound)
        if ratio is not None:
            measures["cepstra_log_ratio"] = ratio
        outside = () if self.calibration is None else self.calibration.outside(measures)
        middles = np.minimum(np.array([starts[i] for i in some]) + WINDOW // 2, len(at) - 1)
        times = clip.audio.start_s + at[middles] / RATE
        series = (Series("value of the voice, over 3 s", "", times, values.astype(np.float32)),)
        if outside:
            named = ", ".join(name.replace("_", " ") for name in outside)
            return Score(
                value=None,
                series=series,
                measures=measures,
                abstained=Reason.OUTSIDE_CALIBRATION,
                because=f"it was calibrated on other sounds than this one ({named})",
            )
        return Score(
            value=float(1 / (1 + np.exp(-logits.mean()))),
            series=series,
            measures=measures,
            evidence=_told(values, times),
            calibration=self.calibration,
        )


def _spoken(found: Activity, length: int) -> NDArray[np.int64]:
    """Which samples are heard: speech and a little around it, as in what was learnt from; pauses tell of rooms."""
    reach = round(MARGIN_S / HOP_S)
    near = binary_dilation(found.speaking, iterations=reach)
    moments = np.minimum(np.arange(length) // round(HOP_S * RATE), len(near) - 1)
    return np.flatnonzero(near[moments])


def _material(sound: Sound, found: Activity) -> dict[str, float]:
    """What kind of sound it is: up to where it reaches, and how far speech stands out."""
    power = np.abs(stft(sound[: 30 * RATE], 512, 256)) ** 2
    loud = power[power.sum(1) >= np.percentile(power.sum(1), 60)].mean(0)
    level = 10 * np.log10(loud + 1e-12)
    above = np.flatnonzero(level > level.max() - 60)
    floor = np.percentile(found.level_db, 5)
    return {
        "bandwidth_hz": float(above[-1] * RATE / 512) if len(above) else 0.0,
        "speech_above_noise_db": min(float(np.median(found.level_db[found.speaking]) - floor), _ENOUGH_DB),
    }


def _told(values: NDArray[np.float64], times: NDArray[np.float64]) -> tuple[str, ...]:
    above = values > 0.5
    if not above.any():
        said = "No three seconds of it sound made to the net"
    elif above.all():
        said = "All of it sounds made to the net"
    else:
        worst = float(times[int(np.argmax(values))])
        said = f"{above.mean():.0%} of it sounds made to the net, most of all around {worst:.0f} s"
    return (said, WHY_NO_VERDICT)
