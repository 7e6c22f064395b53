"""`--crop auto|whole|x,y,w,h`: what part of a picture a verb is about."""

from __future__ import annotations

import math
from typing import Literal

from prosopon.core.errors import UsageError
from prosopon.core.faces import Box


def parse_crop(text: str, name: str) -> Box | Literal["auto", "whole"]:
    """`auto`, `whole`, or `x,y,w,h` as a box.

    Raises:
        UsageError: it is none of these.
    """
    if text == "auto":
        return "auto"
    if text == "whole":
        return "whole"
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--{name.replace('_', '-')} {text} is no crop", "give auto, whole or x,y,w,h") from error
    if not (width >= 1 and height >= 1 and math.isfinite(x + y + width + height)):
        raise UsageError(
            f"--{name.replace('_', '-')} {text} has no area", "give x,y,w,h in pixels, such as 80,40,256,256"
        )
    return Box(x, y, x + width, y + height)
