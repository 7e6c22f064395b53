"""The label in XMP: where the formats want it, readable by others, and the picture untouched."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from prosopon.core.errors import MediaError
from prosopon.vouch.label.xmp import labelled_copy, packet, read_source_type

URL = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


MP4 = _box(b"ftyp", b"isom\0\0\2\0isom") + _box(b"moov", bytes(64)) + _box(b"mdat", bytes(range(256)))


def _picture(path: Path, **options: object) -> Image.Image:
    image = Image.fromarray(np.random.default_rng(3).integers(0, 255, (31, 47, 3), dtype=np.uint8))
    image.save(path, **options)
    return Image.open(path)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.jpg", {"quality": 90}),
        ("a.webp", {"quality": 80}),
        ("lossless.webp", {"lossless": True}),
        ("extended.webp", {"icc_profile": b"x" * 301}),
    ],
)
def test_pictures(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    before = np.asarray(_picture(tmp_path / name, **options))
    labelled = tmp_path / f"labelled{Path(name).suffix}"
    assert read_source_type(tmp_path / name) is None
    assert labelled_copy(tmp_path / name, labelled, URL)
    assert read_source_type(labelled) == URL
    with Image.open(labelled) as image:
        assert np.array_equal(np.asarray(image), before)
        found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    assert found in (packet(URL), packet(URL).decode())  # Pillow finds it where we put it


def test_webp_keeps_its_alpha(tmp_path: Path) -> None:
    source, labelled = tmp_path / "a.webp", tmp_path / "b.webp"
    pixels = np.random.default_rng(5).integers(0, 255, (9, 8, 4), dtype=np.uint8)
    Image.fromarray(pixels, "RGBA").save(source, lossless=True, exact=True)
    assert labelled_copy(source, labelled, URL)
    with Image.open(labelled) as image:
        assert np.array_equal(np.asarray(image.convert("RGBA")), pixels)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_boxes(tmp_path: Path, suffix: str) -> None:
    source, labelled = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    source.write_bytes(MP4)
    assert labelled_copy(source, labelled, URL)
    content = labelled.read_bytes()
    assert content.startswith(MP4)  # nothing inside moves
    size, kind = struct.unpack(">I4s", content[len(MP4) :][:8])
    assert (size, kind) == (len(content) - len(MP4), b"uuid")
    assert content[len(MP4) + 8 :][:16].hex() == "be7acfcb97a942e89c71999491e3afac"
    assert read_source_type(labelled) == URL


def test_a_box_of_64_bit_size_is_walked_over(tmp_path: Path) -> None:
    source, labelled = tmp_path / "a.mp4", tmp_path / "b.mp4"
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + 40) + bytes(40)
    source.write_bytes(_box(b"ftyp", b"isom") + large + _box(b"moov", b""))
    assert labelled_copy(source, labelled, URL)
    assert read_source_type(labelled) == URL


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mp4", b""),
        ("a.mp4", MP4[:-3]),
        ("a.mp4", _box(b"ftyp", b"isom")),
        ("a.mp4", MP4 + struct.pack(">I4s", 0, b"mdat")),
        ("a.jpg", b"\x89PNG\r\n\x1a\n" + bytes(40)),
        ("a.png", b"\xff\xd8" + bytes(40)),
        ("a.webp", b"RIFF\0\0\0\0WAVE" + bytes(20)),
        ("a.webp", b"RIFF\0\0\0\0WEBPJUNK" + bytes(20)),
        ("a.jpg", b"\xff\xd8"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match="cannot be labelled"):
        labelled_copy(tmp_path / name, tmp_path / f"out{Path(name).suffix}", URL)


def test_other_formats_hold_none(tmp_path: Path) -> None:
    source = tmp_path / "a.gif"
    _picture(source)
    assert not labelled_copy(source, tmp_path / "b.gif", URL)
    assert not (tmp_path / "b.gif").exists()
    assert read_source_type(source) is None


@pytest.mark.parametrize(
    "form",
    [
        b'<r Iptc4xmpExt:DigitalSourceType="%s"/>',
        b"<Iptc4xmpExt:DigitalSourceType>%s</Iptc4xmpExt:DigitalSourceType>",
        b"<Iptc4xmpExt:DigitalSourceType rdf:resource='%s'/>",
    ],
)
def test_all_ways_to_write_it_are_read(tmp_path: Path, form: bytes) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8)).save(path, xmp=form % URL.encode())
    assert read_source_type(path) == URL


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_reading_survives_any_damage(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["a.png", "a.jpg", "a.webp", "a.mp4"]))
    labelled = tmp_path / f"labelled-{name}"
    if not labelled.exists():
        source = tmp_path / name
        if name.endswith("mp4"):
            source.write_bytes(MP4)
        else:
            _picture(source)
        labelled_copy(source, labelled, URL)
    content = bytearray(labelled.read_bytes())
    for _ in range(3):
        content[data.draw(st.integers(0, min(200, len(content) - 1)))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert isinstance(read_source_type(damaged), str | None)


def test_the_packet_escapes() -> None:
    assert b'"&amp;' in packet("&").replace(b"'", b'"')
