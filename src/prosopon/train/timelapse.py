"""Previews of a run kept as it goes, to see afterwards how it learnt."""

from __future__ import annotations

import shutil
from pathlib import Path

FOLDER = "timelapse"


def keep_preview(preview: Path, folder: Path, step: int) -> None:
    """Copy a preview, with its credential, to `timelapse/step-00000123.png` of the run folder; no preview, no copy."""
    if not preview.is_file():
        return
    kept = folder / FOLDER / f"step-{step:08d}{preview.suffix}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(preview, kept)


def kept_previews(folder: Path) -> list[tuple[int, Path]]:
    """Step and picture of each that was kept, in order."""
    files = sorted((folder / FOLDER).glob("step-*.png"))
    return [(int(file.stem.removeprefix("step-")), file) for file in files]
