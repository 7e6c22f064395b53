"""The user's own log: entries go in whoever else is writing, and are found again with their proofs."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from log_writer import entry, write_twenty

from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.vouch.keys.log_key import log_signer
from prosopon.vouch.log import recording, search
from prosopon.vouch.log.anchors import KNOWN, keep_anchor
from prosopon.vouch.log.checkpoint import cosigned
from prosopon.vouch.log.entry import Entry
from prosopon.vouch.log.note import Signer
from prosopon.vouch.log.own_keys import log_folder, signer_of
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.recording import look_up, record, record_all
from prosopon.vouch.log.seen import HistoryRewritten
from prosopon.vouch.log.writing import LogWriter


def test_what_is_recorded_is_found_again() -> None:
    assert look_up(asset_sha256=entry(1).asset) == []
    for number in (1, 2, 3, 8):
        made = record(entry(number))
    assert (made.index, made.size, made.key) == (3, 4, log_signer().verifier.text)
    (found,) = look_up(asset_sha256=entry(2).asset)
    assert (found.entry, found.index, found.size, found.anchor) == (entry(2), 1, 4, None)
    assert [one.index for one in look_up(watermark=f"{1:016x}")] == [0, 3]
    assert [one.index for one in look_up(watermark=f"{1:016x}", manifest=entry(3).manifest)] == [0, 2, 3]
    assert look_up(asset_sha256="ab" * 32) == []
    # The same first 64 bits are not the same file.
    assert look_up(asset_sha256=entry(3).asset[:16] + "f" * 48) == []
    with pytest.raises(UsageError, match="nothing to look for"):
        look_up()
    with pytest.raises(UsageError, match="not hexadecimal"):
        look_up(asset_sha256="xyz")


def test_a_proof_is_demanded_of_every_hit() -> None:
    record_all([entry(number).as_bytes() for number in range(5)])
    assert look_up(asset_sha256=entry(3).asset)
    bundle = log_folder() / "tile/entries/000.p/5"
    bundle.write_bytes(bundle.read_bytes().replace(entry(3).as_bytes(), entry(4).as_bytes()))
    with pytest.raises(ProsoponError, match="not what was signed"):
        look_up(asset_sha256=entry(3).asset)


def test_several_processes_wait_for_each_other(own_home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_twenty, args=(str(own_home), first)) for first in (0, 100, 200)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
        assert one.exitcode == 0
    log = Log.open(log_folder(), log_signer().verifier)
    numbers = (*range(20), *range(100, 120), *range(200, 220))
    assert {Entry.parse(log.entry(place)) for place in range(log.size)} == {entry(number) for number in numbers}
    assert log.size == len(numbers)


def test_waiting_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    record(entry(1))
    monkeypatch.setattr(recording, "PATIENCE_S", 0.1)
    with LogWriter.open(log_folder(), log_signer()), pytest.raises(UsageError, match="somebody else"):
        record(entry(2))
    monkeypatch.setattr(recording, "PATIENCE_S", 30.0)
    with LogWriter.open(log_folder(), log_signer()):
        later = threading.Thread(target=record, args=(entry(2),))
        later.start()
    later.join(30)
    assert [one.index for one in look_up(asset_sha256=entry(2).asset)] == [1]


def test_an_old_copy_is_not_written_on(tmp_path: Path) -> None:
    record(entry(1))
    shutil.copytree(log_folder(), tmp_path / "old")
    record(entry(2))
    for older in (tmp_path / "old", None):
        shutil.rmtree(log_folder())
        if older is not None:
            shutil.copytree(older, log_folder())
        with pytest.raises(HistoryRewritten, match="when it was last seen"):
            record(entry(3))
    assert look_up(asset_sha256=entry(3).asset) == []


def test_every_folder_has_its_own_key(tmp_path: Path) -> None:
    one, two, usual = record(entry(1), tmp_path / "a"), record(entry(1), tmp_path / "b"), record(entry(1))
    assert len({one.key, two.key, usual.key}) == 3
    assert record(entry(2), tmp_path / "a").key == one.key
    assert [found.index for found in look_up(asset_sha256=entry(2).asset, folder=tmp_path / "a")] == [1]
    assert look_up(asset_sha256=entry(2).asset, folder=tmp_path / "b") == []
    stranger = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
    with LogWriter.open(tmp_path / "c", stranger) as log:
        log.append([entry(1).as_bytes()])
    with pytest.raises(MissingError, match="not on this machine"):
        record(entry(2), tmp_path / "c")
    assert look_up(asset_sha256=entry(1).asset, folder=tmp_path / "c") == []


@pytest.mark.parametrize("damage", [b"", b"no table at all" * 100, None])
def test_the_table_is_made_anew_where_it_is_damaged(damage: bytes | None) -> None:
    record_all([entry(number).as_bytes() for number in range(600)])
    table = log_folder() / search.TABLE
    assert table.exists()  # two bundles were full
    content = bytearray(table.read_bytes())
    content[len(content) // 2 :] = os.urandom(len(content) - len(content) // 2)
    table.write_bytes(content if damage is None else damage)
    assert [one.index for one in look_up(asset_sha256=entry(599).asset)] == [599]
    table.unlink()
    assert [one.index for one in look_up(asset_sha256=entry(0).asset)] == [0]


def test_a_table_of_another_log_is_made_anew(tmp_path: Path) -> None:
    record_all([entry(number).as_bytes() for number in range(300)])
    record_all([entry(number).as_bytes() for number in range(300, 700)], tmp_path)
    look_up(asset_sha256=entry(1).asset)
    shutil.copy(log_folder() / search.TABLE, tmp_path / search.TABLE)
    assert [one.index for one in look_up(asset_sha256=entry(301).asset, folder=tmp_path)] == [1]
    assert look_up(asset_sha256=entry(1).asset, folder=tmp_path) == []


def test_a_table_that_lies_is_not_believed() -> None:
    record_all([b"of another program", entry(1).as_bytes()])
    look_up(asset_sha256=entry(1).asset)
    with sqlite3.connect(log_folder() / search.TABLE) as table:
        table.execute("INSERT INTO places VALUES (1, 77, 0), (1, 77, 1), (1, 77, 99)")
    assert look_up(asset_sha256=f"{77:016x}" + "0" * 48) == []


def test_witnesses_that_are_believed_are_shown(own_home: Path) -> None:
    witness = Signer("witness.example", Ed25519PrivateKey.from_private_bytes(bytes([3] * 32)))
    for number in range(3):
        record(entry(number))
        log = Log.open(log_folder(), signer_of(log_folder()).verifier)
        line = cosigned(log.note, witness, 1_700_000_000 + number)
        keep_anchor(log_folder(), log.checkpoint, "checkpoint", log.note.joined([line]).encode())
    assert all(one.anchor is None for one in look_up(asset_sha256=entry(1).asset))
    (own_home / KNOWN).write_text(f"# whom I believe\n{witness.verifier.text}\n")
    (found,) = look_up(asset_sha256=entry(1).asset)
    assert found.anchor is not None
    assert (found.anchor.checkpoint.size, found.anchor.witnesses[0].time_s) == (2, 1_700_000_001)
