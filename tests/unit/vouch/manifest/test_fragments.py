"""Fragmented MP4: every segment counts, in its order, and the beginning alone is said to be one."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from forged_credential import CREATED, LABEL, Encoded, cbor, fragmented, manifest, sealed_fragments, store

from prosopon.vouch.manifest.fragments import is_a_beginning, remark_on_order
from prosopon.vouch.manifest.report import Answer, Report
from prosopon.vouch.manifest.verify import Manner, verify


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """The beginning of a sealed video; its segments are named s0.m4s, s1.m4s, s2.m4s."""
    beginning, segments = sealed_fragments(*fragmented())
    assert len(segments) == 3
    for number, segment in enumerate(segments):
        (tmp_path / f"s{number}.m4s").write_bytes(segment)
    (tmp_path / "init.mp4").write_bytes(beginning)
    return tmp_path / "init.mp4"


def _verified(start: Path, *numbers: int) -> Report:
    return verify(start, manner=Manner(fragments=tuple(start.with_name(f"s{number}.m4s") for number in numbers)))


def test_all_segments(start: Path) -> None:
    report = _verified(start, 0, 1, 2)
    assert (report.integrity, report.signature, report.fragments) == (Answer.OK, Answer.VALID, 3)
    assert "assertion.bmffHash.match" in report.statuses.success
    assert report.notes == ("Segments 1 to 3 were checked; nothing is known of others.",)
    assert report.as_json()["fragments"] == 3


def test_some_segments(start: Path) -> None:
    assert _verified(start, 1, 2).integrity is Answer.OK
    assert _verified(start, 1).notes == ("Segment 2 was checked; nothing is known of others.",)


@pytest.mark.parametrize("numbers", [(1, 0, 2), (0, 2), (0, 0), (2, 1)])
def test_segments_in_another_order(start: Path, numbers: tuple[int, ...]) -> None:
    report = _verified(start, *numbers)
    assert report.integrity is Answer.BROKEN
    assert "not in their order" in report.notes[0]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_changed_segment_is_enough(start: Path, number: int) -> None:
    """The library itself forgets what it found of all but the last."""
    path = start.with_name(f"s{number}.m4s")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    report = _verified(start, 0, 1, 2)
    assert report.integrity is Answer.BROKEN
    assert "assertion.bmffHash.mismatch" in report.statuses.failure


def test_a_changed_beginning(start: Path) -> None:
    content = bytearray(start.read_bytes())
    content[-20] ^= 1
    start.write_bytes(content)
    assert _verified(start, 0, 1, 2).integrity is Answer.BROKEN


def test_foreign_segments(start: Path) -> None:
    for number, content in enumerate((fragmented()[1][0], b"", b"nonsense", start.read_bytes())):
        start.with_name(f"s{number + 3}.m4s").write_bytes(content)
        assert _verified(start, number + 3).is_bad
        assert _verified(start, 0, number + 3, 1).is_bad


def test_the_beginning_alone(start: Path) -> None:
    report = verify(start)
    assert report.integrity is Answer.BROKEN
    assert "beginning of a fragmented video" in report.notes[0]


def test_many_segments_do_not_use_up_the_open_files(tmp_path: Path) -> None:
    beginning, segments = sealed_fragments(*fragmented(80))
    for number, segment in enumerate(segments):
        (tmp_path / f"s{number}.m4s").write_bytes(segment)
    (tmp_path / "init.mp4").write_bytes(beginning)
    open_before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    assert _verified(tmp_path / "init.mp4", *range(len(segments))).integrity is Answer.OK
    if open_before:
        assert len(list(Path("/proc/self/fd").iterdir())) <= open_before


def test_what_is_a_beginning() -> None:
    beginning, segments = fragmented()
    assert is_a_beginning(io.BytesIO(beginning))
    assert not is_a_beginning(io.BytesIO(beginning + segments[0]))
    for content in (b"", b"\0" * 40, b"\0\0\0\1moov" + b"\xff" * 8, bytes(range(200))):
        assert not is_a_beginning(io.BytesIO(content))


def test_segments_without_a_place(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert remark_on_order([tmp_path / "a"]) == (False, "A segment does not say which place it has in the video.")


def test_a_manifest_without_anything_bound_is_broken(tmp_path: Path) -> None:
    """A signed claim that binds no content proves nothing about any."""
    (tmp_path / "a.png").write_bytes(b"anything")
    (tmp_path / "a.png.c2pa").write_bytes(store(manifest({"c2pa.actions": CREATED})))
    report = verify(tmp_path / "a.png")
    assert report.integrity is Answer.BROKEN


def test_a_store_that_leads_back_to_itself(tmp_path: Path) -> None:
    """Signed by somebody with a key, made to be endless: an answer, and not a good one."""
    address = f"self#jumbf=/c2pa/{LABEL}"
    circle = {
        "dc:title": "me",
        "dc:format": "image/png",
        "instanceID": "x",
        "relationship": "parentOf",
        "c2pa_manifest": {"url": address, "hash": bytes(32)},
    }
    (tmp_path / "a.png").write_bytes(b"anything")
    (tmp_path / "a.png.c2pa").write_bytes(store(manifest({"c2pa.actions": CREATED, "c2pa.ingredient": circle})))
    assert verify(tmp_path / "a.png").is_bad


@pytest.mark.parametrize("depth", [20, 100, 1000, 50_000])
def test_statements_nested_without_end(tmp_path: Path, depth: int) -> None:
    nested = b"\x81" * depth + cbor(None)
    deep = store(manifest({"c2pa.actions": CREATED, "org.example.deep": Encoded(nested)}))
    (tmp_path / "a.png").write_bytes(b"anything")
    (tmp_path / "a.png.c2pa").write_bytes(deep)
    report = verify(tmp_path / "a.png")
    assert report.is_bad
    report.as_json()
