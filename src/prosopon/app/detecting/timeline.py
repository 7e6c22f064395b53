"""What was measured over time as inline SVG, readable in light and dark: one line a series, gaps where nothing was."""

from __future__ import annotations

import html
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from prosopon.core.score import Series

_WIDTH, _HEIGHT = 640, 110
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 8, 18
_MOST_POINTS = 600
_GAP = 2.5
"""So many usual steps without a value break a line."""


def timeline(series: Series, title: str, span_s: tuple[float, float]) -> str:
    """An SVG figure of a series.

    Args:
        series: what was measured.
        title: over the figure; the unit is added.
        span_s: what the axis shows, in seconds: the same for all figures of a clip.

    Returns:
        Markup, escaped; empty where nothing was measured.
    """
    times, values = _thinned(series)
    known = np.isfinite(values)
    if not known.any():
        return ""
    low, high = _limits(series, values[known])
    start, stop = span_s
    wide = max(stop - start, 1e-9)

    def at(index: int) -> tuple[float, float]:
        across = _LEFT + (times[index] - start) / wide * (_WIDTH - _LEFT - _RIGHT)
        up = (values[index] - low) / (high - low)
        return float(across), float(_HEIGHT - _BOTTOM - np.clip(up, 0, 1) * (_HEIGHT - _TOP - _BOTTOM))

    told = html.escape(f"{title}{f' ({series.unit})' if series.unit else ''}")
    lines = "".join(_drawn([at(index) for index in run]) for run in _runs(times, known))
    return (
        f"<figure><figcaption>{told}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{told}">'
        f'<path d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}" fill="none" stroke="GrayText" '
        f'stroke-width=".6"/>{lines}'
        f"{_text(_LEFT - 4, _TOP + 8, f'{high:.3g}', 'end')}{_text(_LEFT - 4, _HEIGHT - _BOTTOM, f'{low:.3g}', 'end')}"
        f"{_text(_LEFT, _HEIGHT - 5, f'{start:.1f} s', 'start')}"
        f"{_text(_WIDTH - _RIGHT, _HEIGHT - 5, f'{stop:.1f} s', 'end')}</svg></figure>"
    )


def _thinned(series: Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """No more points than can be seen: every n-th where there are many."""
    step = max(1, -(-len(series.times) // _MOST_POINTS))
    return np.asarray(series.times, np.float64)[::step], np.asarray(series.values, np.float64)[::step]


def _limits(series: Series, known: NDArray[np.float64]) -> tuple[float, float]:
    """Shares go from 0 to 1; everything else as far as it goes."""
    low, high = float(known.min()), float(known.max())
    if not series.unit and low >= 0 and high <= 1:
        return 0.0, 1.0
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _runs(times: NDArray[np.float64], known: NDArray[np.bool_]) -> list[list[int]]:
    """Points that belong to one line."""
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    runs: list[list[int]] = []
    for before, index in pairwise((-1, *np.flatnonzero(known).tolist())):
        if before == index - 1 and runs and times[index] - times[before] <= _GAP * usual:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _drawn(points: list[tuple[float, float]]) -> str:
    if len(points) == 1:
        return f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="1.6" fill="#2a78d6"/>'
    return f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{html.escape(text)}</text>'
