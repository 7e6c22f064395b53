"""What a training left: the weights of its run folder, found like any others."""

from __future__ import annotations

from pathlib import Path

from prosopon.core.errors import MissingError
from prosopon.models.catalogue import Entry, find
from prosopon.models.pair import SUFFIX
from prosopon.train.run import WEIGHTS


def find_trained(where: str | Path, verb: str) -> Entry:
    """Weights by name or path, or the first of a run folder.

    Args:
        where: name, path or run folder.
        verb: of the command line, that trains such weights.

    Raises:
        MissingError: there are none.
        CheckpointError: their card is damaged.
    """
    folder = Path(where)
    if not folder.is_dir():
        return find(where)
    files = sorted((folder / WEIGHTS).glob(f"*{SUFFIX}"))
    if not files:
        raise MissingError(f"{folder} holds no weights yet", f"train some with: prosopon {verb} -o {folder}")
    return find(files[0])
