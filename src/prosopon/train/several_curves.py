"""Several runs in one drawing, as inline SVG: how a figure changes with time, beside levels that do not."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT = 420, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 10, 8, 30
_MARGIN = 0.06
_COLOURS = ("#2a78d6", "#d6532a", "#2aa35a", "#9a4fd0", "#c79a1b", "#d02a78", "#1ba6b5", "#7a7a7a")
"""Told apart in light and dark, and by most people who do not see all colours."""
_DASHES = ("6 4", "2 3", "8 3 2 3", "12 4")

Points = Sequence[tuple[float, float]]
"""(x, y) in order of x."""


def several_curves(title: str, along: str, lines: Mapping[str, Points], levels: Mapping[str, float]) -> str:
    """An SVG figure with one line for each name, marked where it was measured, and dashed levels across.

    Args:
        title: over the figure.
        along: what x is, with its unit.
        lines: points by name; what is not finite is passed over.
        levels: values that do not depend on x, by name.

    Raises:
        ValueError: there is nothing to draw.
    """
    drawn = {
        name: [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)] for name, points in lines.items()
    }
    flat = {name: value for name, value in levels.items() if math.isfinite(value)}
    values = [y for points in drawn.values() for _, y in points]
    if not values:
        raise ValueError(f"there is nothing to draw of {title}")
    low, high = min([*values, *flat.values()]), max([*values, *flat.values()])
    pad = ((high - low) or abs(high) or 1.0) * _MARGIN
    low, high = low - pad, high + pad
    furthest = max(x for points in drawn.values() for x, _ in points) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        across, up = x / furthest, (y - low) / (high - low)
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)

    parts, legend = [], []
    for number, (name, value) in enumerate(flat.items()):
        dash, y = _DASHES[number % len(_DASHES)], at(0, value)[1]
        style = f'stroke="currentColor" stroke-opacity="0.55" stroke-dasharray="{dash}" fill="none"'
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" {style}/>')
        legend.append(_key(name, style))
    for number, (name, points) in enumerate(drawn.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        style = f'stroke="{colour}" stroke-width="1.8" fill="none"'
        places = [at(*point) for point in points]
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" {style}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in places]
        legend.append(_key(name, style))
    parts.append(_text(_LEFT - 4, _TOP + 8, _short(high - pad), "end"))
    parts.append(_text(_LEFT - 4, _HEIGHT - _BOTTOM, _short(low + pad), "end"))
    parts.append(_text(_LEFT, _HEIGHT - 14, "0", "start"))
    parts.append(_text(_WIDTH - _RIGHT, _HEIGHT - 14, _short(furthest), "end"))
    parts.append(_text((_LEFT + _WIDTH) / 2, _HEIGHT - 4, along, "middle"))
    told = html.escape(title)
    return (
        f"<figure><figcaption><b>{told}</b><br>{' &nbsp; '.join(legend)}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{told}">{"".join(parts)}</svg></figure>'
    )


def _key(name: str, style: str) -> str:
    """A piece of a line, and whose it is."""
    line = f'<svg viewBox="0 0 24 8" style="display:inline;width:24px;height:8px"><path d="M0 4H24" {style}/></svg>'
    return f"{line} {html.escape(name)}"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _short(value: float) -> str:
    return f"{value:.3g}"
