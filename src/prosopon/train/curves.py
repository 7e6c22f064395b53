"""Curves as inline SVG, small enough for a page that shows dozens."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np

_WIDTH, _HEIGHT = 320, 120
_LEFT, _TOP, _BOTTOM = 62, 8, 18
_MOST_POINTS = 240


def curve(title: str, steps: Sequence[int], values: Sequence[float]) -> str:
    """An SVG figure of `values` over `steps`; many points are averaged in bins, the spread of a bin is shaded."""
    bins = np.array_split(np.arange(len(values)), min(len(values), _MOST_POINTS))
    held = np.asarray(values, dtype=float)
    x = [float(np.mean(np.asarray(steps)[chosen])) for chosen in bins]
    mean = [float(held[chosen].mean()) for chosen in bins]
    low = [float(np.quantile(held[chosen], 0.1)) for chosen in bins]
    high = [float(np.quantile(held[chosen], 0.9)) for chosen in bins]
    # The first steps of a run are often far off: they may leave the picture, so that the rest can be seen.
    bottom, top = min(float(np.quantile(low, 0.02)), mean[-1]), max(float(np.quantile(high, 0.98)), mean[-1])
    span = (top - bottom) or abs(top) or 1.0

    def at(step: float, value: float) -> str:
        across = (step - x[0]) / ((x[-1] - x[0]) or 1.0)
        up = min(max((value - bottom) / span, 0.0), 1.0)
        left = _LEFT + across * (_WIDTH - _LEFT - 6)
        return f"{left:.1f},{_HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM):.1f}"

    line = " ".join(map(at, x, mean))
    band = " ".join([*map(at, x, high), *reversed([*map(at, x, low)])])
    return (
        f"<figure><figcaption>{html.escape(title)} <b>{_short(mean[-1])}</b></figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html.escape(title)}">'
        f'<polygon class="band" points="{band}"/><polyline class="line" points="{line}"/>'
        f'<text x="{_LEFT - 4}" y="{_TOP + 8}" text-anchor="end">{_short(top)}</text>'
        f'<text x="{_LEFT - 4}" y="{_HEIGHT - _BOTTOM}" text-anchor="end">{_short(bottom)}</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 4}">{steps[0]}</text>'
        f'<text x="{_WIDTH - 6}" y="{_HEIGHT - 4}" text-anchor="end">{steps[-1]}</text></svg></figure>'
    )


def _short(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else str(value)
