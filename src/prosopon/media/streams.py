"""Opens containers safely and finds the streams that matter in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from prosopon.media.failures import explained_reading


def open_container(path: Path, decoder: str) -> InputContainer:
    """Open `path` with exactly the demultiplexer that its content asks for (`sniff`), for the local file alone.

    The path is made absolute so that no part of a name reads as a protocol.

    Raises:
        MediaError: it cannot be opened.
    """
    with explained_reading(path):
        return av.open(str(path.absolute()), format=decoder, metadata_errors="replace")


@contextmanager
def opened(path: Path, decoder: str) -> Iterator[InputContainer]:
    """`open_container` for a block that only reads: every failure inside becomes a `MediaError` about `path`."""
    with explained_reading(path), open_container(path, decoder) as container:
        yield container


def video_stream(container: InputContainer) -> VideoStream | None:
    """The first stream of moving pictures; cover art does not count."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def audio_stream(container: InputContainer) -> AudioStream | None:
    """The first sound stream that there is a decoder for."""
    for stream in container.streams.audio:
        if stream.codec_context is not None and stream.rate:
            return stream
    return None
