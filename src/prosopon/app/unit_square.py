"""Curves between 0 and 1 in a square, as inline SVG: ROC, reliability, risk over coverage."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SIDE, _LEFT, _RIGHT, _TOP, _BOTTOM = 250, 34, 10, 8, 30
_COLOURS = (
    "#2a78d6", "#d6532a", "#2aa35a", "#9a4fd0", "#c79a1b", "#d02a78", "#1ba6b5", "#7a7a7a", "#6b8e23", "#a0522d",
    "#4b5fd0", "#c0392b",
)  # fmt: skip
_MOST_POINTS = 160
_GRID = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Line:
    """One line of a drawing.

    Attributes:
        points: (x, y) between 0 and 1, in order.
        sizes: of each point a share of the largest dot, 0 to 1; empty: no dots.
        is_bold: whether it stands out.
    """

    points: Sequence[tuple[float, float]]
    sizes: Sequence[float] = ()
    is_bold: bool = False


def unit_square(
    title: str, across: str, up: str, lines: Mapping[str, Line], *, diagonal: bool = True, most: float = 1.0
) -> str:
    """An SVG figure.

    Args:
        title: over the figure.
        across, up: what the axes are.
        lines: by name; those without points are left out.
        diagonal: whether the line from corner to corner is drawn: chance, or what is to be reached.
        most: the largest value upwards that is shown.

    Raises:
        ValueError: there is nothing to draw.
    """
    drawn = {name: line for name, line in lines.items() if line.points}
    if not drawn:
        raise ValueError(f"there is nothing to draw of {title}")
    parts = [_grid(most), *([_path(((0, 0), (1, most)), most, "currentColor", 1, 'stroke-dasharray="4 4"')] * diagonal)]
    legend = []
    for number, (name, line) in enumerate(drawn.items()):
        colour = "currentColor" if line.is_bold else _COLOURS[number % len(_COLOURS)]
        parts.append(_path(_thinned(line.points), most, colour, 2.4 if line.is_bold else 1.4))
        parts += [
            f'<circle cx="{_x(x):.1f}" cy="{_y(y, most):.1f}" r="{1.5 + 5 * size:.1f}" fill="{colour}" '
            f'fill-opacity="0.6"/>'
            for (x, y), size in zip(line.points, line.sizes, strict=False)
        ]
        legend.append(_key(name, colour, is_bold=line.is_bold))
    middle = (_LEFT + _SIDE - _RIGHT) / 2
    parts += [
        _text(middle, _SIDE - 3, across, "middle"),
        f'<text x="9" y="{(_SIDE - _BOTTOM) / 2:.0f}" text-anchor="middle" '
        f'transform="rotate(-90 9 {(_SIDE - _BOTTOM) / 2:.0f})">{html.escape(up)}</text>',
        _text(_LEFT, _SIDE - 16, "0", "middle"),
        _text(_SIDE - _RIGHT, _SIDE - 16, "1", "end"),
        _text(_LEFT - 4, _SIDE - _BOTTOM, "0", "end"),
        _text(_LEFT - 4, _TOP + 8, f"{most:g}", "end"),
    ]
    told = html.escape(title)
    return (
        f'<figure style="max-width:480px"><figcaption><b>{told}</b><br>{" &nbsp; ".join(legend)}</figcaption>'
        f'<svg viewBox="0 0 {_SIDE} {_SIDE}" role="img" aria-label="{told}">{"".join(parts)}</svg></figure>'
    )


def _grid(most: float) -> str:
    right, bottom = _SIDE - _RIGHT, _SIDE - _BOTTOM
    lines = "".join(f"M{_x(value):.1f} {_TOP}V{bottom}M{_LEFT} {_y(value * most, most):.1f}H{right}" for value in _GRID)
    return (
        f'<path d="M{_LEFT} {_TOP}H{right}V{bottom}H{_LEFT}Z" fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
        f'<path d="{lines}" stroke="currentColor" stroke-opacity="0.15"/>'
    )


def _path(points: Sequence[tuple[float, float]], most: float, colour: str, width: float, more: str = "") -> str:
    places = " ".join(f"{_x(x):.1f},{_y(y, most):.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}" {more}/>'


def _thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """No more points than can be seen, the first and the last among them."""
    step = max(1, len(points) // _MOST_POINTS)
    return [*points[:-1:step], points[-1]]


def _x(value: float) -> float:
    return _LEFT + value * (_SIDE - _LEFT - _RIGHT)


def _y(value: float, most: float) -> float:
    return _SIDE - _BOTTOM - min(value / most, 1.0) * (_SIDE - _TOP - _BOTTOM)


def _key(name: str, colour: str, *, is_bold: bool) -> str:
    weight = 3 if is_bold else 2
    line = (
        '<svg viewBox="0 0 18 8" style="display:inline;width:18px;height:8px">'
        f'<path d="M0 4H18" stroke="{colour}" stroke-width="{weight}"/></svg>'
    )
    return f"{line} {html.escape(name)}"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{html.escape(text)}</text>'
