"""Adobe's TrustMark as another method, for those who installed it (`pip install trustmark`). Stills only.

Bui, Agarwal, Collomosse 2023. It fetches its own weights on first use, which is the only time that anything here goes
online. Its code BCH_4 holds 68 bits: exactly payload and kind. Not tried against the package by our tests, which have
no weights for it. Whether there is a mark is decided by its own rule, which is laxer than ours; the p-value tells.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.history import Parent, Relationship, Step
from prosopon.vouch.watermark.mark import PAYLOAD_BYTES, Mark
from prosopon.vouch.watermark.placement import Placement
from prosopon.vouch.watermark.reading import Reading, unreadable

METHOD = "trustmark"

_PACKAGE = "trustmark"
_VARIANT = "Q"
_CODED_BITS, _CHECK_BITS, _CORRECTED, _VERSION_BITS = 96, 28, 4, 4
P_VALUE = sum(math.comb(_CODED_BITS, wrong) for wrong in range(_CORRECTED + 1)) / 2.0 ** (_CHECK_BITS + _VERSION_BITS)
"""Probability that random bits decode: about 0.0008."""


def check_installed() -> None:
    """Refuse where the package is missing.

    Raises:
        MissingError: it is not installed.
    """
    if importlib.util.find_spec(_PACKAGE) is None:
        raise MissingError("TrustMark is not installed", "pip install trustmark, or leave out --method trustmark")


def marked(clip: Clip, mark: Mark) -> Clip:
    """A still with the mark, as TrustMark embeds it.

    Raises:
        MissingError: the package is not installed.
        UsageError: the clip is no still.
    """
    check_installed()
    if not clip.is_still:
        raise UsageError("TrustMark marks stills only", "leave out --method trustmark for a video")

    def frames() -> Iterator[Frame]:
        number = int.from_bytes(mark.payload, "big") << 4 | mark.kind
        picture = _model().encode(Image.fromarray(clip.first()), format(number, "068b"), MODE="binary")
        yield np.array(picture, np.uint8)

    parent = Parent(clip.name, clip.sha256, Relationship.PARENT, clip.path)
    params = {"payload": mark.hex, "kind": mark.kind, "method": METHOD, "algorithm": f"com.adobe.trustmark.{_VARIANT}"}
    return clip.derive(Step("vouch.watermark", params, (parent,)), frames)


def read_clip(clip: Clip) -> Reading:
    """What TrustMark reads in a still.

    Raises:
        MissingError: the package is not installed.
    """
    check_installed()
    if not clip.is_still:
        return unreadable("TrustMark reads stills only", METHOD)
    bits, found, _ = _model().decode(Image.fromarray(clip.first()), MODE="binary")
    if not found or len(bits) < PAYLOAD_BYTES * 8 + 4:
        return Reading(None, 1.0, 1, bits=_CODED_BITS, method=METHOD)
    number = int(bits[:68], 2)
    mark = Mark((number >> 4).to_bytes(PAYLOAD_BYTES, "big"), number & 15)
    return Reading(
        mark, P_VALUE, 1, bits=_CODED_BITS, placement=Placement.whole(clip.width, clip.height), method=METHOD
    )


@lru_cache(maxsize=1)
def _model() -> Any:
    kind = importlib.import_module(_PACKAGE).TrustMark
    return kind(verbose=False, model_type=_VARIANT, encoding_type=kind.Encoding.BCH_4, loadRemover=False)
