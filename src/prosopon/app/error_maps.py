"""Drawings of where a face finder errs: which landmarks, and at which turns of the head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.comparison import Met
from prosopon.faces.head68 import HEAD

YAW_EDGES = (-90.0, -45.0, -25.0, -10.0, 10.0, 25.0, 45.0, 90.0)
ROLL_EDGES = (-180.0, -60.0, -35.0, -20.0, -7.0, 7.0, 20.0, 35.0, 60.0, 180.0)
_WORST = 0.12
"""Errors from here on, in distances of the eyes' corners, have the strongest colour."""


def colour(error: float) -> str:
    """From pale to dark red, as CSS; grey where there is nothing."""
    if not np.isfinite(error):
        return "#8883"
    share = min(1.0, error / _WORST)
    return f"hsl({48 - 48 * share:.0f} 90% {86 - 48 * share:.0f}%)"


def landmark_map(met: Sequence[Met]) -> str:
    """The mean face, each of its 68 points in the colour of its mean error, as an SVG element."""
    means = np.mean([one.errors for one in met], axis=0) if met else np.full(68, np.nan)
    points = HEAD[:, :2] * (1, -1)
    low = points.min(0)
    scale = 260 / float(np.ptp(points, axis=0).max())
    dots = []
    for number, ((x, y), error) in enumerate(zip((points - low) * scale + 20, means, strict=True)):
        dots.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{colour(float(error))}" stroke="#0006">'
            f"<title>point {number}: {100 * float(error):.1f} %</title></circle>"
        )
    width, height = (np.ptp(points, axis=0) * scale + 40).tolist()
    return _svg(width, height, "mean error of each landmark", "".join(dots))


def turn_map(met: Sequence[Met]) -> str:
    """Mean error by yaw (columns) and roll (rows), with the number of faces, as an SVG element."""
    table, counts = by_turn(met)
    cell_width, cell_height, left, top = 62, 30, 84, 34
    parts = [f'<text x="{left}" y="12">yaw in degrees; rows: roll; error in %, faces below</text>']
    for column in range(len(YAW_EDGES) - 1):
        label = f"{YAW_EDGES[column]:.0f} to {YAW_EDGES[column + 1]:.0f}"
        parts.append(f'<text x="{left + column * cell_width + 4}" y="{top - 6}">{label}</text>')
    for row in range(len(ROLL_EDGES) - 1):
        y = top + row * cell_height
        parts.append(f'<text x="4" y="{y + 18}">{ROLL_EDGES[row]:.0f} to {ROLL_EDGES[row + 1]:.0f}</text>')
        for column in range(len(YAW_EDGES) - 1):
            x, error, count = left + column * cell_width, float(table[row, column]), int(counts[row, column])
            parts.append(
                f'<rect x="{x}" y="{y}" width="{cell_width - 2}" height="{cell_height - 2}" fill="{colour(error)}"/>'
            )
            if count:
                parts.append(
                    f'<text x="{x + 6}" y="{y + 13}" style="fill:#000">{100 * error:.1f}</text>'
                    f'<text x="{x + 6}" y="{y + 24}" style="fill:#0009">{count}</text>'
                )
    width, height = left + cell_width * (len(YAW_EDGES) - 1), top + cell_height * (len(ROLL_EDGES) - 1)
    return _svg(width, height, "mean error by yaw and roll", "".join(parts))


def by_turn(met: Sequence[Met]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean error (nan without faces) and number of faces, both by roll and yaw."""
    shape = (len(ROLL_EDGES) - 1, len(YAW_EDGES) - 1)
    sums, counts = np.zeros(shape), np.zeros(shape, np.int64)
    for one in met:
        row = int(np.clip(np.searchsorted(ROLL_EDGES, one.roll, "right") - 1, 0, shape[0] - 1))
        column = int(np.clip(np.searchsorted(YAW_EDGES, one.yaw, "right") - 1, 0, shape[1] - 1))
        sums[row, column] += one.nme
        counts[row, column] += 1
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means, counts


def _svg(width: float, height: float, label: str, content: str) -> str:
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{label}">{content}</svg>'
