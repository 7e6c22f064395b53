"""A mark that anybody can see, as a stand-in: black and white squares in the upper left corner."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from prosopon.arena.watermarking.method import Bits, Direct, Method
from prosopon.core.clip import Clip, Frame
from prosopon.core.history import Step
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.reading import Reading

_SQUARE = 8
_ROWS, _COLUMNS = 8, 9
BITS = _ROWS * _COLUMNS


def coded(mark: Mark) -> Bits:
    number = int.from_bytes(mark.payload, "big") << 4 | mark.kind
    checksum = sum(number >> 4 * n & 15 for n in range(17)) & 15
    number = number << 4 | checksum
    return np.array([number >> n & 1 for n in range(BITS)], bool)


def mark_of(bits: Bits) -> Mark | None:
    number = sum(int(bit) << n for n, bit in enumerate(bits))
    mark = Mark((number >> 8).to_bytes(8, "big"), number >> 4 & 15)
    return mark if np.array_equal(coded(mark), bits) else None


def embed(frame: Frame, mark: Mark) -> Frame:
    out = frame.copy()
    squares = np.kron(coded(mark).reshape(_ROWS, _COLUMNS), np.ones((_SQUARE, _SQUARE))) * 255
    out[: squares.shape[0], : squares.shape[1]] = squares[..., None]
    return out


def _means(frame: Frame) -> np.ndarray:
    if frame.shape[0] < _ROWS * _SQUARE or frame.shape[1] < _COLUMNS * _SQUARE:
        return np.full(BITS, 128.0)
    corner = frame[: _ROWS * _SQUARE, : _COLUMNS * _SQUARE].mean(-1)
    return corner.reshape(_ROWS, _SQUARE, _COLUMNS, _SQUARE).mean((1, 3)).ravel()


def direct(frame: Frame) -> Direct:
    return Direct(_means(frame) > 128, read(frame).p_value)


def read(frame: Frame) -> Reading:
    means = _means(frame)
    mark = mark_of(means > 128) if bool((np.abs(means - 127.5) > 70).all()) else None
    return Reading(mark, 1.0 if mark is None else 1e-9, 1, errors=0, bits=BITS, method="painted")


def marked(clip: Clip, mark: Mark) -> Clip:
    def frames() -> Iterator[Frame]:
        for frame in clip.frames():
            yield embed(frame, mark)

    return clip.derive(Step("vouch.watermark"), frames)


def read_clip(clip: Clip) -> Reading:
    return read(clip.first())


PAINTED = Method("painted", "Squares.", embed, read, marked, read_clip, direct, coded)
PICTURES_ONLY = Method("pictures only", "Squares.", embed, read)
