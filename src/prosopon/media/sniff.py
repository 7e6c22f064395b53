"""What a file really is: told by its first bytes, never by its suffix.

The answer also fixes which decoder opens the file. FFmpeg and Pillow guess generously by themselves, and among
FFmpeg's formats are play lists and pattern readers that open further files; none of those can be reached from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from prosopon.core.errors import MediaError
from prosopon.media.failures import explained_reading

_HEAD_BYTES = 4096


class Family(StrEnum):
    """Which reader a file belongs to."""

    PICTURE = "picture"
    """A still or an animation that Pillow reads: JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF."""
    STREAMS = "streams"
    """A container of video and sound streams that FFmpeg reads."""
    FOLDER = "folder"
    """A folder of numbered PNG pictures."""


@dataclass(frozen=True)
class Sniffed:
    """What a file is: the family, and the name its decoder knows the format by (Pillow's or FFmpeg's)."""

    family: Family
    decoder: str


def _iso_brand(head: bytes) -> bytes | None:
    """Major brand of an ISO base media file, or None."""
    return head[8:12] if head[4:8] == b"ftyp" else None


def _mpeg_audio(head: bytes) -> bool:
    """Whether an MPEG-1/2 layer III frame header starts here: sync, layer bits 01, legal bit and sample rates."""
    return (
        head[:1] == b"\xff" and head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in (0, 15) and (head[2] >> 2) & 3 != 3
        if len(head) >= 3
        else False
    )


def _starts(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magics)


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[:4] == b"RIFF" and head[8:12] == form


_MOV_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

_TESTS: tuple[tuple[Callable[[bytes], bool], Family, str], ...] = (
    (_starts(b"\xff\xd8\xff"), Family.PICTURE, "JPEG"),
    (_starts(b"\x89PNG\r\n\x1a\n"), Family.PICTURE, "PNG"),
    (_starts(b"GIF87a", b"GIF89a"), Family.PICTURE, "GIF"),
    (_riff(b"WEBP"), Family.PICTURE, "WEBP"),
    (_starts(b"II*\0", b"MM\0*"), Family.PICTURE, "TIFF"),
    (lambda head: head[:2] == b"BM" and head[6:10] == b"\0\0\0\0", Family.PICTURE, "BMP"),
    (lambda head: _iso_brand(head) in (b"avif", b"avis"), Family.PICTURE, "AVIF"),
    (lambda head: head[4:8] in _MOV_ATOMS, Family.STREAMS, "mov"),
    (_starts(b"\x1a\x45\xdf\xa3"), Family.STREAMS, "matroska"),
    (_riff(b"AVI "), Family.STREAMS, "avi"),
    (_riff(b"WAVE"), Family.STREAMS, "wav"),
    (_starts(b"OggS"), Family.STREAMS, "ogg"),
    (_starts(b"fLaC"), Family.STREAMS, "flac"),
    (_starts(b"FLV\x01"), Family.STREAMS, "flv"),
    (_starts(b"\x00\x00\x01\xba"), Family.STREAMS, "mpeg"),
    (_starts(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), Family.STREAMS, "asf"),
    (lambda head: head[:1] == b"G" and head[188:189] == b"G" and head[376:377] == b"G", Family.STREAMS, "mpegts"),
    (lambda head: head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xF6 == 0xF0, Family.STREAMS, "aac"),
    (lambda head: head[:3] == b"ID3" or _mpeg_audio(head), Family.STREAMS, "mp3"),
)

_HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heim", b"heis")


_MEDIA_NAMES = frozenset(
    {".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".gif", ".mpg", ".png", ".jpg", ".jpeg", ".webp"}
)


def sniff(path: Path) -> Sniffed:
    """Tell by content what `path` is.

    Raises:
        MediaError: it is missing, unreadable, empty, no regular file, or nothing that is understood.
    """
    with explained_reading(path):
        if path.is_dir():
            return Sniffed(Family.FOLDER, "png")
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise MediaError(f"{path} is not a regular file", "give a picture, a video or a folder of PNG pictures")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    if not head:
        raise MediaError(f"{path} is empty (0 bytes)", "was it copied or downloaded completely?")
    if _iso_brand(head) in _HEIF_BRANDS:
        raise MediaError(f"{path} is a HEIC picture, which cannot be read", "convert it to JPEG or PNG first")
    for test, family, decoder in _TESTS:
        if test(head):
            return Sniffed(family, decoder)
    what = "text" if _is_text(head) else "no picture, video or sound of a known kind"
    raise MediaError(f"{path} is {what}, whatever its name says", "give a picture, a video or a sound")


def looks_like_media(path: Path) -> bool:
    """Whether a file is media by content, or at least by name: not so the notes and tables that lie beside footage.

    A damaged video passes, so that whoever reads it can say that it is damaged.
    """
    if path.suffix.lower() in _MEDIA_NAMES:
        return True
    try:
        sniff(path)
    except MediaError:
        return False
    return True


def _is_text(head: bytes) -> bool:
    """Whether the first bytes are UTF-8 without control characters other than white space."""
    try:
        text = head[:-3].decode("utf-8") if len(head) == _HEAD_BYTES else head.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)
