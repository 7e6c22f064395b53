"""Landmarks and parts, drawn: landmarks as a line drawing of their own, both over a picture."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.core.parts import PALETTE, Part

_LINES = (
    (range(17), False),  # jaw
    (range(17, 22), False),
    (range(22, 27), False),
    (range(27, 31), False),
    (range(31, 36), False),
    (range(36, 42), True),
    (range(42, 48), True),
    (range(48, 60), True),
    (range(60, 68), True),
)
"""Points of iBUG 300-W that are drawn as one line, and whether it is closed."""
_SURE, _UNSURE = np.array((60, 235, 110)), np.array((255, 90, 60))
_FINER = 2
"""Lines are drawn so many times larger and shrunk, because Pillow draws without antialiasing."""


def drawing(face: Face) -> str:
    """A line drawing of a face's landmarks as an SVG element, upright as in the picture.

    Raises:
        ValueError: the face has no landmarks.
    """
    if face.landmarks is None:
        raise ValueError("a face without landmarks cannot be drawn")
    low = face.landmarks.min(axis=0)
    size = max(float(np.ptp(face.landmarks, axis=0).max()), 1.0)
    points = (face.landmarks - low) / size * 100.0 + 5.0
    return f'<svg viewBox="0 0 110 110" role="img" aria-label="landmarks">{"".join(_strokes(points))}</svg>'


def _strokes(points: NDArray[np.float32]) -> Iterator[str]:
    for indices, closed in _LINES:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points[[*indices]])
        yield f'<{"polygon" if closed else "polyline"} class="line" points="{path}"/>'


def draw_faces(frame: Frame, faces: list[Face]) -> Frame:
    """A copy of a picture with boxes, landmarks and scores drawn over it: green where sure, red where not."""
    height, width = frame.shape[:2]
    sheet = Image.new("RGBA", (width * _FINER, height * _FINER))
    pen = ImageDraw.Draw(sheet)
    for face in faces:
        red, green, blue = (_UNSURE + (_SURE - _UNSURE) * float(np.clip(face.confidence, 0, 1))).astype(int).tolist()
        colour = (red, green, blue, 255)
        stroke = max(_FINER, round(face.box.width * _FINER / 100))
        pen.rectangle([side * _FINER for side in _ordered(face)], outline=colour, width=stroke)
        if face.landmarks is not None:
            points = (face.landmarks * _FINER).tolist()
            for indices, closed in _LINES:
                line = [tuple(points[i]) for i in indices]
                pen.line([*line, line[0]] if closed else line, fill=colour, width=stroke, joint="curve")
    small = sheet.resize((width, height), Image.Resampling.BOX)
    return np.asarray(Image.alpha_composite(Image.fromarray(frame).convert("RGBA"), small).convert("RGB"))


def draw_parts(picture: Frame, parts: NDArray[np.uint8], strength: float = 0.5) -> Frame:
    """A copy of a picture with the colours of its parts over it; the background stays as it is.

    Args:
        picture: `uint8 (H, W, 3)`.
        parts: its part map, `uint8 (H, W)`.
        strength: of the colours, 0 to 1.
    """
    colours = np.array(PALETTE, np.float32)[parts]
    shown = (parts != Part.BACKGROUND)[..., None] * np.float32(strength)
    drawn: Frame = np.rint(picture * (1 - shown) + colours * shown).astype(np.uint8)
    return drawn


def draw_legend(parts: Collection[Part], side_px: int) -> Frame:
    """Which colour is which part, as a picture `uint8 (side_px, side_px, 3)`, in the order of their indices."""
    picture = Image.new("RGB", (side_px, side_px), PALETTE[Part.BACKGROUND])
    pen, line_px = ImageDraw.Draw(picture), side_px // (len(Part) + 1)
    font = ImageFont.load_default(max(8, line_px - 1))
    for row, part in enumerate(sorted(parts)):
        top = (row + 0.5) * line_px
        box = (line_px / 2, top + 1, line_px * 2, top + line_px - 2)
        pen.rectangle(box, fill=PALETTE[part], outline=(210, 210, 214))
        pen.text((line_px * 2.5, top), part.name.lower(), font=font, fill=(210, 210, 214))
    return np.asarray(picture)


def _ordered(face: Face) -> tuple[float, float, float, float]:
    """The box with its corners in the order that Pillow insists on."""
    left, top, right, bottom = face.box
    return min(left, right), min(top, bottom), max(left, right), max(top, bottom)
