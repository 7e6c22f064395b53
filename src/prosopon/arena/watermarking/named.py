"""Watermarks that can be measured, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.watermarking.method import Bits, Direct, Method
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import UsageError
from prosopon.models.tensors import to_tensor
from prosopon.vouch.watermark import still, trustmark, video
from prosopon.vouch.watermark.code import LENGTH, encode
from prosopon.vouch.watermark.decoding import decode
from prosopon.vouch.watermark.hidden import still as learnt
from prosopon.vouch.watermark.hidden.lattice import from_tile
from prosopon.vouch.watermark.hidden.nets import marker
from prosopon.vouch.watermark.hidden.search import as_it_is, on_tile
from prosopon.vouch.watermark.lapped import analyse
from prosopon.vouch.watermark.lattice import project, sent, soften
from prosopon.vouch.watermark.luma import luma
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.reading import Reading


def open_method(name: str) -> Method:
    """The method of that name.

    Raises:
        UsageError: there is none.
        MissingError: what it needs is not there.
    """
    if name not in METHODS:
        raise UsageError(f"there is no watermark called {name!r}", f"use one of {', '.join(METHODS)}")
    return METHODS[name]()


def _stdm() -> Method:
    about = "Spread-transform dither modulation of low frequencies, one change for about a second of video."
    return Method(
        "stdm", about, still.embed, still.read, video.marked, video.read_clip, _direct, _coded
    )  # fmt: skip


def _direct(picture: Frame) -> Direct:
    """The coded bits of a picture that lies as it was marked."""
    return _told(soften(project(analyse(luma(picture)))), sent())


def _told(soft: NDArray[np.float32], which: NDArray[np.intp]) -> Direct:
    decoded = decode(soft, which)
    return Direct(soft < 0, 1.0 if decoded is None else math.exp(decoded.log_p))


def _coded(mark: Mark) -> Bits:
    word: Bits = encode(mark)[sent()].astype(bool)
    return word


def _hidden() -> Method:
    about = "A learnt writer and reader in cells of a lattice, taught here through real codecs."
    nets = marker()

    def direct(picture: Frame) -> Direct:
        logits = on_tile(as_it_is(nets.reader, to_tensor(picture)), (0, 0)).numpy()
        return _told(from_tile(logits), np.arange(LENGTH))

    def coded(mark: Mark) -> Bits:
        word: Bits = encode(mark).astype(bool)
        return word

    return Method("hidden", about, learnt.embed, learnt.read, direct=direct, coded=coded)


def _trustmark() -> Method:
    trustmark.check_installed()

    def embed(picture: Frame, mark: Mark) -> Frame:
        return trustmark.marked(Clip.still(picture), mark).first()

    def read(picture: Frame) -> Reading:
        return trustmark.read_clip(Clip.still(picture))

    return Method(trustmark.METHOD, "TrustMark by Adobe, variant Q, as it is installed.", embed, read)


METHODS: Mapping[str, Callable[[], Method]] = MappingProxyType(
    {"stdm": _stdm, "hidden": _hidden, "trustmark": _trustmark}
)
"""In the order in which they are told."""
