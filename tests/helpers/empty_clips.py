"""Files that are called like clips, for whatever looks at names only; and one tiny clip that can be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.media.write import encode


def empty(folder: Path, *places: str) -> None:
    """Empty files."""
    for place in places:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).touch()


def written(path: Path, data: Any) -> Path:
    """Text as it is, anything else as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def picture(path: Path, grey: int = 128, side: int = 32) -> Path:
    """A plain picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((side, side, 3), grey, np.uint8)).save(path)
    return path


def tiny_clip(path: Path, frames: int = 3, side: int = 64) -> Path:
    """A video of a few plain frames."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encode(Clip.of_frames([np.full((side, side, 3), 60 + 20 * number, np.uint8) for number in range(frames)], 25), path)
    return path
