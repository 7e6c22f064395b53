"""Contact sheets: many small pictures with captions on one, because people look before they read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from prosopon.core.clip import Frame

_GAP_PX = 4
_CAPTION_PX = 14
_PAPER, _INK = (24, 24, 27), (210, 210, 214)


def contact_sheet(pictures: Sequence[tuple[Frame, str]], *, side_px: int = 128, columns: int = 8) -> Frame:
    """Pictures with captions in rows.

    Args:
        pictures: `uint8 (H, W, 3)` and caption, in reading order; other shapes are fitted into a square.
        side_px: side of the square that each one gets.
        columns: pictures in a row; fewer where there are not as many.

    Raises:
        ValueError: there are no pictures.
    """
    if not pictures:
        raise ValueError("a contact sheet of nothing")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    cell = (side_px + _GAP_PX, side_px + _GAP_PX + _CAPTION_PX)
    sheet = Image.new("RGB", (columns * cell[0] + _GAP_PX, rows * cell[1] + _GAP_PX), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_CAPTION_PX - 3)
    for number, (frame, caption) in enumerate(pictures):
        left = _GAP_PX + number % columns * cell[0]
        top = _GAP_PX + number // columns * cell[1]
        picture = ImageOps.contain(Image.fromarray(frame), (side_px, side_px), Image.Resampling.LANCZOS)
        sheet.paste(picture, (left + (side_px - picture.width) // 2, top + (side_px - picture.height) // 2))
        fits = next(n for n in range(len(caption), -1, -1) if pen.textlength(caption[:n], font=font) <= side_px)
        pen.text((left, top + side_px), caption[:fits], font=font, fill=_INK)
    return np.asarray(sheet)
