"""The digital source type in XMP: a second, unsigned label that survives tools which drop the signed one.

`Iptc4xmpExt:DigitalSourceType` (IPTC Photo Metadata Standard) goes where the XMP specification, part 3 (ISO 16684-1
and Adobe's "Storage in files") puts it: JPEG an APP1 segment, PNG an iTXt chunk, WebP an `XMP ` chunk, MP4 and MOV a
`uuid` box. Files are copied in pieces; no picture is decoded and no video is held in memory.
"""

from __future__ import annotations

import re
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

from prosopon.core.errors import MediaError

_JPEG_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_KEYWORD = b"XML:com.adobe.xmp"
_BOX_UUID = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
_LARGEST_PACKET = 1 << 20
_SOURCE_TYPE = re.compile(  # as an attribute, an element, or an element with a resource
    rb"Iptc4xmpExt:DigitalSourceType(?:\s*=\s*[\"']|\s*>\s*|\s+rdf:resource\s*=\s*[\"'])([^\"'<>\s]{1,200})"
)


def packet(source_type_url: str) -> bytes:
    """An XMP packet that states nothing but the digital source type."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(source_type_url)}/>"
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def labelled_copy(source: Path, destination: Path, source_type_url: str) -> bool:
    """Copy a file that holds no XMP yet, with the digital source type put in.

    Returns:
        Whether the format can hold XMP; nothing is written where it cannot.

    Raises:
        MediaError: the file is not what its suffix says, or its structure is damaged.
    """
    write = _WRITERS.get(source.suffix.lower())
    if write is None:
        return False
    try:
        with source.open("rb") as file, destination.open("wb") as copy:
            write(file, copy, packet(source_type_url))
    except (struct.error, ValueError) as error:
        raise MediaError(f"{source.name} cannot be labelled: {error}", "encode it again") from error
    return True


def read_source_type(path: Path) -> str | None:
    """The digital source type that a file's XMP states, None where it states none or holds no XMP we can find.

    Anybody can write or change it: it is a hint, never evidence.
    """
    with path.open("rb") as file:
        head = file.read(16)
        file.seek(0)
        if head.startswith(b"\xff\xd8"):
            packets = _jpeg_packets(file)
        elif head.startswith(b"\x89PNG"):
            packets = _png_packets(file)
        elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
            packets = _webp_packets(file)
        elif head[4:8] == b"ftyp":
            packets = _box_packets(file)
        else:
            return None
        try:
            for text in packets:
                found = _SOURCE_TYPE.search(text)
                if found is not None:
                    return found[1].decode("utf-8", "replace")
        except (struct.error, ValueError, OverflowError):
            return None  # a damaged file states nothing
    return None


def _exactly(file: BinaryIO, size: int) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise ValueError("the file ends too early")
    return content


# JPEG: APP1 behind the segments that must come first (JFIF's APP0).


def _write_jpeg(file: BinaryIO, copy: BinaryIO, xmp: bytes) -> None:
    if _exactly(file, 2) != b"\xff\xd8":
        raise ValueError("it is not a JPEG")
    copy.write(b"\xff\xd8")
    marker, size = struct.unpack(">HH", _exactly(file, 4))
    if marker == 0xFFE0:
        copy.write(struct.pack(">HH", marker, size) + _exactly(file, size - 2))
    else:
        file.seek(2)
    copy.write(struct.pack(">HH", 0xFFE1, 2 + len(_JPEG_MARK) + len(xmp)) + _JPEG_MARK + xmp)
    shutil.copyfileobj(file, copy)


def _jpeg_packets(file: BinaryIO) -> Iterator[bytes]:
    file.seek(2)
    while True:
        marker, size = struct.unpack(">HH", _exactly(file, 4))
        if not 0xFFE0 <= marker <= 0xFFFE or size < 2:
            return  # application segments stand before the picture
        content = _exactly(file, size - 2)
        if marker == 0xFFE1 and content.startswith(_JPEG_MARK):
            yield content[len(_JPEG_MARK) :]


# PNG: an uncompressed iTXt chunk right behind the header.


def _write_png(file: BinaryIO, copy: BinaryIO, xmp: bytes) -> None:
    head = _exactly(file, 33)
    if not head.startswith(b"\x89PNG\r\n\x1a\n") or head[12:16] != b"IHDR":
        raise ValueError("it is not a PNG")
    body = b"iTXt" + _PNG_KEYWORD + b"\0" * 5 + xmp
    copy.write(head + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))
    shutil.copyfileobj(file, copy)


def _png_packets(file: BinaryIO) -> Iterator[bytes]:
    file.seek(8)
    while True:
        size, kind = struct.unpack(">I4s", _exactly(file, 8))
        if kind == b"iTXt" and size <= _LARGEST_PACKET:
            content = _exactly(file, size)
            if content.startswith(_PNG_KEYWORD + b"\0"):
                yield content
            file.seek(4, 1)
        elif kind == b"IEND":
            return
        else:
            file.seek(size + 4, 1)


# WebP: the `XMP ` chunk is the last one and its flag stands in VP8X, which a simple file does not have yet.


def _write_webp(file: BinaryIO, copy: BinaryIO, xmp: bytes) -> None:
    riff, _, form, kind, size = struct.unpack("<4sI4s4sI", _exactly(file, 20))
    if riff != b"RIFF" or form != b"WEBP":
        raise ValueError("it is not a WebP")
    if kind == b"VP8X":
        extended = bytearray(_exactly(file, size))
        extended[0] |= 0x04
    else:
        extended = _webp_header(kind, _exactly(file, 10))
        file.seek(12)
    copy.write(b"RIFF\0\0\0\0WEBP" + struct.pack("<4sI", b"VP8X", len(extended)) + extended)
    shutil.copyfileobj(file, copy)
    copy.write(struct.pack("<4sI", b"XMP ", len(xmp)) + xmp + b"\0" * (len(xmp) % 2))
    length = copy.tell()
    copy.seek(4)
    copy.write(struct.pack("<I", length - 8))


def _webp_header(kind: bytes, data: bytes) -> bytearray:
    """The VP8X chunk of a simple file, whose size and alpha stand in its only chunk."""
    if kind == b"VP8 ":
        width, height = (value & 0x3FFF for value in struct.unpack("<HH", data[6:10]))
        alpha = 0
    elif kind == b"VP8L" and data[0] == 0x2F:
        (bits,) = struct.unpack("<I", data[1:5])
        width, height, alpha = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bits >> 28 & 1
    else:
        raise ValueError(f"a WebP does not begin with {kind!r}")
    sizes = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return bytearray(bytes([0x04 | alpha << 4, 0, 0, 0]) + sizes)


def _webp_packets(file: BinaryIO) -> Iterator[bytes]:
    file.seek(12)
    while header := file.read(8):
        kind, size = struct.unpack("<4sI", header)
        if kind == b"XMP " and size <= _LARGEST_PACKET:
            yield _exactly(file, size)
        else:
            file.seek(size, 1)
        file.seek(size % 2, 1)


# ISO base media (MP4, MOV): a `uuid` box behind everything else, so that no offset inside the file moves.


def _write_boxes(file: BinaryIO, copy: BinaryIO, xmp: bytes) -> None:
    kinds = [kind for kind, _, _ in _boxes(file)]
    if b"ftyp" not in kinds or b"moov" not in kinds:
        raise ValueError("it is not an MP4 or MOV")
    file.seek(0)
    shutil.copyfileobj(file, copy)
    copy.write(struct.pack(">I4s", 24 + len(xmp), b"uuid") + _BOX_UUID + xmp)


def _box_packets(file: BinaryIO) -> Iterator[bytes]:
    for kind, start, size in _boxes(file):
        if kind == b"uuid" and 16 <= size <= _LARGEST_PACKET:
            file.seek(start)
            content = _exactly(file, size)
            if content.startswith(_BOX_UUID):
                yield content[16:]


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start of the content, its size) of each box at the top."""
    end = file.seek(0, 2)
    position = 0
    while position < end:
        file.seek(position)
        size, kind = struct.unpack(">I4s", _exactly(file, 8))
        header = 8
        if size == 1:
            (size,) = struct.unpack(">Q", _exactly(file, 8))
            header = 16
        if size < header or position + size > end:
            # Size 0 means "up to the end of the file": nothing can stand behind such a box.
            raise ValueError(f"the box {kind!r} at byte {position} has no definite size")
        yield kind, position + header, size - header
        position += size


_Writer = Callable[[BinaryIO, BinaryIO, bytes], None]

_WRITERS: dict[str, _Writer] = {
    ".jpg": _write_jpeg,
    ".jpeg": _write_jpeg,
    ".png": _write_png,
    ".webp": _write_webp,
    ".mp4": _write_boxes,
    ".m4v": _write_boxes,
    ".mov": _write_boxes,
}
