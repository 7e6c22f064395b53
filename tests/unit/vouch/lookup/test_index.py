"""One's own originals are found again after what happens to pictures on their way, and forgotten on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from drawn_scenes import cropped, jpeg, resized, scene, swapped
from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError, ProsoponError, UsageError
from prosopon.media.write import encode
from prosopon.vouch.lookup.index import Index
from prosopon.vouch.lookup.key_frames import KeyFrame
from prosopon.vouch.lookup.look_up import look_up
from prosopon.vouch.lookup.pdq import Fingerprint, Turn, pdq
from prosopon.vouch.lookup.report import Answer, LookupReport
from prosopon.vouch.store.fingerprint_rows import FORM, nearest
from prosopon.vouch.store.record import Record
from prosopon.vouch.store.rows import sealed
from prosopon.vouch.store.store import Store

Found = Callable[[Frame | Path], LookupReport]


def saved(path: Path, frame: Frame) -> Path:
    Image.fromarray(frame).save(path)
    return path


def film(path: Path, face: int = 0, first: int = 0, count: int = 30) -> Path:
    """Somebody walks to the right, two pixels a frame, at ten frames a second."""
    frames = [
        swapped(7, face, shift=2 * number) if face else scene(7, shift=2 * number)
        for number in range(first, first + count)
    ]
    encode(Clip.of_frames(frames, Fraction(10)), path)
    return path


@pytest.fixture
def index(tmp_path: Path) -> Index:
    index = Index.open(tmp_path / "originals")
    for seed in range(4):
        index.add(saved(tmp_path / f"room {seed}.png", scene(seed)))
    return index


@pytest.fixture
def found(index: Index, tmp_path: Path) -> Found:
    """What looking up a picture finds."""

    def ask(suspect: Frame | Path) -> LookupReport:
        clip = suspect if isinstance(suspect, Path) else Clip.still(suspect)
        return look_up(clip, index, Store.open(tmp_path / "published"))

    return ask


@pytest.mark.parametrize("turn", [*Turn])
def test_copies_are_found_however_they_were_turned(found: Found, turn: Turn) -> None:
    undo = {Turn.LEFT: Turn.RIGHT, Turn.RIGHT: Turn.LEFT}.get(turn, turn)
    copy = undo.undone(jpeg(resized(scene(2), 0.6)))
    report = found(copy)
    assert report.answer is Answer.SAME
    (match,) = report.matches
    assert (match.name, match.of, match.is_identical) == ("room 2.png", "original", False)
    assert match.distance <= 31
    assert match.compared[0].turn is turn
    assert match.compared[0].is_full
    assert ("turned" in report.text) == (turn is not Turn.NONE)


def test_a_crop_is_found_beyond_the_reach_of_the_fingerprint(found: Found) -> None:
    report = found(jpeg(cropped(scene(1), 16, 8, 6, 10)))
    assert report.answer is Answer.SAME
    assert report.matches[0].name == "room 1.png"
    assert report.matches[0].distance > 31


def test_a_swapped_face_is_told_and_where(found: Found) -> None:
    report = found(jpeg(swapped(3)))
    assert report.answer is Answer.DIFFERS
    assert "differs here" in report.text
    region = report.matches[0].compared[0].difference.regions[0]
    assert 100 < region.left < region.right < 220
    told = json.loads(json.dumps(report.as_json()))
    assert told["answer"] == "differs"
    assert told["matches"][0]["compared"][0]["regions"][0]["box"][0] == round(region.left)


def test_the_very_file_and_strangers(found: Found, tmp_path: Path) -> None:
    report = found(tmp_path / "room 0.png")
    assert report.matches[0].is_identical
    assert "byte for byte" in report.text
    report = found(scene(99))
    assert report.answer is Answer.NONE
    assert "proves nothing" in report.text


def test_nothing_to_search(tmp_path: Path) -> None:
    report = look_up(Clip.still(scene()), Index.open(tmp_path / "a"), Store.open(tmp_path / "b"))
    assert report.answer is Answer.NONE
    assert "lookup add" in report.text
    assert not (tmp_path / "a").exists()


def test_plain_pictures_match_nothing(found: Found) -> None:
    for frame in (np.full((100, 100, 3), 7, np.uint8), np.zeros((1, 1, 3), np.uint8)):
        assert found(frame).answer is Answer.NONE


def test_thumbnails_serve_where_the_original_is_gone_or_changed(found: Found, tmp_path: Path) -> None:
    (tmp_path / "room 2.png").unlink()
    saved(tmp_path / "room 3.png", scene(5))
    for seed in (2, 3):
        for suspect, answer in ((jpeg(scene(seed)), Answer.SAME), (jpeg(swapped(seed)), Answer.DIFFERS)):
            report = found(suspect)
            assert report.answer is answer
            assert not report.matches[0].compared[0].is_full
            assert report.matches[0].compared[0].is_exact


def test_no_path_in_any_answer(found: Found, tmp_path: Path) -> None:
    for suspect in (jpeg(swapped(3)), tmp_path / "room 0.png"):
        report = found(suspect)
        assert str(tmp_path) not in json.dumps(report.as_json()) + report.text


def test_forgotten_means_gone(index: Index, tmp_path: Path) -> None:
    one = next(original for original in index.originals() if original.name == "room 1.png")
    assert index.forget(one.sha256)
    assert not index.forget(one.sha256)
    assert index.search([pdq(scene(1))]) == []
    assert index.count() == 3
    assert (tmp_path / "room 1.png").exists()
    left = b"".join(file.read_bytes() for file in (tmp_path / "originals").rglob("*") if file.is_file())
    assert b"room 1.png" not in left


def test_added_again_under_another_name(index: Index, tmp_path: Path) -> None:
    added = index.add(tmp_path / "room 1.png", "the kitchen")
    assert index.count() == 4
    assert index.original(added.sha256) == added
    assert {one.name for one in index.originals()} == {"room 0.png", "the kitchen", "room 2.png", "room 3.png"}


def test_what_cannot_be_added(index: Index, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a path"):
        index.add(tmp_path / "room 1.png", "a/b")
    with pytest.raises(MediaError):
        index.add(tmp_path / "nothing.png")
    assert index.count() == 4


def test_damage_is_mended_or_told(index: Index, tmp_path: Path) -> None:
    (tmp_path / "originals" / "fingerprints.rows").write_bytes(b"nonsense")
    assert index.count() == 4
    (tmp_path / "originals" / "fingerprints.rows").unlink()
    assert index.count() == 4
    near = index.search([pdq(scene(0))])[0]
    (file,) = (tmp_path / "originals").glob(f"originals/??/{near.item}/original.json")
    for content in (b"", b"[]", b'{"version": 1}', b'{"version": 9}'):
        file.write_bytes(content)
        with pytest.raises(ProsoponError):
            index.original(near.item)


def test_which_clip_and_from_when_on(index: Index, found: Found, tmp_path: Path) -> None:
    index.add(film(tmp_path / "walk.mp4"))
    report = found(film(tmp_path / "part.mp4", first=13, count=12))
    match = report.matches[0]
    assert (match.name, match.answer) == ("walk.mp4", Answer.SAME)
    assert match.offset_s == pytest.approx(1.3, abs=0.06)
    assert all(one.is_exact and one.is_full for one in match.compared)
    report = found(film(tmp_path / "fake.mp4", face=2, first=13, count=12))
    match = report.matches[0]
    assert (match.name, match.answer) == ("walk.mp4", Answer.DIFFERS)
    assert match.offset_s == pytest.approx(1.3, abs=0.06)
    (tmp_path / "walk.mp4").unlink()
    match = found(film(tmp_path / "part2.mp4", first=13, count=12)).matches[0]
    assert match.name == "walk.mp4"
    assert not match.compared[0].is_exact


def test_published_things_are_found_too(index: Index, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "published")
    frame = scene(50)
    store.keep(
        Record(
            sha256="ab" * 32,
            title="made.png",
            source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            time="2026-01-01T00:00:00Z",
            manifest_sha256=sha256(b"manifest").hexdigest(),
            fingerprints=(KeyFrame(0.0, pdq(frame)),),
        ),
        b"manifest",
        frame,
    )
    report = look_up(Clip.still(jpeg(frame)), index, store)
    (match,) = report.matches
    assert (match.of, match.name, match.answer) == ("published", "made.png", Answer.SAME)
    assert report.searched == (4, 1)


def test_all_of_many_rows_are_compared() -> None:
    rng = np.random.default_rng(0)
    rows = np.zeros(50_000, FORM)
    rows["bits"] = rng.integers(0, 256, (50_000, 32))
    rows["item"] = rng.integers(0, 256, (50_000, 16))
    rows[[0, 777, 49_999]] = sealed(rows[[0, 777, 49_999]])
    for row in (0, 777, 49_999):
        bits = rows["bits"][row].copy()
        bits[31] ^= 0b111
        (near,) = nearest(rows, [Fingerprint(bits, 80)], 31)
        assert (near.item, near.distance) == (rows["item"][row].tobytes().hex(), 3)
    assert nearest(rows, [Fingerprint(rows["bits"][5].copy(), 80)], 31) == [], "its checksum is wrong"
