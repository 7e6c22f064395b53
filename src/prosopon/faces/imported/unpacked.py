"""zlib streams of strangers unpacked, but never to more than their size can justify."""

from __future__ import annotations

import zlib

from prosopon.faces.imported.refusals import Refused


def unpack(packed: bytes, most: int) -> bytes:
    """The content of a zlib stream; what follows its end is not looked at.

    Args:
        packed: the stream.
        most: how many bytes it may unpack to.

    Raises:
        Refused: it would unpack to more.
        ValueError: it is damaged or cut off.
    """
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(packed, most + 1)
    except zlib.error as error:
        raise ValueError(f"its compressed part is damaged ({error})") from error
    if len(found) > most:
        raise Refused(f"it unpacks to more than {most:,} bytes")
    if not stream.eof:
        raise ValueError("its compressed part is cut off")
    return found
