"""A table whose cells are coloured by how much is in them, as inline SVG that works in light and dark."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_CELL_W, _CELL_H, _LINE_H, _LETTER = 104, 22, 13, 6.1
_COLOUR = "#d6532a"
_WEAKEST = 0.06


@dataclass(frozen=True)
class Heat:
    """One cell.

    Attributes:
        text: what stands in it.
        share: how full its colour is, 0 to 1; more counts as 1.
        is_bold: whether its text stands out.
        is_framed: whether a frame is drawn around it.
        about: what is shown to whoever points at it.
    """

    text: str
    share: float
    is_bold: bool = False
    is_framed: bool = False
    about: str = ""


def heat_map(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[Heat | None]]) -> str:
    """An SVG figure.

    Args:
        title: over the figure.
        columns: heads; a line break makes two lines of one.
        rows: cells of each row by its name, as many as columns; None leaves a cell empty.

    Raises:
        ValueError: there is nothing to draw, or rows are of other lengths.
    """
    if not rows or not columns or any(len(cells) != len(columns) for cells in rows.values()):
        raise ValueError(f"{title}: {len(columns)} columns, rows of {[len(cells) for cells in rows.values()]}")
    left = max(60, round(_LETTER * max(map(len, rows))) + 12)
    heads = [column.split("\n") for column in columns]
    cell_w = max(_CELL_W, round(_LETTER * max(len(line) for head in heads for line in head)) + 10)
    head_h = _LINE_H * (max(map(len, heads)) + 1)
    width, height = left + cell_w * len(columns), head_h + _CELL_H * len(rows)
    parts = [
        _text(left + cell_w * (column + 0.5), _LINE_H * (number + 1), line, "middle")
        for column, head in enumerate(heads)
        for number, line in enumerate(head)
    ]
    for row, (name, cells) in enumerate(rows.items()):
        top = head_h + _CELL_H * row
        parts.append(_text(left - 8, top + 15, name, "end"))
        for column, cell in enumerate(cells):
            if cell is not None:
                parts.append(_cell(cell, left + cell_w * column, top, cell_w))
    told = html.escape(title)
    # As wide as its letters ask for: many columns scroll rather than shrink.
    return (
        f'<figure style="flex-basis:100%;overflow-x:auto"><figcaption><b>{told}</b></figcaption>'
        f'<svg viewBox="0 0 {width} {height}" style="width:{width}px" role="img" aria-label="{told}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _cell(cell: Heat, left: int, top: int, width: int) -> str:
    opacity = _WEAKEST + (0.9 - _WEAKEST) * min(1.0, max(0.0, cell.share))
    frame = ' stroke="currentColor" stroke-width="1.2"' if cell.is_framed else ""
    box = (
        f'<rect x="{left + 1}" y="{top + 1}" width="{width - 2}" height="{_CELL_H - 2}" rx="3" fill="{_COLOUR}" '
        f'fill-opacity="{opacity:.2f}"{frame}/>'
    )
    style = ' style="fill:currentColor;font-weight:700"' if cell.is_bold else ' style="fill:currentColor"'
    text = _text(left + width / 2, top + 15, cell.text, "middle", style)
    return f"<g><title>{html.escape(cell.about)}</title>{box}{text}</g>"


def _text(x: float, y: float, text: str, anchor: str, style: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{style}>{html.escape(text)}</text>'
