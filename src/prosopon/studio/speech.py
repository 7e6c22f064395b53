"""`Speech`: a text as sound, and when which sound is heard."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Audio
from prosopon.core.errors import UsageError
from prosopon.studio import espeak, voice
from prosopon.studio.person import Identity
from prosopon.studio.visemes import Spoken

VOICES = ("auto", "espeak", "own")
MAX_OFFSET_S = 5.0
"""How far sound and picture may be apart."""
_LEAD_S = 0.15
"""Nobody speaks from the first frame on."""
_FADE_S = 0.02

SENTENCES = (
    "My brother bought five warm pies before we moved the boat.",
    "Please put the purple paper bag beside the open window.",
    "She thinks the river shines more brightly after a shower of rain.",
    "We have found a very old map of the whole valley.",
    "Both of them would rather walk than wait for the bus.",
    "You choose the music, and I will measure the flour.",
    "The judge gave a short speech about the new bridge.",
    "Why do yellow leaves fall so slowly in autumn?",
    "Mary mixed milk, butter and plums in a wide bowl.",
    "Few people know how quickly fog can fill a harbour.",
    "Our camera was too near, so the picture shows only a shoe.",
    "Bob may be home by nine, if the roads are free of snow.",
    "I saw the same film twice, and it made me laugh both times.",
    "Could you push the blue chair over there, where the light is better?",
    "The weather will be mild, with a faint breeze from the west.",
    "They wash the wool, dry it, and weave it into cloth.",
)
"""Said where no text is given: our own, so that every sound and every mouth occurs often."""


@dataclass(frozen=True)
class Speech:
    """A text as it is said in a clip.

    Attributes:
        text: what is said.
        voice: whose voice: `espeak` or `own`.
        sounds: what the mouth says when, on the picture's clock.
        samples: `float32 (N,)` in [-1, 1], the sound from time 0 of the clip on, the offset included.
        rate: samples per second.
        av_offset_ms: by how much the sound comes after the picture; below 0 before it.
    """

    text: str
    voice: str
    sounds: tuple[Spoken, ...]
    samples: NDArray[np.float32]
    rate: int
    av_offset_ms: float = 0.0

    @property
    def audio(self) -> Audio:
        """The sound for a clip."""
        return Audio.of(self.samples, self.rate)

    def as_json(self) -> dict[str, Any]:
        """What the ground truth says about it."""
        wave = (self.samples * 32767).round().astype("<i2")
        return {
            "text": self.text,
            "language": "en",
            "voice": self.voice,
            "rate_hz": self.rate,
            "av_offset_ms": self.av_offset_ms,
            "samples_sha256": hashlib.sha256(wave.tobytes()).hexdigest(),
            "phonemes": [[sound.symbol, round(sound.start_s, 4), round(sound.end_s, 4)] for sound in self.sounds],
        }


def pick_voice(wanted: str) -> str:
    """`espeak` or `own`: what `auto` means on this machine.

    Raises:
        UsageError: there is no such voice.
    """
    if wanted not in VOICES:
        raise UsageError(f"there is no voice {wanted!r}", f"use one of {', '.join(VOICES)}")
    if wanted != "auto":
        return wanted
    return "espeak" if espeak.is_installed() else "own"


def pitch_of(identity: Identity) -> float:
    """A pitch in Hz that suits somebody: heavy jaws and brows go with low voices more often than not."""
    shape = identity.shape
    heavy = (shape.jaw_width + shape.brow_ridge + shape.neck_width + shape.chin_width) / 4
    return float(np.clip(155.0 * np.exp(-0.28 * heavy - (0.15 if identity.beard else -0.1)), 85, 260))


def speak(
    text: str | None,
    seconds: float,
    rng: np.random.Generator,
    *,
    wanted: str = "auto",
    pitch_hz: float = 140.0,
    av_offset_ms: float = 0.0,
) -> Speech:
    """Say something for a clip of some seconds; what does not fit is cut off.

    Args:
        text: English; None: sentences drawn from `SENTENCES` until the time is filled.
        seconds: length of the clip.
        rng: draws sentences and the unsteadiness of our own voice.
        wanted: one of `VOICES`.
        pitch_hz: of the voice.
        av_offset_ms: by how much the sound shall come after the picture.

    Raises:
        UsageError: there is no such voice, nothing to say, or the offset is too large.
        MissingError: espeak-ng is asked for and not installed.
    """
    name = pick_voice(wanted)
    if abs(av_offset_ms) > 1000 * MAX_OFFSET_S:
        raise UsageError(f"an offset of {av_offset_ms:g} ms", f"give up to {1000 * MAX_OFFSET_S:g}")
    seed = int(rng.integers(2**31))
    order = rng.permutation(len(SENTENCES))
    said = text.strip() if text is not None else _filling(seconds, order)
    if not voice.schedule(said):
        raise UsageError(f"there is nothing to say in {said!r}", "give words of letters, or numbers")
    if name == "espeak":
        heard = espeak.say(said, pitch=int(np.clip(50 + 32 * np.log2(pitch_hz / 130.0), 5, 95)))
        lead = np.zeros(round(_LEAD_S * heard.rate), np.float32)
        samples, rate = np.concatenate([lead, heard.samples]), heard.rate
        sounds = [Spoken(s.symbol, s.start_s + _LEAD_S, s.end_s + _LEAD_S) for s in heard.sounds]
    else:
        sounds, rate = voice.schedule(said, _LEAD_S), voice.RATE
        samples = voice.sing(sounds, seconds + MAX_OFFSET_S, pitch_hz, seed)
    kept = tuple(sound for sound in sounds if sound.start_s < seconds)
    return Speech(said, name, kept, _placed(samples, rate, seconds, av_offset_ms), rate, av_offset_ms)


def _filling(seconds: float, order: NDArray[np.int64]) -> str:
    """Sentences that last at least so long, each of which takes about three seconds."""
    count = int(seconds / 2) + 1
    return " ".join(SENTENCES[order[k % len(order)]] for k in range(count))


def _placed(samples: NDArray[np.float32], rate: int, seconds: float, offset_ms: float) -> NDArray[np.float32]:
    """Samples shifted by the offset, cut or filled to the length of the clip, and faded out at a cut."""
    count = round(seconds * rate)
    shift = round(offset_ms / 1000 * rate)
    out = np.zeros(count, np.float32)
    source = samples[max(0, -shift) :]
    start = min(max(0, shift), count)
    fitting = min(count - start, len(source))
    out[start : start + fitting] = source[:fitting]
    if fitting < len(source):
        fade = min(round(_FADE_S * rate), count)
        out[count - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return out
