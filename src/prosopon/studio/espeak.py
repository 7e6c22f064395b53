"""The voice of espeak-ng, where it is installed: samples, and when which sound is heard, as the program itself says.

espeak-ng is a program of its own (GPL-3.0) and no part of this package; its library is only called if the user has
installed it.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from ctypes.util import find_library
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MissingError, ProsoponError
from prosopon.studio.phonemes import SILENCE
from prosopon.studio.visemes import Spoken

_NAMES = ("libespeak-ng.so.1", "libespeak-ng.so", "libespeak-ng.1.dylib", "libespeak-ng.dylib", "libespeak-ng.dll")
_RETRIEVAL = 1
_EVENTS_IN_IPA = 1 | 2 | 0x8000  # phoneme events, in IPA; do not end the process where its data are missing
_END_OF_LIST, _PHONEME = 0, 7
_UTF8 = 1
_RATE_OF_SPEECH, _PITCH = 1, 3

_IPA = {
    "ɑː": "AA", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO", "ɔː": "AO", "oː": "AO", "o": "OW", "æ": "AE", "a": "AE", "aː": "AA",
    "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ᵻ": "IH", "ɪ": "IH", "i": "IY", "iː": "IY", "ɛ": "EH", "e": "EH", "eɪ": "EY",
    "ɜː": "ER", "ɜ": "ER", "ɚ": "ER", "ʊ": "UH", "u": "UW", "uː": "UW", "aɪ": "AY", "aʊ": "AW", "ɔɪ": "OY",
    "oʊ": "OW", "əʊ": "OW", "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "ɡ": "G", "g": "G", "tʃ": "CH",
    "dʒ": "JH", "f": "F", "v": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH", "m": "M",
    "n": "N", "ŋ": "NG", "l": "L", "ɫ": "L", "ɹ": "R", "r": "R", "ɾ": "D", "ʔ": "T", "w": "W", "j": "Y", "x": "K",
    "əl": "L", "n̩": "N", "iə": "IH", "ɪə": "IH", "ʊɹ": "UH", "ɔːɹ": "AO", "oːɹ": "AO", "ɑːɹ": "AA", "ɛɹ": "EH",
    "ɪɹ": "IH", "aɪə": "AY", "aɪɚ": "AY",
}  # fmt: skip


class _Name(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Name),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class Heard:
    """What espeak-ng said.

    Attributes:
        samples: `float32 (N,)` in [-1, 1].
        rate: samples per second.
        sounds: what is heard when, from the first sample on.
    """

    samples: NDArray[np.float32]
    rate: int
    sounds: tuple[Spoken, ...]


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    """The library, not yet initialised; None where it is not installed."""
    found = find_library("espeak-ng")
    for name in (*((found,) if found else ()), *_NAMES):
        try:
            library = ctypes.CDLL(name)
            library.espeak_Initialize  # noqa: B018 - it is there, or this is another library
        except (OSError, AttributeError):
            continue
        return library
    return None


def is_installed() -> bool:
    """Whether espeak-ng is there."""
    return _library() is not None


def say(text: str, *, pitch: int = 50, words_per_minute: int = 165) -> Heard:
    """Let espeak-ng say an English text.

    It speaks in a process of its own: it keeps some state from text to text, so that only the first one that a
    process says is always the same.

    Args:
        text: what to say.
        pitch: 0 to 99, 50 is usual.
        words_per_minute: 80 to 450.

    Raises:
        MissingError: espeak-ng is not installed.
        ProsoponError: it refuses.
    """
    if not is_installed():
        raise MissingError("espeak-ng is not installed", "install espeak-ng, or choose --voice own")
    asked = json.dumps({"text": text, "pitch": pitch, "words_per_minute": words_per_minute})
    answer = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", __name__], input=asked.encode(), capture_output=True, check=False, timeout=600
    )
    head, _, wave = answer.stdout.partition(b"\n")
    if answer.returncode != 0 or not wave:
        said = answer.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ProsoponError(f"espeak-ng refuses to speak: {said[-1] if said else 'no sound'}", "choose --voice own")
    told = json.loads(head)
    samples = np.frombuffer(wave, "<i2")
    sounds = _sounds([(start_s, ipa) for start_s, ipa in told["events"]], len(samples) / told["rate"])
    return Heard((samples / 32768).astype(np.float32), told["rate"], sounds)


def _speak(text: str, pitch: int, words_per_minute: int) -> tuple[int, list[tuple[float, str]], bytes]:
    """What the process of its own does: sample rate, when which IPA sound begins (seconds), 16-bit samples."""
    library = _library()
    rate = -1 if library is None else int(library.espeak_Initialize(_RETRIEVAL, 0, None, _EVENTS_IN_IPA))
    if library is None or rate <= 0:
        raise MissingError("its voices are not found")
    pieces: list[bytes] = []
    events: list[tuple[float, str]] = []

    def take(wave: Any, count: int, told: Any) -> int:
        if wave and count > 0:
            pieces.append(ctypes.string_at(wave, 2 * count))
        index = 0
        while told[index].type != _END_OF_LIST:
            if told[index].type == _PHONEME:
                events.append((told[index].audio_position / 1000, told[index].id.string.decode("utf-8", "ignore")))
            index += 1
        return 0

    callback = _CALLBACK(take)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(b"en-us")
    library.espeak_SetParameter(_PITCH, pitch, 0)
    library.espeak_SetParameter(_RATE_OF_SPEECH, words_per_minute, 0)
    held = ctypes.create_string_buffer(text.encode("utf-8"))
    if library.espeak_Synth(held, ctypes.c_size_t(len(held)), 0, 1, 0, _UTF8, None, None) != 0:
        raise ProsoponError("it cannot say this text")
    library.espeak_Synchronize()
    return rate, events, b"".join(pieces)


def _sounds(events: list[tuple[float, str]], end_s: float) -> tuple[Spoken, ...]:
    """From moments at which sounds begin to sounds with their ends; unknown ones become their nearest vowel."""
    found: list[Spoken] = []
    ends = [start_s for start_s, _ in events[1:]] + [end_s]
    for (start_s, ipa), until_s in zip(events, ends, strict=True):
        if until_s > start_s:
            found.append(Spoken(_symbol(ipa), start_s, until_s))
    return tuple(found)


def _symbol(ipa: str) -> str:
    """ARPABET of one of espeak-ng's IPA sounds; its first letter decides where the whole is not known."""
    plain = ipa.strip("ˈˌ_ ˑ.‖|")
    if not plain:
        return SILENCE
    for length in range(len(plain), 0, -1):
        if plain[:length] in _IPA:
            return _IPA[plain[:length]]
    return "AH"


def _main() -> None:
    rate, events, wave = _speak(**json.load(sys.stdin))
    sys.stdout.buffer.write(json.dumps({"rate": rate, "events": events}).encode() + b"\n" + wave)


if __name__ == "__main__":
    _main()
