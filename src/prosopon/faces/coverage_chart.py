"""Poses and expressions of two sets of faces as maps: where either has faces, and where only the target does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from prosopon.core.clip import Frame
from prosopon.faces.coverage import Coverage

_PAPER, _INK, _GRID = (24, 24, 27), (210, 210, 214), (70, 70, 76)
_SOURCE, _TARGET, _MISSING = np.array((70, 140, 230)), np.array((95, 200, 130)), np.array((235, 80, 60))
_MAP_PX, _LEFT_PX, _TOP_PX, _BOTTOM_PX, _GAP_PX = 260, 58, 26, 40, 30
_EMPTY = np.array((38, 38, 42))
_FAINTEST = 0.25
"""A single face must be seen beside hundreds."""


@dataclass(frozen=True)
class _Plane:
    """Two axes that are drawn against each other.

    Attributes:
        across, up: indices in `coverage.AXES`.
        steps: side of a cell on either axis.
        least: ranges that are shown in any case.
        names: of the axes.
    """

    across: int
    up: int
    steps: tuple[float, float]
    least: tuple[tuple[float, float], tuple[float, float]]
    names: tuple[str, str]


_PLANES = (
    _Plane(0, 1, (5.0, 5.0), ((-30, 30), (-20, 20)), ("yaw in degrees, right is the picture's", "pitch, up")),
    _Plane(3, 2, (0.05, 0.1), ((0.0, 0.5), (0.0, 1.2)), ("mouth, opening over width", "eyes, over usual")),
)


def coverage_chart(coverage: Coverage) -> Frame:
    """Yaw against pitch, and mouth against eyes: the source's faces, the target's, and both, as `uint8 (H, W, 3)`.

    A cell is the brighter the more faces are in it (the root of their number). In the last column green is where both
    have faces, blue the source alone, red the target alone.
    """
    return np.concatenate([_row(coverage, plane) for plane in _PLANES])


def _row(coverage: Coverage, plane: _Plane) -> Frame:
    axes = [plane.across, plane.up]
    ours, theirs = coverage.source.values[:, axes], coverage.target.values[:, axes]
    held = np.concatenate((ours, theirs))
    edges = [_edges(held[:, i], plane.steps[i], plane.least[i]) for i in range(2)]
    counts = [_counts(one, edges) for one in (ours, theirs)]
    source, target = (_shade(count) for count in counts)
    alone = (counts[1] > 0) & (counts[0] == 0)
    both = (counts[1] > 0) & (counts[0] > 0)
    colours = np.where(alone[..., None], _MISSING, np.where(both[..., None], _TARGET, _SOURCE))
    strength = np.where(counts[1] > 0, target, source * 0.6)
    maps = (
        ("source", _coloured(source, _SOURCE)),
        ("target", _coloured(target, _TARGET)),
        ("both; red: only the target", _coloured(strength, colours)),
    )
    width = _LEFT_PX + len(maps) * (_MAP_PX + _GAP_PX)
    sheet = Image.new("RGB", (width, _TOP_PX + _MAP_PX + _BOTTOM_PX), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, (title, cells) in enumerate(maps):
        left = _LEFT_PX + number * (_MAP_PX + _GAP_PX)
        # Cells are (across, up) from the lower left; pictures are (down, across).
        picture = Image.fromarray(np.ascontiguousarray(cells.transpose(1, 0, 2)[::-1]))
        sheet.paste(picture.resize((_MAP_PX, _MAP_PX), Image.Resampling.NEAREST), (left, _TOP_PX))
        pen.text((left, 6), title, font=font, fill=_INK)
        pen.rectangle((left, _TOP_PX, left + _MAP_PX - 1, _TOP_PX + _MAP_PX - 1), outline=_GRID)
        for value, share in _ticks(edges[0]):
            x = left + share * _MAP_PX
            pen.line((x, _TOP_PX + _MAP_PX, x, _TOP_PX + _MAP_PX + 4), fill=_INK)
            pen.text((x, _TOP_PX + _MAP_PX + 6), value, font=font, fill=_INK, anchor="ma")
        pen.text((left, _TOP_PX + _MAP_PX + 22), plane.names[0], font=font, fill=_INK)
    for value, share in _ticks(edges[1]):
        y = _TOP_PX + (1 - share) * _MAP_PX
        pen.line((_LEFT_PX - 4, y, _LEFT_PX, y), fill=_INK)
        pen.text((_LEFT_PX - 6, y), value, font=font, fill=_INK, anchor="rm")
    pen.text((4, 6), plane.names[1].split(",")[0], font=font, fill=_INK)
    return np.asarray(sheet)


def _counts(values: NDArray[np.float64], edges: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """How many points are in each cell; what lies beyond the last cells counts in them."""
    x, y = (np.clip(values[:, i], edges[i][0], edges[i][-1]) for i in range(2))
    counts, _, _ = np.histogram2d(x, y, bins=[*edges])
    return counts


def _edges(values: NDArray[np.float64], step: float, least: tuple[float, float]) -> NDArray[np.float64]:
    """Edges of cells over all values but a few that lie far off, and over what is shown in any case."""
    low = min(least[0], float(np.quantile(values, 0.002)))
    high = max(least[1], float(np.quantile(values, 0.998)))
    edges: NDArray[np.float64] = np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step
    return edges


def _shade(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(counts > 0, _FAINTEST + (1 - _FAINTEST) * np.sqrt(counts / max(1.0, counts.max())), 0.0)


def _coloured(strength: NDArray[np.float64], colours: NDArray[np.int_]) -> NDArray[np.uint8]:
    mixed: NDArray[np.float64] = _EMPTY + strength[..., None] * (colours - _EMPTY)
    return np.rint(mixed).astype(np.uint8)


def _ticks(edges: NDArray[np.float64]) -> Sequence[tuple[str, float]]:
    """Round numbers along an axis, and where they are, 0 to 1."""
    span = float(edges[-1] - edges[0])
    step = next(size for size in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60) if span / size <= 7)
    first, last = np.ceil(edges[0] / step - 1e-9), np.floor(edges[-1] / step + 1e-9)
    return [(f"{n * step + 0.0:g}", float(n * step - edges[0]) / span) for n in np.arange(first, last + 1)]
