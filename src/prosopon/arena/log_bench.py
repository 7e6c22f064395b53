"""What the log of published files costs as it grows: appends, proofs, looking up, and room on the disk."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.progress import SILENT, Progress
from prosopon.vouch.log import merkle
from prosopon.vouch.log.checkpoint import Checkpoint
from prosopon.vouch.log.entry import Entry
from prosopon.vouch.log.files import LocalFiles
from prosopon.vouch.log.merkle import Hash, leaf_hash
from prosopon.vouch.log.note import Signer
from prosopon.vouch.log.reading import CHECKPOINT, Log
from prosopon.vouch.log.search import find, table_of
from prosopon.vouch.log.tiles import WIDTH, Tile, Tiles, folded, grown, packed
from prosopon.vouch.log.writing import LogWriter

_ORIGIN = "prosopon.local/bench"


@dataclass(frozen=True)
class LogCosts:
    """What was measured; times are medians.

    Attributes:
        entries: of the log.
        open_ms: reading the checkpoint, checking its signature and that the tree comes to it.
        append_ms: one entry, on the disk and signed for, in a log that is locked already.
        append_bytes: written for it: the last tiles, and the checkpoint.
        append_files: that these are.
        record_ms: the same from the start: locking, opening, appending.
        batch: entries of the batch.
        batch_ms: appending it.
        prove_ms: of an entry, with nothing in memory.
        proof_hashes: of that proof, the most.
        check_us: checking it, in millionths of a second.
        grow_ms: proving that the log begins with what it was earlier.
        find_ms: finding the place of a file's hash in the table; None where that was left out.
        tree_bytes: of the tiles.
        entry_bytes: of the entries.
        table_s: making the table for searching, which reads all entries once, in seconds; None where that was left out.
        table_bytes: of that table, likewise.
        files: of the log, the table left out.
    """

    entries: int
    open_ms: float
    append_ms: float
    append_bytes: int
    append_files: int
    record_ms: float
    batch: int
    batch_ms: float
    prove_ms: float
    proof_hashes: int
    check_us: float
    grow_ms: float
    find_ms: float | None
    tree_bytes: int
    entry_bytes: int
    table_s: float | None
    table_bytes: int | None
    files: int

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return asdict(self)


def bench_signer() -> Signer:
    """A key for logs that are only measured; everybody knows it."""
    return Signer(_ORIGIN, Ed25519PrivateKey.from_private_bytes(sha256(_ORIGIN.encode()).digest()))


def bench_entry(index: int) -> bytes:
    """An entry as published files have it, with a hash that was never a file's."""
    asset = sha256(b"%d" % index).hexdigest()
    return b'{"asset":"%s","key":"0123456789abcdef","time":"2026-11-23T17:00:00Z","v":1}' % asset.encode()


def build_log(
    folder: Path, entries: int, entry: Callable[[int], bytes] = bench_entry, progress: Progress = SILENT
) -> None:
    """Write a log of any size at once, as appending would leave it, but without waiting for the disk.

    Args:
        folder: where there is no log yet.
        entries: how many.
        entry: what each of them is.
        progress: told about every tile.
    """
    progress.start("building the log", -(-entries // WIDTH))
    above: list[Hash] = []
    for index in range(-(-entries // WIDTH)):
        bundle = [entry(place) for place in range(index * WIDTH, min(entries, (index + 1) * WIDTH))]
        hashes = [*map(leaf_hash, bundle)]
        _write(folder, Tile(None, index, len(bundle)), packed(bundle))
        _write(folder, Tile(0, index, len(bundle)), b"".join(hashes))
        if len(hashes) == WIDTH:
            above.append(folded(hashes))
        progress.advance()
    level = 1
    while above:
        tiles = [above[at : at + WIDTH] for at in range(0, len(above), WIDTH)]
        for index, hashes in enumerate(tiles):
            _write(folder, Tile(level, index, len(hashes)), b"".join(hashes))
        above = [folded(hashes) for hashes in tiles if len(hashes) == WIDTH]
        level += 1
    tree = Tiles(LocalFiles(folder))
    signer = bench_signer()
    root = merkle.root(entries, lambda level, index: tree.subtree(entries, level, index))
    (folder / CHECKPOINT).write_text(Checkpoint(signer.name, entries, root).signed(signer), "utf-8")
    progress.finish()


def measure_log(
    folder: Path, *, repeats: int = 20, batch: int = 1000, with_table: bool = True, progress: Progress = SILENT
) -> LogCosts:
    """Measure a log that `build_log` has written; it grows by `2 * repeats` entries and some batches.

    Args:
        folder: of the log.
        repeats: of every measurement; batches are a fifth of that, at least 2.
        batch: entries of a batch.
        with_table: whether the table for searching is made too, which reads all entries once.
        progress: told about every stage.
    """
    signer = bench_signer()
    key, rng = signer.verifier, random.Random(0)  # noqa: S311 - no secret
    progress.start("measuring the log", None)
    opened = [_timed(lambda: Log.open(folder, key)) for _ in range(repeats)]
    recorded = [_timed(lambda: _record(folder, signer)) for _ in range(repeats)]
    with LogWriter.open(folder, signer) as writer:
        appended, sizes = [], []
        for _ in range(repeats):
            old = writer.checkpoint.size
            appended.append(_timed(lambda: writer.append([bench_entry(writer.checkpoint.size)])))
            sizes.append(_written(folder, old, writer.checkpoint.size))
        batches = []
        for _ in range(max(2, repeats // 5)):
            start = writer.checkpoint.size
            new = [bench_entry(start + one) for one in range(batch)]
            batches.append(_timed(lambda new=new: writer.append(new)))  # type: ignore[misc]
    log = Log.open(folder, key)
    proved, checked, longest = [], [], 0
    for _ in range(repeats):
        index = rng.randrange(log.size)
        cold = Log(log.files, log.checkpoint, log.note, Tiles(log.files))
        proved.append(_timed(lambda cold=cold, index=index: cold.prove(index)))  # type: ignore[misc]
        proof = cold.prove(index)
        longest = max(longest, len(proof))
        leaf = leaf_hash(bench_entry(index))
        checked.append(_timed(lambda: merkle.includes(leaf, index, log.size, proof, log.checkpoint.root)))  # noqa: B023
    grew = [
        _timed(lambda: Log(log.files, log.checkpoint, log.note, Tiles(log.files)).prove_growth(rng.randrange(log.size)))
        for _ in range(repeats)
    ]  # fmt: skip
    found = made = None
    if with_table:
        asked = [_asset(rng.randrange(log.size)) for _ in range(repeats + 1)]
        made = _timed(lambda: find(log, "asset", asked[0]))
        found = _ms([_timed(lambda one=one: find(log, "asset", one)) for one in asked[1:]])  # type: ignore[misc]
    entry_bytes, tree_bytes, files = _room(folder)
    progress.finish()
    return LogCosts(
        entries=log.size, open_ms=_ms(opened), append_ms=_ms(appended), append_bytes=round(median(b for b, _ in sizes)),
        append_files=max(n for _, n in sizes), record_ms=_ms(recorded), batch=batch, batch_ms=_ms(batches),
        prove_ms=_ms(proved), proof_hashes=longest, check_us=median(checked) * 1e6, grow_ms=_ms(grew), find_ms=found,
        tree_bytes=tree_bytes, entry_bytes=entry_bytes, files=files,
        table_s=made, table_bytes=table_of(log).stat().st_size if with_table else None,
    )  # fmt: skip


def _record(folder: Path, signer: Signer) -> None:
    with LogWriter.open(folder, signer) as writer:
        writer.append([bench_entry(writer.checkpoint.size)])


def _asset(index: int) -> str:
    return Entry.parse(bench_entry(index)).asset


def _timed(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _ms(seconds: Sequence[float]) -> float:
    return median(seconds) * 1e3


def _written(folder: Path, old: int, size: int) -> tuple[int, int]:
    """Bytes and files of one append."""
    paths = [*(folder / tile.path for tile in grown(old, size)), folder / CHECKPOINT]
    return sum(path.stat().st_size for path in paths), len(paths)


def _room(folder: Path) -> tuple[int, int, int]:
    """Bytes of entries, bytes of the tree, and how many files."""
    entries = tree = files = 0
    for root, _, names in os.walk(folder / "tile"):
        held = sum(Path(root, name).stat().st_size for name in names)
        files += len(names)
        if "entries" in Path(root).relative_to(folder).parts:
            entries += held
        else:
            tree += held
    return entries, tree, files + 1


def _write(folder: Path, tile: Tile, content: bytes) -> None:
    path = folder / tile.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
