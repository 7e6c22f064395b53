"""Pictures out of a stranger's credential, decoded within limits and encoded anew: only pixels get through.

Whatever else such a file may carry (scripts, profiles, comments, a second file behind the picture) stays behind. What
comes out is a small copy of what somebody else put there, to look at beside the file; it is no media of ours, and
it is never written as a file of its own.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

_TYPES = {"image/jpeg": "JPEG", "image/jpg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
_LARGEST_BYTES = 8 << 20
_MOST_PIXELS = 24_000_000
_SIDE_PX = 320
_QUALITY = 82
_MOST = 60


class Thumbnails:
    """Fetches thumbnails by reference, each once, a bounded number of them.

    Args:
        fetch: content of a resource by its identifier; None where there is none.
    """

    def __init__(self, fetch: Callable[[str], bytes | None]) -> None:
        self._fetch = fetch
        self._known: dict[str, bytes | None] = {}

    def __call__(self, reference: Mapping[str, Any]) -> bytes | None:
        """A small JPEG of what `reference` (`format`, `identifier`) stands for; None where that is no sound picture."""
        identifier, kind = reference.get("identifier"), reference.get("format")
        if not isinstance(identifier, str) or not isinstance(kind, str) or kind not in _TYPES:
            return None
        if identifier not in self._known:
            if len(self._known) >= _MOST:
                return None
            content = self._fetch(identifier)
            self._known[identifier] = None if content is None else encoded_anew(content, kind)
        return self._known[identifier]


def encoded_anew(content: bytes, kind: str) -> bytes | None:
    """A JPEG of at most 320 pixels a side with nothing but the pixels of a picture; None if it is not a sound one.

    Args:
        content: of a file from a stranger.
        kind: the media type that it is said to be; a file of another type is refused.
    """
    if kind not in _TYPES or len(content) > _LARGEST_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[_TYPES[kind]]) as picture:
                if picture.width * picture.height > _MOST_PIXELS:
                    return None
                picture.draft("RGB", (_SIDE_PX, _SIDE_PX))
                picture.thumbnail((_SIDE_PX, _SIDE_PX))
                bare = Image.frombytes("RGB", picture.size, picture.convert("RGB").tobytes())
        encoded = io.BytesIO()
        bare.save(encoded, "JPEG", quality=_QUALITY)
        return encoded.getvalue()
    except Exception:  # on damaged files decoders raise anything: OSError, struct.error, SyntaxError ...
        return None
