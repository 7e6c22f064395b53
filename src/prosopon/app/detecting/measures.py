"""Names of measures, which end in their units, as people read them."""

from __future__ import annotations

from types import MappingProxyType

_UNITS = MappingProxyType(
    {
        "_cycles_per_px": "cycles a pixel",
        "_per_minute": "a minute",
        "_ms": "ms",
        "_hz": "Hz",
        "_db": "dB",
        "_px": "pixels",
        "_s": "s",
    }
)
"""Endings of names, the longest first."""


def measure_in_words(name: str, value: float) -> tuple[str, str]:
    """A measure's name and its value with the unit: `offset_ms`, 40.0 -> `offset`, `40 ms`."""
    for ending, unit in _UNITS.items():
        if name.endswith(ending) and name != ending:
            return name.removesuffix(ending).replace("_", " "), f"{value:.4g} {unit}"
    return name.replace("_", " "), f"{value:.4g}"
