"""A log that is built at once is the one that appending leaves, and what is measured adds up."""

from __future__ import annotations

from pathlib import Path

import pytest

from prosopon.arena.log_bench import bench_entry, bench_signer, build_log, measure_log
from prosopon.vouch.log.auditing import audit
from prosopon.vouch.log.entry import Entry
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.writing import LogWriter


def content(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("size", [1, 255, 256, 700, 66_000])
def test_it_is_what_appending_leaves(tmp_path: Path, size: int) -> None:
    build_log(tmp_path / "built", size)
    with LogWriter.open(tmp_path / "appended", bench_signer()) as log:
        log.append([bench_entry(index) for index in range(size)])
    assert content(tmp_path / "built") == content(tmp_path / "appended")


def test_entries_are_real_ones() -> None:
    assert len({Entry.parse(bench_entry(index)) for index in range(50)}) == 50


@pytest.mark.parametrize("with_table", [True, False])
def test_what_is_measured(tmp_path: Path, with_table: bool) -> None:
    build_log(tmp_path, 1000)
    costs = measure_log(tmp_path, repeats=3, batch=100, with_table=with_table)
    assert costs.entries == 1000 + 2 * 3 + 2 * 100
    assert costs.proof_hashes == 11
    assert (costs.find_ms is None, costs.table_bytes is None) == (not with_table, not with_table)
    assert costs.append_files == 3  # entries, leaves, checkpoint
    on_disk = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert costs.files == len(on_disk)
    checkpoint = (tmp_path / "checkpoint").stat().st_size
    assert costs.tree_bytes + costs.entry_bytes == sum(path.stat().st_size for path in on_disk) - checkpoint
    assert all(value > 0 for value in costs.as_json().values() if value is not None)
    assert audit(Log.open(tmp_path, bench_signer().verifier)).entries == costs.entries
