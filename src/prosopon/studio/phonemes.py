"""The sounds of English: ARPABET symbols with their usual lengths, how they sound, and how the mouth stands for them.

Lengths are those of connected speech (after Klatt 1979), formants of an adult's vowels from Peterson and Barney 1952
and Hillenbrand et al. 1995, rounded between women and men. Mouths are our own, after the usual viseme classes (Fisher
1968).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SILENCE = ""


class Manner(StrEnum):
    """How a sound is made."""

    SILENT = "silent"
    VOWEL = "vowel"
    GLIDE = "glide"
    NASAL = "nasal"
    FRICATIVE = "fricative"
    STOP = "stop"
    AFFRICATE = "affricate"


@dataclass(frozen=True)
class Mouth:
    """How the mouth stands: values of the `Expression` attributes of these names, and how much the sound insists.

    Attributes:
        jaw_open, mouth_wide, pucker, lip_press, upper_lip_raise, lower_lip_drop: see `Expression`.
        jaw_weight, lip_weight: how strongly the sound asks for its jaw and its lips against its neighbours (the
            dominance of Cohen and Massaro 1993); 1 is usual.
    """

    jaw_open: float = 0.0
    mouth_wide: float = 0.0
    pucker: float = 0.0
    lip_press: float = 0.0
    upper_lip_raise: float = 0.0
    lower_lip_drop: float = 0.0
    jaw_weight: float = 1.0
    lip_weight: float = 1.0


@dataclass(frozen=True)
class Phoneme:
    """One sound.

    Attributes:
        manner: how it is made.
        length_s: usual length.
        mouth: how the mouth stands.
        formants: F1 to F3 in Hz; of a diphthong at its beginning.
        glide_to: F1 to F3 at the end of a diphthong, None elsewhere.
        glide_mouth: the mouth at the end of a diphthong, None elsewhere.
        voiced: whether the voice sounds.
        noise_hz: middle of the noise of fricatives and stops, 0 where there is none.
        noise_width_hz: its width.
        noise_level: its strength, 0 to 1.
    """

    manner: Manner
    length_s: float
    mouth: Mouth
    formants: tuple[float, float, float] = (500.0, 1500.0, 2500.0)
    glide_to: tuple[float, float, float] | None = None
    glide_mouth: Mouth | None = None
    voiced: bool = True
    noise_hz: float = 0.0
    noise_width_hz: float = 0.0
    noise_level: float = 0.0


def _vowel(length_s: float, formants: tuple[float, float, float], mouth: Mouth) -> Phoneme:
    return Phoneme(Manner.VOWEL, length_s, mouth, formants)


def _diphthong(length_s: float, start: Phoneme, end: Phoneme) -> Phoneme:
    return Phoneme(Manner.VOWEL, length_s, start.mouth, start.formants, end.formants, end.mouth)


_AA = _vowel(0.13, (780, 1180, 2550), Mouth(0.62, 0.0, lower_lip_drop=0.15))
_AE = _vowel(0.13, (680, 1850, 2550), Mouth(0.55, 0.28, lower_lip_drop=0.2, upper_lip_raise=0.1))
_AH = _vowel(0.08, (650, 1250, 2550), Mouth(0.36, 0.05, jaw_weight=0.7, lip_weight=0.5))
_AO = _vowel(0.13, (620, 950, 2550), Mouth(0.5, -0.1, 0.45))
_EH = _vowel(0.10, (580, 1850, 2600), Mouth(0.4, 0.22, lower_lip_drop=0.15))
_ER = _vowel(0.12, (500, 1350, 1700), Mouth(0.26, -0.1, 0.4))
_IH = _vowel(0.08, (430, 2050, 2700), Mouth(0.22, 0.25, lower_lip_drop=0.1, jaw_weight=0.8))
_IY = _vowel(0.11, (300, 2450, 3050), Mouth(0.15, 0.55, lower_lip_drop=0.2, upper_lip_raise=0.1))
_UH = _vowel(0.08, (460, 1150, 2400), Mouth(0.25, -0.1, 0.45))
_UW = _vowel(0.12, (320, 950, 2350), Mouth(0.15, -0.3, 0.85))
_OW = _vowel(0.12, (550, 980, 2450), Mouth(0.42, -0.15, 0.55))

_BILABIAL = Mouth(0.03, 0.0, 0.1, 0.75, jaw_weight=5.0, lip_weight=8.0)
_LABIODENTAL = Mouth(0.08, 0.05, 0.0, 0.45, upper_lip_raise=0.28, jaw_weight=3.5, lip_weight=5.0)
_DENTAL = Mouth(0.18, 0.1, lower_lip_drop=0.25, jaw_weight=1.5, lip_weight=0.8)
_ALVEOLAR = Mouth(0.13, 0.12, lower_lip_drop=0.18, jaw_weight=1.3, lip_weight=0.4)
_SIBILANT = Mouth(0.07, 0.22, lower_lip_drop=0.28, upper_lip_raise=0.12, jaw_weight=3.0, lip_weight=0.8)
_POSTALVEOLAR = Mouth(0.08, -0.15, 0.5, upper_lip_raise=0.3, lower_lip_drop=0.3, jaw_weight=2.5, lip_weight=1.6)
_VELAR = Mouth(0.22, 0.0, jaw_weight=0.7, lip_weight=0.25)
_ROUND = Mouth(0.08, -0.35, 0.95, jaw_weight=1.5, lip_weight=2.5)


def _stop(mouth: Mouth, voiced: bool, burst_hz: float, locus: tuple[float, float, float]) -> Phoneme:
    return Phoneme(
        Manner.STOP, 0.075 if voiced else 0.09, mouth, locus, voiced=voiced, noise_hz=burst_hz,
        noise_width_hz=0.6 * burst_hz, noise_level=0.25 if voiced else 0.5,
    )  # fmt: skip


def _fricative(
    mouth: Mouth, voiced: bool, hz: float, width: float, level: float, *, length_s: float = 0.10,
    manner: Manner = Manner.FRICATIVE,
) -> Phoneme:  # fmt: skip
    return Phoneme(
        manner, length_s * (0.75 if voiced else 1.0), mouth, (320.0, 1600.0, 2600.0), voiced=voiced, noise_hz=hz,
        noise_width_hz=width, noise_level=level * (0.6 if voiced else 1.0),
    )  # fmt: skip


PHONEMES: dict[str, Phoneme] = {
    SILENCE: Phoneme(Manner.SILENT, 0.2, Mouth(jaw_weight=0.5, lip_weight=0.5), voiced=False),
    "AA": _AA, "AE": _AE, "AH": _AH, "AO": _AO, "EH": _EH, "ER": _ER, "IH": _IH, "IY": _IY, "UH": _UH, "UW": _UW,
    "AW": _diphthong(0.16, _AA, _UH), "AY": _diphthong(0.16, _AA, _IH), "EY": _diphthong(0.14, _EH, _IY),
    "OW": _diphthong(0.14, _OW, _UW), "OY": _diphthong(0.17, _AO, _IH),
    "P": _stop(_BILABIAL, False, 900.0, (300, 900, 2300)), "B": _stop(_BILABIAL, True, 700.0, (280, 900, 2300)),
    "T": _stop(_ALVEOLAR, False, 4200.0, (320, 1750, 2650)), "D": _stop(_ALVEOLAR, True, 3600.0, (300, 1750, 2650)),
    "K": _stop(_VELAR, False, 2000.0, (320, 1900, 2300)), "G": _stop(_VELAR, True, 1900.0, (300, 1900, 2300)),
    "CH": _fricative(_POSTALVEOLAR, False, 3000.0, 1700.0, 0.55, length_s=0.12, manner=Manner.AFFRICATE),
    "JH": _fricative(_POSTALVEOLAR, True, 2900.0, 1700.0, 0.5, length_s=0.11, manner=Manner.AFFRICATE),
    "F": _fricative(_LABIODENTAL, False, 5000.0, 5000.0, 0.16),
    "V": _fricative(_LABIODENTAL, True, 4500.0, 5000.0, 0.14),
    "TH": _fricative(_DENTAL, False, 5500.0, 5000.0, 0.12),
    "DH": _fricative(_DENTAL, True, 5000.0, 5000.0, 0.1, length_s=0.07),
    "S": _fricative(_SIBILANT, False, 5800.0, 2200.0, 0.5), "Z": _fricative(_SIBILANT, True, 5600.0, 2200.0, 0.45),
    "SH": _fricative(_POSTALVEOLAR, False, 3000.0, 1700.0, 0.55),
    "ZH": _fricative(_POSTALVEOLAR, True, 2900.0, 1700.0, 0.5),
    "HH": Phoneme(
        Manner.FRICATIVE, 0.06, Mouth(0.25, jaw_weight=0.15, lip_weight=0.1), (500, 1500, 2500), voiced=False,
        noise_hz=1500.0, noise_width_hz=2200.0, noise_level=0.14,
    ),
    "M": Phoneme(Manner.NASAL, 0.08, _BILABIAL, (260, 1100, 2200)),
    "N": Phoneme(Manner.NASAL, 0.07, _ALVEOLAR, (260, 1500, 2400)),
    "NG": Phoneme(Manner.NASAL, 0.08, _VELAR, (260, 1900, 2400)),
    "L": Phoneme(Manner.GLIDE, 0.07, _ALVEOLAR, (360, 1100, 2700)),
    "R": Phoneme(Manner.GLIDE, 0.07, Mouth(0.16, -0.15, 0.5, lip_weight=1.2), (340, 1150, 1600)),
    "W": Phoneme(Manner.GLIDE, 0.07, _ROUND, (310, 650, 2200)),
    "Y": Phoneme(Manner.GLIDE, 0.06, Mouth(0.13, 0.4, lower_lip_drop=0.15), (280, 2300, 2950)),
}  # fmt: skip
"""Every sound by its ARPABET symbol (CMU's set, without stress); `SILENCE` is the empty symbol."""
