"""Rolling backups of a run's weights: the newest few, so that an earlier, better one is not lost."""

from __future__ import annotations

import shutil
from pathlib import Path

FOLDER = "backups"


def back_up(files: list[Path], folder: Path, step: int, most: int) -> Path:
    """Copy files of a run aside, and throw away all but the newest backups.

    Args:
        files: weights, card and preview, as far as they are there.
        folder: of the run.
        step: that they are of; names the backup.
        most: how many backups are kept, 1 or more.

    Returns:
        The backup's folder.

    Raises:
        OSError: the disk is full or cannot be written; earlier backups stay.
    """
    place = folder / FOLDER / f"step-{step:08d}"
    making = place.with_name(f".{place.name}.part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        for file in files:
            if file.is_file():
                shutil.copy2(file, making / file.name)
        shutil.rmtree(place, ignore_errors=True)
        making.rename(place)
    except OSError:
        shutil.rmtree(making, ignore_errors=True)
        raise
    for old in kept_backups(folder)[:-most]:
        shutil.rmtree(old, ignore_errors=True)
    return place


def kept_backups(folder: Path) -> list[Path]:
    """The backups of a run, the oldest first."""
    return sorted((folder / FOLDER).glob("step-*"))
