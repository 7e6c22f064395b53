"""A log that grows: its files are those of the standard, and nothing that was promised is ever lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.vouch.log import writing
from prosopon.vouch.log.files import LocalFiles
from prosopon.vouch.log.merkle import EMPTY_ROOT, extends, includes, leaf_hash, node_hash
from prosopon.vouch.log.note import Note, Signer
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.tiles import Tile, Tiles, grown, packed, tile_at, unpacked
from prosopon.vouch.log.writing import LogWriter

SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))


def entry(index: int) -> bytes:
    return f'{{"entry":{index}}}'.encode()


def root_of(entries: list[bytes]) -> bytes:
    """By the definition, all at once."""
    hashes = [leaf_hash(one) for one in entries]
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > 1:
        pairs = [node_hash(*hashes[at : at + 2]) for at in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2 :]
    return hashes[0]


def opened(folder: Path) -> Log:
    return Log.open(folder, SIGNER.verifier)


def test_paths_are_those_of_the_standard() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert Tile(0, 5, 3).path == "tile/0/005.p/3"
    assert Tile(None, 1000).path == "tile/entries/x001/000"
    assert tile_at(1, 0, 256 * 256 - 1) == Tile(1, 0, 255)
    assert tile_at(1, 0, 256 * 256) == Tile(1, 0, 256)
    with pytest.raises(ValueError, match="no tile"):
        tile_at(1, 0, 255)
    assert [*grown(255, 257)] == [
        Tile(None, 0), Tile(None, 1, 1), Tile(0, 0), Tile(0, 1, 1), Tile(1, 0, 1)
    ]  # fmt: skip


def test_the_examples_of_the_standard() -> None:
    """c2sp.org/tlog-tiles, "Partial Tiles": sizes 70,000 and 256; and paths of Tessera's own tests."""
    tiles = [tile for tile in grown(0, 70_000) if tile.level is not None]
    assert [(tile.level, tile.width) for tile in tiles if tile.width < 256] == [(0, 112), (1, 17), (2, 1)]
    assert [sum(tile.level == level and tile.width == 256 for tile in tiles) for level in range(3)] == [273, 1, 0]
    assert [tile.path for tile in grown(0, 256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    assert Tile(15, 455667).path == "tile/15/x455/667"
    assert Tile(None, 255).path == "tile/entries/255"


def test_only_so_many_bytes_are_remembered(tmp_path: Path) -> None:
    with LogWriter.open(tmp_path, SIGNER) as log:
        log.append([bytes([index]) * 60_000 for index in range(3)])
        log.append([bytes([index]) * 60_000 for index in range(3, 10)])
    tiles = Tiles(LocalFiles(tmp_path), kept_bytes=100_000)
    for size in (3, 10):
        assert len(tiles.entries(tile_at(None, 0, 10))) == 10
        assert len(tiles.hashes(tile_at(0, 0, size))) == size
    assert sum(map(len, tiles._kept.values())) == tiles._kept_bytes <= 100_000


def test_bundles_there_and_back() -> None:
    entries = [b"", b"a", bytes(65535)]
    assert unpacked(packed(entries)) == entries
    for cut in (1, 4, 6):
        with pytest.raises(ValueError, match="ends within"):
            unpacked(packed(entries)[:cut])
    with pytest.raises(ValueError, match="more than"):
        packed([bytes(65536)])


def test_any_way_of_growing_comes_to_the_same_tree(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    entries: list[bytes] = []
    states = [(0, EMPTY_ROOT)]
    with LogWriter.open(tmp_path, SIGNER) as log:
        for count in (1, 1, 253, 1, 1, 0, 255, 300, *rng.integers(1, 9, 40).tolist()):
            new = [entry(len(entries) + one) for one in range(count)]
            assert log.append(new) == range(len(entries), len(entries) + count)
            entries += new
            assert log.checkpoint.root == root_of(entries)
            states.append((len(entries), log.checkpoint.root))
    read = opened(tmp_path)
    assert (read.size, read.checkpoint.root) == states[-1]
    for index in (0, 1, 255, 256, 511, len(entries) - 1):
        assert read.entry(index) == entries[index]
        assert includes(leaf_hash(entries[index]), index, read.size, read.prove(index), read.checkpoint.root)
    for size, root in states:
        assert extends(size, root, read.size, read.checkpoint.root, read.prove_growth(size))
    assert not (tmp_path / "tile/0/000.p").exists()  # the full tile holds them
    assert (tmp_path / "tile/0/000").stat().st_size == 256 * 32


def test_the_next_writer_goes_on_and_two_do_not_meet(tmp_path: Path) -> None:
    with LogWriter.open(tmp_path, SIGNER) as log:
        log.append([b"one"])
        with pytest.raises(UsageError, match="somebody else"), LogWriter.open(tmp_path, SIGNER):
            pass
    with LogWriter.open(tmp_path, SIGNER) as log:
        assert log.append([b"two", b"three"]) == range(1, 3)
    assert [opened(tmp_path).entry(index) for index in range(3)] == [b"one", b"two", b"three"]
    other = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([2] * 32)))
    with pytest.raises(ProsoponError, match="not signed"), LogWriter.open(tmp_path, other):
        pass


def test_what_was_changed_is_found(tmp_path: Path) -> None:
    with LogWriter.open(tmp_path, SIGNER) as log:
        log.append([entry(index) for index in range(300)])
    bundle = tmp_path / "tile/entries/000"
    whole = bundle.read_bytes()
    bundle.write_bytes(whole.replace(entry(7), entry(8)))
    with pytest.raises(ProsoponError, match="not what was signed"):
        opened(tmp_path).entry(7)
    bundle.write_bytes(whole[:-1])
    with pytest.raises(ProsoponError, match="ends within"):
        opened(tmp_path).entry(7)
    bundle.unlink()
    with pytest.raises(ProsoponError, match="not there"):
        opened(tmp_path).entry(7)
    tile = tmp_path / "tile/1/000.p/1"
    tile.write_bytes(bytes(32))
    with pytest.raises(ProsoponError, match="do not come to"):
        opened(tmp_path)
    (tmp_path / "checkpoint").unlink()
    with pytest.raises(MissingError):
        opened(tmp_path)
    with pytest.raises(ProsoponError, match="no checkpoint"), LogWriter.open(tmp_path, SIGNER):
        pass


def test_a_full_disk_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LogWriter.open(tmp_path, SIGNER) as log:
        log.append([b"one"])
        fill, left = writing._fill, [2]

        def full(path: Path, content: bytes) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            fill(path, content)

        monkeypatch.setattr(writing, "_fill", full)
        with pytest.raises(ProsoponError, match="No space left"):
            log.append([b"two"])
        monkeypatch.setattr(writing, "_fill", fill)
        assert opened(tmp_path).size == 1
        log.append([b"three"])
    assert [opened(tmp_path).entry(index) for index in range(2)] == [b"one", b"three"]
    with pytest.raises(UsageError, match="at most"), LogWriter.open(tmp_path, SIGNER) as log:
        log.append([bytes(70_000)])


def test_readers_of_an_older_state_find_it_in_full_tiles(tmp_path: Path) -> None:
    with LogWriter.open(tmp_path, SIGNER) as log:
        log.append([entry(0), entry(1)])
        log.append([entry(index) for index in range(2, 300)])
    assert Tiles(LocalFiles(tmp_path)).entries(tile_at(None, 0, 2)) == [entry(0), entry(1)]
    assert len(Tiles(LocalFiles(tmp_path)).hashes(tile_at(0, 0, 2))) == 2


def test_what_was_broken_off_is_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped right after its checkpoint was put in place, a writer does not know what it has promised."""
    with LogWriter.open(tmp_path, SIGNER) as log:
        log.append([b"one"])
        monkeypatch.setattr(Note, "parse", interrupted)
        with pytest.raises(KeyboardInterrupt):
            log.append([b"two"])
        monkeypatch.undo()
        with pytest.raises(ProsoponError, match="broken off"):
            log.append([b"three"])
    with LogWriter.open(tmp_path, SIGNER) as log:
        assert log.append([b"three"]) == range(2, 3)
    assert [opened(tmp_path).entry(index) for index in range(3)] == [b"one", b"two", b"three"]


def interrupted(raw: bytes) -> Note:
    raise KeyboardInterrupt
