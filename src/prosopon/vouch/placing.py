"""A file and its sidecar that become visible together, or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from prosopon.media.outputs import replacing


@contextlib.contextmanager
def both(path: Path, sidecar: Path | None) -> Iterator[tuple[Path, Path | None]]:
    """Temporary names for a file and its sidecar that become the real ones at the end (see `replacing`).

    The sidecar is put in place first, so that nothing is ever there without its credential.
    """
    if sidecar is None:
        with replacing(path) as temporary:
            yield temporary, None
        return
    placed = False
    try:
        with replacing(path) as temporary:
            with replacing(sidecar) as temporary_sidecar:
                yield temporary, temporary_sidecar
            placed = True
    except BaseException:
        if placed:
            sidecar.unlink(missing_ok=True)
        raise
