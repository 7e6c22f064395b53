from __future__ import annotations

import os
from pathlib import Path

import pytest

from prosopon.core.errors import MediaError
from prosopon.media.read import read
from prosopon.media.sniff import Family, sniff


def only_line(path: Path) -> str:
    """The one line that reading `path` ends with."""
    with pytest.raises(MediaError) as caught:
        read(path)
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    return line


@pytest.mark.parametrize(
    ("head", "decoder"),
    [
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "WEBP"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "wav"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "avi"),
        (b"\x00\x00\x00\x20ftypisom", "mov"),
        (b"\x00\x00\x00\x20ftypavif", "AVIF"),
        (b"\x1a\x45\xdf\xa3", "matroska"),
        (b"OggS\x00", "ogg"),
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"\x00\x00\x01\xba", "mpeg"),
    ],
)
def test_content_decides_and_the_suffix_does_not(tmp_path: Path, head: bytes, decoder: str) -> None:
    path = tmp_path / "wrong.txt"
    path.write_bytes(head + bytes(1000))
    assert sniff(path).decoder == decoder


def test_a_folder_is_a_folder(tmp_path: Path) -> None:
    assert sniff(tmp_path).family is Family.FOLDER


def test_missing_file(tmp_path: Path) -> None:
    assert "there is no file" in only_line(tmp_path / "gone.mp4")


def test_impossible_name(tmp_path: Path) -> None:
    assert "name too long" in only_line(tmp_path / ("a" * 300))


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert "is empty (0 bytes)" in only_line(path)


@pytest.mark.parametrize("name", ["text.mp4", "text.jpg"])
def test_text_under_another_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("Grüße, this is no picture.\n" * 300, encoding="utf-8")
    assert "is text" in only_line(path)


def test_play_lists_open_nothing(tmp_path: Path) -> None:
    """FFmpeg would follow these to other files; here they are text."""
    secret = tmp_path / "other.ts"
    secret.write_bytes(b"G" * 600)
    for name, text in (
        ("list.mp4", f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n"),
        ("concat.mp4", f"ffconcat version 1.0\nfile '{secret}'\n"),
    ):
        path = tmp_path / name
        path.write_text(text)
        assert "is text" in only_line(path)


def test_random_bytes(tmp_path: Path) -> None:
    path = tmp_path / "noise.mp4"
    path.write_bytes(bytes(range(256)) * 20)
    assert "no picture, video or sound" in only_line(path)


def test_heic_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(100))
    assert "convert it to JPEG" in only_line(path)


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "not a regular file" in only_line(path)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "locked.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)  # the super-user may read whatever its mode bits say
    assert "may not be read" in only_line(path)


def test_heads_without_a_body(tmp_path: Path) -> None:
    """Every magic number alone ends in one line, whichever library then chokes on it."""
    heads = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"II*\0", b"BM\0\0\0\0\0\0\0\0"]
    heads += [b"\0\0\0\x20ftypisom", b"\x1a\x45\xdf\xa3", b"RIFF\0\0\0\0AVI ", b"RIFF\0\0\0\0WAVE", b"OggS", b"fLaC"]
    heads += [b"FLV\x01", b"\0\0\x01\xba", b"ID3\x04", b"\0\0\0\x20ftypavif"]
    for number, head in enumerate(heads):
        path = tmp_path / f"head{number}"
        path.write_bytes(head)
        only_line(path)
        path.write_bytes(head + bytes(500))
        only_line(path)


def test_empty_folder(tmp_path: Path) -> None:
    assert "holds no PNG pictures" in only_line(tmp_path)
