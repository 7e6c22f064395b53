"""What was published is found again, by its watermark and its looks, until it is forgotten."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.errors import ProsoponError
from prosopon.vouch.label.xmp import read_source_type
from prosopon.vouch.lookup.key_frames import KeyFrame
from prosopon.vouch.lookup.pdq import Fingerprint
from prosopon.vouch.store.record import Record
from prosopon.vouch.store.store import Store

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
MANIFEST = b"a manifest store"


def fingerprint(seed: int) -> Fingerprint:
    return Fingerprint(np.random.default_rng(seed).integers(0, 256, 32, np.uint8), 90)


def record(number: int, **changes: object) -> Record:
    one = Record(
        sha256=sha256(str(number).encode()).hexdigest(),
        title=f"clip {number}.mp4",
        source_type=SOURCE_TYPE,
        time=f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
        manifest_sha256=sha256(MANIFEST).hexdigest(),
        payload=f"{number:016x}",
        fingerprints=(KeyFrame(0.0, fingerprint(2 * number)), KeyFrame(1.04, fingerprint(2 * number + 1))),
        log_index=number,
    )
    return replace(one, **changes)


@pytest.fixture
def picture() -> Frame:
    rows, columns = np.mgrid[:300, :800]
    return np.stack([rows // 2, columns // 4, 0 * rows + 90], axis=2).astype(np.uint8)


@pytest.fixture
def store(tmp_path: Path, picture: Frame) -> Store:
    store = Store.open(tmp_path / "published")
    for number in range(3):
        store.keep(record(number), MANIFEST, picture)
    return store


def test_found_by_each_of_its_marks(store: Store) -> None:
    one = record(1)
    assert store.by_sha256(one.sha256) == one
    assert store.by_payload("0000000000000001") == one
    (near,) = store.by_fingerprint(fingerprint(3))
    assert (near.record, near.distance, near.time_s) == (one, 0, 1.04)
    assert store.manifest(one) == MANIFEST
    assert len(store) == 3


def test_what_is_not_there_is_not_found(store: Store, tmp_path: Path) -> None:
    for asked in (store, Store.open(tmp_path / "nothing")):
        assert asked.by_sha256("ab" * 32) is None
        assert asked.by_payload("ffffffffffffffff") is None
        assert asked.by_fingerprint(fingerprint(77)) == []
    assert not (tmp_path / "nothing").exists()
    assert store.by_sha256(record(1).sha256[:32] + "0" * 32) is None, "only the first half is the same"


def test_a_fingerprint_may_differ_in_a_few_bits(store: Store) -> None:
    bits = fingerprint(2).bits.copy()
    bits[:3] ^= 0xFF
    bits[3] ^= 0x7F
    (near,) = store.by_fingerprint(Fingerprint(bits, 10))
    assert near.distance == 31
    bits[4] ^= 1
    assert store.by_fingerprint(Fingerprint(bits, 10)) == []


def test_the_thumbnail_is_small_and_labelled(store: Store, picture: Frame, tmp_path: Path) -> None:
    seen = store.thumbnail(record(0))
    assert seen.shape == (192, 512, 3)
    small = np.array(Image.fromarray(picture).resize((512, 192)))
    assert np.abs(seen.astype(int) - small).mean() < 3
    (file,) = (tmp_path / "published").glob(f"records/??/{record(0).sha256[:32]}/thumbnail.jpg")
    assert read_source_type(file) == SOURCE_TYPE
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)
    store.keep(record(9), MANIFEST, noise)
    (file,) = (tmp_path / "published").glob(f"records/??/{record(9).sha256[:32]}/thumbnail.jpg")
    assert file.stat().st_size <= 60_000


def test_the_newest_of_one_payload_counts(store: Store, picture: Frame) -> None:
    later = record(5, payload=record(0).payload)
    store.keep(later, MANIFEST, picture)
    assert store.by_payload(str(later.payload)) == later
    assert store.forget(later.sha256)
    assert store.by_payload(str(later.payload)) == record(0)


def test_keeping_again_replaces(store: Store, picture: Frame) -> None:
    again = record(1, title="renamed.mp4", payload="aaaaaaaaaaaaaaaa", fingerprints=())
    store.keep(again, MANIFEST, picture)
    assert store.by_payload("0000000000000001") is None
    assert store.by_payload("aaaaaaaaaaaaaaaa") == store.by_sha256(again.sha256) == again
    assert store.by_fingerprint(fingerprint(3)) == []
    assert len(store) == 3


def test_forgotten_means_gone(store: Store, tmp_path: Path) -> None:
    one = record(1)
    assert store.forget(one.sha256)
    assert not store.forget(one.sha256)
    assert store.by_sha256(one.sha256) is store.by_payload(str(one.payload)) is None
    assert store.by_fingerprint(fingerprint(2), fingerprint(3)) == []
    everything = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert bytes.fromhex(one.sha256[:32]) not in everything
    assert fingerprint(2).bits.tobytes() not in everything
    assert store.by_sha256(record(2).sha256) == record(2)


def test_the_oldest_go_first(store: Store) -> None:
    one = sum(f.stat().st_size for f in store._items.place(record(2).sha256).iterdir())
    assert store.trim(one + 10) == 2
    assert [kept.title for kept in store.records()] == ["clip 2.mp4"]
    assert store.trim(10**9) == 0


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 9, None])
@pytest.mark.parametrize("name", ["payloads.rows", "fingerprints.rows"])
def test_damaged_or_missing_rows_are_made_anew(store: Store, tmp_path: Path, name: str, damage: bytes | None) -> None:
    file = tmp_path / "published" / name
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    assert store.by_payload("0000000000000002") == record(2)
    assert [near.record for near in store.by_fingerprint(fingerprint(4))] == [record(2)]


def test_keeping_mends_damaged_rows(store: Store, tmp_path: Path, picture: Frame) -> None:
    (tmp_path / "published" / "payloads.rows").write_bytes(b"nonsense" * 9)
    store.keep(record(4), MANIFEST, picture)
    assert store.by_payload("0000000000000004") == record(4)
    assert store.by_payload("0000000000000000") == record(0)
    (tmp_path / "published" / "payloads.rows").write_bytes(b"nonsense" * 9)
    assert store.forget(record(4).sha256)
    assert store.by_payload("0000000000000004") is None


def test_damage_is_one_clear_line(store: Store, tmp_path: Path) -> None:
    place = store._items.place(record(1).sha256)
    (place / "record.json").write_bytes(b'{"version": 1}')
    with pytest.raises(ProsoponError, match="damaged"):
        store.by_payload("0000000000000001")
    (place / "record.json").write_bytes(b'{"version": 2}')
    with pytest.raises(ProsoponError, match="newer Prosopon"):
        store.by_sha256(record(1).sha256)
    assert {kept.title for kept in store.records()} == {"clip 0.mp4", "clip 2.mp4"}
    place = store._items.place(record(0).sha256)
    (place / "manifest.c2pa").write_bytes(b"another")
    with pytest.raises(ProsoponError, match="was changed"):
        store.manifest(record(0))
    (place / "thumbnail.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ProsoponError, match="thumbnail is damaged"):
        store.thumbnail(record(0))
    (place / "thumbnail.jpg").unlink()
    with pytest.raises(ProsoponError, match="not in the store"):
        store.thumbnail(record(0))


def test_another_manifest_is_refused(store: Store, picture: Frame) -> None:
    with pytest.raises(ProsoponError, match="not the one"):
        store.keep(record(4), b"another", picture)
    assert len(store) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "/home/somebody/a.mp4"},
        {"title": "C:\\a.mp4"},
        {"sha256": "AB" * 32},
        {"payload": "12"},
        {"time": "yesterday"},
        {"log_index": -1},
        {"manifest_sha256": None},
    ],
)
def test_records_of_another_form_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ProsoponError):
        record(1, **changes)


def test_records_there_and_back() -> None:
    one = record(7, payload=None, log_index=None, title="Größe “x”.png")
    assert Record.parse(one.as_bytes()) == one
    for raw in (b"", b"[]", b"{}", b"null", b'{"version": 1, "fingerprints": 3}', b"\xff", b"[" * 10**5):
        with pytest.raises(ProsoponError):
            Record.parse(raw)


def test_several_processes_keep_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; import numpy as np\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_store import MANIFEST, Store, record\n"
        "first = int(sys.argv[2])\n"
        "store = Store.open(Path(sys.argv[1]))\n"
        "for number in range(first, first + 12):\n"
        "    store.keep(record(number), MANIFEST, np.zeros((8, 8, 3), np.uint8))\n"
    )
    folder = tmp_path / "published"
    runs = [subprocess.Popen([sys.executable, "-c", program, folder, str(first)]) for first in (0, 12, 24)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    store = Store.open(folder)
    assert len(store) == 36
    for number in range(36):
        assert store.by_payload(f"{number:016x}") == record(number)
        assert store.by_fingerprint(fingerprint(2 * number))[0].record == record(number)


def test_a_killed_process_takes_nothing_with_it(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; import numpy as np\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_store import MANIFEST, Store, record\n"
        "store = Store.open(Path(sys.argv[1]))\n"
        "for number in range(int(sys.argv[2]), 100000):\n"
        "    store.keep(record(number % 3600, payload=f'{number:016x}'), MANIFEST, np.zeros((8, 8, 3), np.uint8))\n"
        "    print(number, flush=True)\n"
    )
    folder = tmp_path / "published"
    kept = -1
    for wait in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", program, folder, str(kept + 1)], stdout=subprocess.PIPE, text=True
        ) as run:
            assert run.stdout is not None
            for _ in range(3 + 2 * wait):
                kept = int(run.stdout.readline())
            os.kill(run.pid, signal.SIGKILL)
            lines = run.stdout.read().split()
            kept = int(lines[-1]) if lines else kept
        store = Store.open(folder)
        for number in range(kept + 1):
            found = store.by_payload(f"{number:016x}")
            assert found is not None
            assert found.payload == f"{number:016x}"


def test_the_thumbnail_of_a_record_is_a_plain_jpeg(store: Store) -> None:
    content = (store._items.place(record(0).sha256) / "thumbnail.jpg").read_bytes()
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "JPEG"
